"""
Captures from threads, from forked children, and from a finalizer in the middle of another capture.
"""

import signal

from crashctl.waiting import wait_for


def test_threads_share_one_spool(start, sink):
    """
    Sixteen threads at once lose and double nothing, and the sums hold.
    """
    process = start()

    process.tell("in_threads", run="threads", threads=16, number=10)
    process.wait_delivered()

    assert 160 == sink.arrived("threads")
    assert 0 == sink.duplicates()
    assert {"written": 160, "delivered": 160} == process.counts()
    process.end()


def test_a_child_sends_what_it_captures(start, sink):
    """
    A forked child with a backlog of its parent's in memory sends its own events, and none of the parent's.
    """
    process = start()
    sink.misbehave(mode="slow", ms=50, for_s=600)
    process.tell("capture", run="parent", number=30)

    assert 0 == process.tell("in_child", run="child", number=5, flush=True)["status"]
    process.wait_delivered()

    assert (5, 30) == (sink.arrived("child"), sink.arrived("parent"))
    assert 0 == sink.duplicates()
    assert {"written": 30, "delivered": 30} == process.counts()
    process.end()


def test_what_a_child_leaves_is_sent_after_the_next_start(start, sink):
    """
    A child that ends as it captures leaves its event on disk.
    """
    sink.end(signal.SIGKILL)
    process = start()
    process.tell("in_child", run="child")
    assert 1 == len(process.files())
    process.kill()
    sink.start()

    last = start()

    assert 1 == sink.arrived("child")
    last.end()


def test_what_a_child_leaves_is_sent_by_a_parent_that_lives(start, sink):
    """
    The parent looks for what is nobody's: what is older than a minute it takes for left behind.
    """
    sink.end(signal.SIGKILL)
    process = start()
    process.tell("in_child", run="orphan")
    sink.start()

    wait_for(lambda: process.counts().get("recovered"), 110, "the parent to find it", step_s=1)

    sink.wait_arrived("orphan", 1)
    process.end()


def test_a_finalizer_that_captures_blocks_nobody(start, sink):
    """
    The collector of garbage may run our own code anywhere, also inside a capture: no lock is waited for twice.
    """
    process = start()

    process.tell("in_finalizer", run="collected", number=300)
    process.tell("flush", within_s=60)
    process.wait_delivered()

    written = process.counts()["written"]
    assert written > 300
    assert written == sink.arrived("collected")
    process.end()
