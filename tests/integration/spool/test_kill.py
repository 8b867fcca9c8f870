"""
A process that is killed as soon as the call that captures has returned.
"""

import signal

import pytest

KILLS = 12
OF_DEFAULT = 4


def test_what_was_captured_before_sigkill_arrives_once(start, sink):
    """
    Each process of a chain captures as the first thing it does and is killed as the call returns; the next one sends
    what it left, before it is ready. All arrive, once.
    """
    for number in range(KILLS):
        start().die(f"cold-{number}")
    last = start()

    assert [1] * KILLS == [sink.arrived(f"cold-{number}") for number in range(KILLS)]
    assert [] == last.files()
    last.end()


def test_also_where_the_process_is_warm(start, sink):
    """
    The same after some events were sent: the connection is open, the threads run, and the kill may come while the
    event is on its way.
    """
    for number in range(KILLS):
        process = start()
        process.tell("capture", run="before", number=3)
        process.tell("flush", within_s=20)
        process.die(f"warm-{number}")
    last = start()

    assert [1] * KILLS == [sink.arrived(f"warm-{number}") for number in range(KILLS)]
    assert 3 * KILLS == sink.arrived("before")
    # What was stored and not yet struck out is sent again, and stored once; nothing else is.
    assert sink.duplicates() <= KILLS
    last.end()


def test_without_the_spool_it_is_lost(start, sink):
    """
    The SDK's own transport loses what is captured by a cold process: this is what the spool is for.
    """
    for number in range(OF_DEFAULT):
        start(default=True).die(f"default-{number}")
    start(default=True).end()

    assert sum(sink.arrived(f"default-{number}") for number in range(OF_DEFAULT)) < OF_DEFAULT


def test_a_death_with_many_waiting_loses_none(start, sink):
    """
    Killed with a backlog because the sink was slow: all of it is there after the next start, oldest first.
    """
    sink.misbehave(mode="slow", ms=200, count=1000)
    process = start()
    process.tell("capture", run="backlog", number=60)
    process.kill()
    assert len(process.files()) >= 50
    sink.misbehave(mode="none")

    last = start()

    assert 60 == sink.arrived("backlog")
    at = [
        sink.get(f"/api/v1/events/{item['event_id']}")["payload"]["extra"]["at"] for item in sink.items(run="backlog")
    ]
    assert sorted(at) == at
    last.end()


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGSEGV, signal.SIGTERM])
def test_other_deaths_lose_nothing_either(how, start, sink):
    """
    An abort, a segmentation fault and a SIGTERM that nobody handles run no Python either.
    """
    process = start()
    process.order("die", run="signalled", how=how)
    assert -how == process.ended()

    start().end()

    assert 1 == sink.arrived("signalled")


def test_a_start_is_not_kept_waiting(start, sink):
    """
    With a sink that takes its time the next start goes on after five seconds, and sends the rest in the background.
    """
    sink.misbehave(mode="slow", ms=400, count=1000)
    process = start()
    process.tell("capture", run="slowly", number=40)
    process.kill()

    last = start()

    assert 4 < last.started_s < 8
    assert sink.arrived("slowly") < 40
    sink.misbehave(mode="none")
    last.wait_delivered()
    assert 40 == sink.arrived("slowly")
    last.end()


def test_a_start_with_the_sink_away_waits_for_nothing(start, sink):
    """
    Where nobody answers the process is ready at once, and sends when somebody does.
    """
    process = start()
    process.die("away")
    sink.end(signal.SIGKILL)

    last = start()

    assert last.started_s < 3
    assert 1 == len(last.files())
    sink.start()
    sink.wait_arrived("away", 1)
    last.end()
