import pytest
from crashctl.chaos.lives import Death, Key
from crashctl.chaos.told import Fatal, compare, read_report
from crashkit.flight.reading import Flight, OpenRequest

TRACE = "180ebf542d8419fa7c5e22e7c96acacc"
UID = "4a2b3399-3dec-45c3-a1dd-19b253ed3ce5"
AT = 1795766423.0
FIRSTS = {(UID, "game-engine"): 1}


def death(start=1, *, traces=(TRACE,)):
    opened = tuple(OpenRequest(trace, "a" * 16, "POST /", 0, scenario="memory-leak") for trace in traces)
    flight = Flight({}, opened, None)
    return Death(Key(UID, "game-engine", start), "engine-1", "game-engine", "OOMKilled", 137, AT, flight)


@pytest.fixture
def report(death_event):
    """The coroner's real event; a test says what differs."""

    def make(trace=None, start=1, event_id=None, **more):
        death_event["contexts"]["death"]["instance"] = start
        death_event["contexts"]["death"].update(more)
        death_event["contexts"]["trace"]["trace_id"] = trace or TRACE
        return read_report({**death_event, "event_id": event_id or death_event["event_id"]})

    return make


@pytest.fixture
def fatal(firing):
    def make(*traces):
        return Fatal(firing("game-engine/memory-leak/kill", "6", "run", 2), frozenset(traces), AT - 3, AT - 1)

    return make


def test_a_death_that_is_told_once_on_its_trace_closes(report, fatal):
    """
    One event a death, fatal, on the trace that the process left behind and that the fault was fired on.
    """
    found = compare([death()], [report()], [fatal(TRACE)], FIRSTS)

    assert () == found.problems
    assert (1, 1, 1) == (found.deaths, found.reported, found.blamed)


def test_a_death_that_was_never_told_is_named():
    """
    What lacks is named with pod, container, start and how it ended.
    """
    found = compare([death()], [], [], FIRSTS)

    assert ("start 1 of engine-1/game-engine (OOMKilled, exit code 137) was never told",) == found.problems


def test_a_death_that_is_told_twice_is_named(report):
    """
    Two events of one death are one too many, whatever their ids.
    """
    found = compare([death()], [report(), report(event_id="f" * 32)], [], FIRSTS)

    (only,) = found.problems
    assert "was told 2 times" in only


def test_what_lives_and_is_told_as_dead_is_named(report):
    """
    An event about a start that did not die is one too many; one about what died before the first look is not.
    """
    alive = compare([], [report(start=2)], [], FIRSTS)
    earlier = compare([], [report(start=0)], [], FIRSTS)
    elsewhere = compare([], [report()], [], {})

    (only,) = alive.problems
    assert "start 2 of game-engine was told as dead, and did not die" in only
    assert ((), ()) == (earlier.problems, elsewhere.problems)


def test_a_container_that_could_not_be_started_is_no_death(report):
    """
    What the coroner tells of a container that never ran is held against no death.
    """
    assert () == compare([], [report(start=2, known_by="not-started")], [], FIRSTS).problems


def test_the_trace_is_that_of_the_flight_record(report):
    """
    An event on another trace than those that the process left behind is named, with both.
    """
    found = compare([death(traces=["a" * 32])], [report()], [], FIRSTS)

    (only,) = found.problems
    assert f"told on trace {TRACE}, expected {'a' * 32}" in only


@pytest.mark.parametrize(("coroner_died", "problems"), [([AT - 12], 0), ([AT - 400], 1), ([AT + 30], 1), ([], 1)])
def test_of_a_pod_that_went_while_the_coroner_was_dead_nobody_knows_the_trace(report, coroner_died, problems):
    """
    The coroner says that the pod went before it could look, on a trace of its own: right while it was dead itself, and
    at any other time it has missed something.
    """
    own = report(trace="e" * 32, event_id="e" * 32, cause="removed")
    coroners = [Death(Key(UID, "coroner", 0), "coroner-1", "coroner", "Error", 137, at) for at in coroner_died]

    found = compare([death(), *coroners], [own], [], FIRSTS)

    assert problems == sum("told on trace" in said for said in found.problems)


def test_a_process_that_left_nothing_has_a_trace_of_its_own(report):
    """
    Where nothing is known, the event's own trace is the right one, and any other is invented.
    """
    nothing = death(traces=())

    own = compare([nothing], [report(trace="e" * 32, event_id="e" * 32)], [], FIRSTS)
    other = compare([nothing], [report()], [], FIRSTS)

    assert ((), 0) == (own.problems, own.blamed)
    assert "expected a trace of its own" in other.problems[0]


def test_the_trace_is_that_of_the_fault_even_where_the_process_left_nothing(report, fatal):
    """
    Who fired a fault knows on which trace: a death by it that is told elsewhere is amiss, also without flight record.
    """
    found = compare([death(traces=())], [report(trace="e" * 32, event_id="e" * 32)], [fatal(TRACE)], FIRSTS)

    (only,) = found.problems
    assert f"game-engine/memory-leak/kill ended it, and it is told on {'e' * 32}, expected {TRACE}" in only
