"""
More errors at once than a slow sink can take.
"""

import statistics

import pytest

BURST = 500
SLOW_MS = 20


@pytest.fixture
def slow(sink):
    """The sink takes 20 ms for each envelope, as a Sentry under load does."""
    sink.misbehave(mode="slow", ms=SLOW_MS, for_s=600)
    return sink


def test_all_of_a_burst_arrives_from_the_living_process(start, slow):
    """
    500 errors in a loop, faster than they can be sent: the process lives on, and all 500 arrive, each sent once.
    """
    process = start()
    process.tell("capture", run="burst", number=BURST)
    assert process.counts()["files"] > 100, "more than the SDK's own queue takes"

    process.wait_delivered()

    assert BURST == slow.arrived("burst")
    assert 0 == slow.duplicates()
    assert {"written": BURST, "delivered": BURST} == process.counts()
    assert [] == process.tell("lost")["lost"]
    process.end()


def test_the_default_drops_most_of_it(start, slow):
    """
    The SDK's own queue takes a hundred and drops the rest: this is what the spool is for.
    """
    process = start(default=True)

    process.tell("capture", run="burst", number=BURST)
    process.tell("flush", within_s=60)

    assert slow.arrived("burst") < BURST / 2
    process.end()


def test_a_burst_costs_no_memory(start, sink):
    """
    Of events of 100 kB each, 500 wait on disk and a few megabytes of them in memory.
    """
    process = start()
    before_mib = process.tell("capture", run="before", number=20, size=100_000)["anonymous_mib"]
    process.wait_delivered()
    # So slow that nearly all wait, however long the capturing itself takes.
    sink.misbehave(mode="slow", ms=2000, for_s=600)

    after_mib = process.tell("capture", run="burst", number=BURST, size=100_000)["anonymous_mib"]

    assert process.counts()["bytes"] > 30_000_000
    assert after_mib < before_mib + 25
    sink.misbehave(mode="none")
    process.wait_delivered()
    assert BURST == sink.arrived("burst")
    process.end()


def test_a_burst_does_not_slow_the_caller_down(start, sink):
    """
    The last calls of a burst, with hundreds waiting for a sink that takes half a second for each, do no more work than
    the first ones, and wait for nobody.
    """
    sink.misbehave(mode="slow", ms=500, for_s=600)
    process = start()
    process.tell("capture", run="warm", number=50)

    told = process.tell("capture", run="burst", number=BURST)

    first, last = statistics.median(told["cpu_s"][:100]), statistics.median(told["cpu_s"][-100:])
    assert last < 3 * first, "work that grew with what waits would be many times more"
    assert statistics.median(told["took_s"][-100:]) < 0.25
    sink.misbehave(mode="none")
    process.wait_delivered()
    assert BURST == sink.arrived("burst")
    process.end()


def test_transactions_are_not_pushed_out_by_events(start, slow):
    """
    Events have a way of their own: fifty transactions in the middle of a burst all arrive.
    """
    process = start()

    process.tell("capture", run="burst", number=200)
    process.tell("transactions", number=50)
    process.tell("flush", within_s=60)

    assert 50 == len(slow.items(type="transaction"))
    assert 200 == slow.arrived("burst")
    process.end()


def test_an_end_takes_what_a_burst_left(start, slow):
    """
    At the end of a service a backlog is sent on while it gets less, beyond the two seconds; what is still left then is
    on disk, and sent by the next start.
    """
    process = start()
    process.tell("capture", run="burst", number=400)

    took_s = process.tell("stop")["took_s"]

    left = len(process.files())
    assert 4 < took_s < 12
    assert 400 - slow.arrived("burst") <= left < 350
    process.process.stdin.close()
    assert 0 == process.ended()
    slow.misbehave(mode="none")
    last = start()
    last.wait_delivered()
    assert 400 == slow.arrived("burst")
    last.end()
