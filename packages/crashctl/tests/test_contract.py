from dataclasses import replace

import pytest
from crashctl.drill.contract import compare, mismatches
from crashctl.drill.events import Event, read_item


@pytest.fixture
def crash(firing):
    return firing("game-engine/crash", "1", "drill-crash")


@pytest.mark.parametrize(
    ("fired", "name"),
    [
        (("game-engine/crash", "1", "drill-crash"), "crash"),
        (("game-engine/async-error/gather", "2", "drill-gather"), "gather"),
        (("game-engine/memory-leak/step", "3", "drill-step"), "memory-leak-step"),
        (("gateway/crash", "4", "drill-gateway"), "gateway-crash"),
        (("game-engine/infinite-loop", "5", "drill-loop"), "infinite-loop"),
    ],
)
def test_what_the_stack_sends_keeps_the_contract(firing, captured, fired, name):
    """
    A crash, a group of errors, a warning and a profile, as they really came, are what the catalogue promises.
    """
    found = compare(firing(*fired), captured(name).read())

    assert () == found.mismatches
    assert (1, 0, 0) == (found.captured, found.lost, found.duplicated)


def test_a_missing_event_is_lost(crash, captured):
    """
    An event that was due and is not there is lost, and the contract is broken.
    """
    capture = captured("crash")
    capture.drop("event")

    found = compare(crash, capture.read())

    assert (0, 1, 0) == (found.captured, found.lost, found.duplicated)
    assert ("1 of 1 RuntimeError did not arrive",) == found.mismatches


def test_the_same_fault_twice_is_a_duplicate(crash, captured):
    """
    One event more than was due is a duplicate, although all that was due is there.
    """
    capture = captured("crash")
    capture.repeat_event()

    found = compare(crash, capture.read())

    assert (1, 0, 1) == (found.captured, found.lost, found.duplicated)
    (only,) = found.mismatches
    assert only.startswith("one too many: RuntimeError: dictionary changed size during iteration of game-engine")


def test_another_error_on_the_trace_is_unexpected(crash, captured):
    """
    An event that nobody promised breaks the contract, but is no duplicate.
    """
    capture = captured("crash")
    capture.repeat_event()
    capture.items[-1]["payload"]["exception"]["values"][-1]["type"] = "OSError"

    found = compare(crash, capture.read())

    assert (1, 0, 0) == (found.captured, found.lost, found.duplicated)
    (only,) = found.mismatches
    assert only.startswith("unexpected: OSError")


def _set_level(event):
    event["level"] = "warning"


def _set_handled(event):
    event["exception"]["values"][-1]["mechanism"]["handled"] = True


def _set_run(event):
    event["tags"]["run"] = "somebody-else"


def _drop_scenario(event):
    del event["tags"]["scenario"]


def _set_message(event):
    event["exception"]["values"][-1]["value"] = "something else"


def _drop_runtime(event):
    del event["contexts"]["runtime"]


def _drop_user(event):
    del event["user"]


def _drop_breadcrumbs(event):
    event["breadcrumbs"]["values"] = []


def _drop_release(event):
    del event["release"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_set_level, ["level is warning, expected error"]),
        (_set_handled, ["handled is True, expected False"]),
        (_set_run, ["tag run is somebody-else, expected drill-crash"]),
        (_drop_scenario, ["tag scenario is None, expected crash"]),
        (_set_message, ["message is 'something else', expected 'dictionary changed size during iteration'"]),
        (_drop_runtime, ["it has no context runtime"]),
        (_drop_user, ["it names no user", "the user's email is None, expected one of @example.com"]),
        (_drop_breadcrumbs, ["it has no breadcrumbs"]),
        (_drop_release, ["it names no release"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_wrong_with_an_event_is_said(crash, captured, spoil, said):
    """
    A wrong flag, tag, level, message or a missing surrounding breaks the contract in words, and is not called a loss.
    """
    capture = captured("crash")
    spoil(capture.event)

    found = compare(crash, capture.read())

    assert (1, 0, 0) == (found.captured, found.lost, found.duplicated)
    assert [f"RuntimeError: {sentence}" for sentence in said] == list(found.mismatches)


def test_an_event_on_another_trace_is_a_loss_with_a_name(crash, captured):
    """
    Where a service did not continue the trace, the event is lost to its caller, and the drill says where it went.
    """
    capture = captured("crash")
    capture.event["contexts"]["trace"]["trace_id"] = "9" * 32
    (stray,) = [read_item(item) for item in capture.items if item["type"] == "event"]
    assert isinstance(stray, Event)
    capture.drop("event")

    found = mismatches(crash, capture.read(), [stray])

    assert "1 of 1 RuntimeError did not arrive" in found
    assert any(f"is on trace {'9' * 32}, not on the caller's" in sentence for sentence in found)


def test_inner_errors_are_part_of_the_contract(firing, captured):
    """
    A group that lacks one of its errors breaks the contract.
    """
    capture = captured("gather")
    values = capture.event["exception"]["values"]
    values[:] = [value for value in values if value["type"] != "ValueError"]

    (only,) = mismatches(firing("game-engine/async-error/gather", "2", "drill-gather"), capture.read())

    assert "ExceptionGroup: it does not hold ValueError; it holds KeyError" == only


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("profile_chunk", ["0 profile_chunk of game-engine on the trace, expected at least 1"]),
        (
            "transaction",
            [
                "0 transaction of game-engine on the trace, expected at least 1",
                "no transaction of the gateway on the trace",
            ],
        ),
    ],
)
def test_other_items_are_part_of_the_contract(firing, captured, kind, said):
    """
    A profile or transaction that is promised and missing breaks the contract.
    """
    capture = captured("infinite-loop")
    capture.drop(kind)

    found = mismatches(firing("game-engine/infinite-loop", "5", "drill-loop"), capture.read())

    assert said == found


def test_the_gateways_word_on_a_death_is_allowed_where_a_death_is_due(firing, captured, cases):
    """
    The gateway's event about a service that broke off is allowed on the call that ends the pod, and only there.
    """
    gateways = [item for item in captured("killed").read() if isinstance(item, Event)]
    kill = cases["game-engine/memory-leak/kill"]
    last = firing(kill.id, "6", "drill-killed", kill.calls)
    earlier = firing(kill.id, "6", "drill-killed", 1)
    stays = firing("game-engine/infinite-loop", "6", "drill-killed")

    def unexpected(one):
        return [sentence for sentence in mismatches(one, gateways) if sentence.startswith("unexpected")]

    assert kill.calls > 1
    assert [] == unexpected(last)
    assert 1 == len(unexpected(earlier))
    assert 1 == len(unexpected(stays))


@pytest.mark.parametrize("op", ["db", "db.query"])
def test_spans_are_part_of_the_contract(firing, captured, op):
    """
    A span that is promised is found by its operation or by the family of it, and its lack is said with what there is.
    """
    promised = firing("game-engine/crash", "1", "drill-crash")
    expect = promised.case.expect.model_copy(update={"spans": ("db",)})
    promised = replace(promised, case=replace(promised.case, expect=expect))
    capture = captured("crash")
    (engine,) = [item for item in capture.items if (item["type"], item["service"]) == ("transaction", "game-engine")]

    without = mismatches(promised, capture.read())
    engine["payload"]["spans"] = [{"op": op, "span_id": "1" * 16}]

    assert ["no span db on the trace; its spans are http.client, http.server"] == without
    assert [] == mismatches(promised, capture.read())
