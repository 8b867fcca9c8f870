from dataclasses import replace

import pytest
from crashctl.drill.answers import answer_mismatches


@pytest.mark.parametrize(
    ("fired", "name"),
    [
        (("game-engine/crash", "1", "drill-crash"), "crash"),
        (("game-engine/memory-leak/step", "3", "drill-step"), "memory-leak-step"),
        (("gateway/crash", "4", "drill-gateway"), "gateway-crash"),
    ],
)
def test_what_the_gateway_answers_is_what_is_promised(firing, captured, fired, name):
    """
    A failure and a success, as they were really answered, keep the contract.
    """
    assert [] == answer_mismatches(firing(*fired), captured(name).answered())


def test_another_status_is_said_with_its_reason(firing, captured):
    """
    A refusal in place of the fault breaks the contract, and the drill repeats the reason.
    """
    answer = replace(captured("crash").answered(), status=404, body={"detail": "game-engine has no scenario 'crash'"})

    (only,) = answer_mismatches(firing("game-engine/crash", "1", "drill-crash"), answer)

    assert "answered 404, expected 500 (game-engine has no scenario 'crash')" == only


def test_an_answer_of_another_trace_is_a_mismatch(firing, captured):
    """
    An answer that names another trace than the caller's, in header or body, breaks the contract.
    """
    found = answer_mismatches(firing("game-engine/crash", "9", "drill-crash"), captured("crash").answered())

    assert [
        f"X-Trace-Id is {'1' * 32}, expected {'9' * 32}",
        f"trace_id in the body is {'1' * 32}, expected {'9' * 32}",
    ] == found


def test_a_success_names_what_was_fired(firing, captured):
    """
    The body of a success names service, scenario, case and run; another run breaks the contract.
    """
    found = answer_mismatches(
        firing("game-engine/memory-leak/step", "3", "another"), captured("memory-leak-step").answered()
    )

    assert ["run in the body is drill-step, expected another"] == found


def test_the_call_that_ends_the_pod_is_answered_by_the_gateway(firing, captured, cases):
    """
    Earlier calls answer as promised; the last one is 502, because nobody is left to answer it.
    """
    kill = cases["game-engine/memory-leak/kill"]
    died = captured("killed").answered()

    last = answer_mismatches(firing(kill.id, "6", "drill-killed", kill.calls), died)
    earlier = answer_mismatches(firing(kill.id, "6", "drill-killed", 1), died)

    assert [] == last
    (only,) = earlier
    assert only.startswith(f"call 1 of {kill.calls}: answered 502, expected 200")


def test_no_answer_at_all_is_said(firing, captured):
    """
    A connection that broke is no answer, and its reason is repeated.
    """
    answer = replace(captured("crash").answered(), status=0, body={"detail": "timed out"})

    assert ["answered nothing, expected 500 (timed out)"] == answer_mismatches(
        firing("game-engine/crash", "1", "drill-crash"), answer
    )
