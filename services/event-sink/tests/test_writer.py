"""
The writing thread, when the store does not take it.
"""

import threading

import pytest
from event_sink.writer import StoreUnavailableError


def read_only(store, on: bool) -> None:
    # Through the connection itself: SQLite then answers what it answers on a read-only file system.
    store.writer._connection.execute(f"PRAGMA query_only = {int(on)}")


def test_a_read_only_store_says_so_and_recovers(store, envelope_of, fresh_id):
    """
    A write to a read-only store fails with one error; what was stored stays, refusals are counted, later writes work.
    """
    store.put(envelope_of({}, ("event", {"event_id": fresh_id()})))
    read_only(store, on=True)
    store.ledger.count("rejected", reason="store_unavailable")

    with pytest.raises(StoreUnavailableError, match="readonly database"):
        store.put(envelope_of({}, ("event", {"event_id": fresh_id()})))

    assert not store.writer.available
    read_only(store, on=False)
    store.put(envelope_of({}, ("event", {"event_id": fresh_id()})))
    assert store.writer.available
    saved = {(row[0], row[1]): row[2] for row in store.read().execute("SELECT account, reason, n FROM counters")}
    assert 2 == saved["received", ""]
    assert 1 == saved["rejected", "store_unavailable"]


def test_a_mistake_in_one_job_leaves_its_neighbours_alone(store):
    """
    Jobs of one commit are undone one by one: the failing one leaves no row and no count, the others are stored.
    """
    begun, gate = threading.Event(), threading.Event()
    first = store.writer.submit(lambda _connection, _changes: begun.set() or gate.wait(10))
    assert begun.wait(10)

    def good(connection, changes):
        connection.execute("INSERT INTO rate_limits VALUES ('a', 'good', 1)")
        changes.add("received", item_type="event")

    def bad(connection, changes):
        connection.execute("INSERT INTO rate_limits VALUES ('a', 'bad', 1)")
        changes.add("received", item_type="event")
        raise LookupError

    jobs = [store.writer.submit(work) for work in (good, bad, lambda _connection, _changes: "third")]
    commits = store.writer.commits
    gate.set()

    assert first.result(10)
    assert jobs[0].result(10) is None
    with pytest.raises(LookupError):
        jobs[1].result(10)
    assert "third" == jobs[2].result(10)
    assert 2 == store.writer.commits - commits
    assert [("good",)] == [tuple(row) for row in store.read().execute("SELECT category FROM rate_limits")]
    assert 1 == sum(store.ledger.snapshot().values())


def test_a_stopped_store_takes_nothing(store):
    """
    Work that comes after the end is refused; it does not wait for ever.
    """
    store.writer.stop()

    with pytest.raises(StoreUnavailableError, match="closed"):
        store.writer.submit(lambda _connection, _changes: None)
