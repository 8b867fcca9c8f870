"""
The warning before a kill: once over all calls of a case, on one of their traces.
"""

from dataclasses import replace

import pytest
from crashctl.drill.contract import compare, in_all
from crashctl.drill.events import Event
from crashctl.drill.outcome import Outcome
from crashkit.catalogue import MemoryWarning
from crashkit.memory import MESSAGE

RUN = "drill-near"
KILL = "game-engine/memory-leak/kill"
MAY = "game-engine/memory-leak/budget"
NEVER = "game-engine/crash"


def warning(case, on_trace, **changes):
    tags = {"service": case.service, "scenario": case.scenario, "case": case.case, "run": RUN}
    event = Event(
        type="event", service=case.service, event_id="1" * 32, trace_id=on_trace, message=MESSAGE, level="warning",
        contexts=frozenset({"memory", "runtime", "trace"}), tags=tags,
    )  # fmt: skip
    return replace(event, **changes)


@pytest.fixture
def fired(firing):
    """Each call of a case on a trace of its own, with so many warnings, and what came of all of them."""

    def fire(case_id, warnings, **changes):
        calls = []
        for call, count in enumerate(warnings, 1):
            one = firing(case_id, str(call), RUN, call)
            items = [warning(one.case, one.trace_id, **changes)] * count
            calls.append(compare(one, items))
        return in_all(one.case, calls), calls

    return fire


def of_the_warning(found):
    return [said for said in found.mismatches if "near its limit" in said or MESSAGE in said]


@pytest.mark.parametrize("warnings", [[1, 0], [0, 1]])
def test_any_of_the_calls_may_be_the_one(fired, warnings):
    """
    What is promised once is due once for all calls, whichever of them brings it.
    """
    found, _ = fired(KILL, warnings)

    assert [] == of_the_warning(found)
    assert (1, 0) == (found.captured, found.duplicated)


def test_a_warning_that_does_not_come_is_lost(fired, cases, firing):
    """
    Before a kill it is due, and its lack breaks the contract and counts as a loss.
    """
    found, calls = fired(KILL, [0, 0])

    case = cases[KILL]
    assert ["the warning that memory is near its limit did not arrive"] == of_the_warning(found)
    assert 1 == found.lost - sum(call.lost for call in calls)
    assert 2 * case.due + 1 == Outcome(case, (firing(KILL, "1", RUN), firing(KILL, "2", RUN, 2))).due


def test_what_broke_off_before_its_last_call_owes_none(fired):
    """
    A case whose first call failed is not fired again, and comes near no limit.
    """
    found, _ = fired(KILL, [0])

    assert [] == of_the_warning(found)


@pytest.mark.parametrize(("case_id", "warnings"), [(KILL, [1, 1]), (MAY, [2])])
def test_two_are_one_too_many(fired, case_id, warnings):
    """
    One approach to the limit is one event.
    """
    found, _ = fired(case_id, warnings)

    assert ["the warning that memory is near its limit came 2 times"] == of_the_warning(found)
    assert 1 == found.duplicated


@pytest.mark.parametrize("warnings", [[0], [1]])
def test_where_it_may_come_it_is_neither_due_nor_unexpected(fired, cases, warnings):
    """
    A case that brings it on some machines keeps its contract with and without it.
    """
    found, _ = fired(MAY, warnings)

    assert MemoryWarning.MAY is cases[MAY].expect.memory_warning
    assert [] == of_the_warning(found)
    assert (0, 0) == (found.captured, found.duplicated)


def test_where_it_is_not_promised_it_is_unexpected(fired):
    """
    A case that has nothing to do with memory does not bring it.
    """
    found, _ = fired(NEVER, [1])

    (said,) = of_the_warning(found)
    assert said.startswith(f"unexpected: {MESSAGE} of game-engine")


def test_another_services_warning_is_unexpected(fired):
    """
    A kill case promises the word of its own service, and nobody else's.
    """
    found, _ = fired(KILL, [1], service="gateway")

    assert [f"unexpected: {MESSAGE} of gateway ({'1' * 32})"] == of_the_warning(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level": "error"}, "is of level error"),
        (
            {"tags": {"scenario": "memory-leak", "case": "kill", "run": "another"}},
            "has the run another, not drill-near",
        ),
        ({"trace_id": "9" * 32}, f"is on trace {'9' * 32}, not on {'1' * 32}"),
        ({"contexts": frozenset({"runtime"})}, "has no context memory"),
    ],
)
def test_a_warning_that_is_not_as_promised_is_told(fired, changes, said):
    """
    Level, tags, trace and contexts are held against the case.
    """
    found, _ = fired(KILL, [1, 0], **changes)

    assert [f"the warning that memory is near its limit {said}"] == of_the_warning(found)
