import pytest
from crashctl.drill.contract import compare

RUN = "drill-death"


@pytest.fixture
def kill(cases):
    return cases["game-engine/memory-leak/kill"]


def of_the_death(found):
    return [said for said in found.mismatches if "death" in said or "unexpected" in said]


def test_a_reported_death_is_the_word_on_the_call_that_ends_the_pod(kill, firing, captured):
    """
    What the coroner really sent about the leak is as promised for the call that ends the container, counts neither as
    captured nor as duplicated, and is unexpected on any other call.
    """
    items = captured("death").read()

    last = compare(firing(kill.id, "6", RUN, kill.calls), items)
    earlier = compare(firing(kill.id, "6", RUN, 1), items)

    assert [] == of_the_death(last)
    assert (0, 0) == (last.captured, last.duplicated)
    (only,) = of_the_death(earlier)
    assert only.startswith("unexpected: OutOfMemoryKill")


def test_a_death_is_reported_once(kill, firing, captured):
    """
    Two reports of one death break the contract.
    """
    capture = captured("death")
    capture.repeat_event()

    found = compare(firing(kill.id, "6", RUN, kill.calls), capture.read())

    assert ["the death was reported 2 times, expected once"] == of_the_death(found)


@pytest.mark.parametrize(
    ("tag", "due"), [("cause", "oom-kill"), ("workload", "game-engine"), ("scenario", "memory-leak")]
)
def test_a_death_that_is_named_wrongly_is_told(kill, firing, captured, tag, due):
    """
    Cause, workload and scenario of the report are held against the case.
    """
    capture = captured("death")
    capture.event["tags"][tag] = "another"

    found = compare(firing(kill.id, "6", RUN, kill.calls), capture.read())

    assert [f"the reported death's {tag} is another, expected {due}"] == of_the_death(found)


def test_a_reported_death_is_fatal(kill, firing, captured):
    """
    A report below fatal breaks the contract.
    """
    capture = captured("death")
    capture.event["level"] = "error"

    found = compare(firing(kill.id, "6", RUN, kill.calls), capture.read())

    assert ["the reported death is of level error, expected fatal"] == of_the_death(found)
