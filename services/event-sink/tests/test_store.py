"""
What is written for an arrival, and what can be asked afterwards.
"""

import json
import time

import pytest
from event_sink import deliveries, queries
from event_sink.accounts import of_target, overview
from event_sink.queries import Filter

TRACE = "1" * 32


def event(event_id: str, **more: object) -> dict:
    return {"event_id": event_id, "message": "hi", "contexts": {"trace": {"trace_id": TRACE}}, **more}


def test_the_same_event_again_is_one_event_and_counted(store, envelope_of, fresh_id):
    """
    A resent event is a duplicate in the accounts; it is neither stored nor owed a second time.
    """
    event_id = fresh_id()

    first = store.put(envelope_of({}, ("event", event(event_id)), ("attachment", b"core dump")))
    again = store.put(envelope_of({}, ("event", event(event_id)), ("attachment", b"core dump")))

    assert (2, 0) == (first.new_items, first.duplicates)
    assert (0, 2) == (again.new_items, again.duplicates)
    told = overview(store.ledger.snapshot())
    assert {"attachment": 1, "event": 1} == told["received"] == told["duplicates"]
    assert {"offered": 1, "pending": 1} == {
        name: n for name, n in of_target(store.ledger.snapshot(), "bugsink")["by_type"]["event"].items() if n
    }
    assert 1 == store.read().execute("SELECT count(*) FROM envelopes").fetchone()[0]


def test_the_same_id_in_another_project_is_another_event(store, envelope_of, fresh_id):
    """
    As in Sentry, an event id is unique in its project only.
    """
    raw = envelope_of({}, ("event", event(fresh_id())))

    assert [1, 1] == [store.put(raw, project_id=number).new_items for number in (1, 2)]


def test_what_an_envelope_says_twice_is_stored_once(store, envelope_of, fresh_id):
    """
    Two items of one id in one envelope are one item and one duplicate; the raw bytes keep both.
    """
    twice = ("event", event(fresh_id()))
    raw = envelope_of({}, twice, twice)

    stored = store.put(raw)

    assert (1, 1) == (stored.new_items, stored.duplicates)
    (only,) = queries.items(store.read(), Filter())
    assert raw == queries.raw_envelope(store.read(), only["envelope_id"])


def test_a_trace_shows_everything_that_belongs_to_it(store, envelope_of, fresh_id):
    """
    Events, transactions, this trace's log records, and the profile chunks of a profiler that an event names.
    """
    named = {"trace": {"trace_id": TRACE}, "profile": {"profiler_id": "b" * 32}}
    logs = {"items": [{"trace_id": TRACE, "body": "mine"}, {"trace_id": "2" * 32, "body": "another's"}]}
    store.put(envelope_of({}, ("profile_chunk", {"profiler_id": "b" * 32, "chunk_id": fresh_id()})))
    store.put(envelope_of({}, ("profile_chunk", {"profiler_id": "c" * 32, "chunk_id": fresh_id()})))
    store.put(envelope_of({}, ("event", {"event_id": fresh_id(), "contexts": named})))
    store.put(envelope_of({}, ("log", logs)))
    store.put(envelope_of({}, ("transaction", {"event_id": fresh_id(), "contexts": {"trace": {"trace_id": TRACE}}})))
    store.put(envelope_of({}, ("event", {"event_id": fresh_id(), "contexts": {"trace": {"trace_id": "2" * 32}}})))

    views = queries.trace(store.read(), TRACE)

    assert ["profile_chunk", "event", "log", "transaction"] == [view["type"] for view in views]
    assert [{"trace_id": TRACE, "body": "mine"}] == views[2]["payload"]["items"]
    assert "b" * 32 == views[0]["payload"]["profiler_id"]


def test_items_are_found_by_each_filter(store, envelope_of, fresh_id):
    """
    Service, run, scenario with and without its service, case, type, level, id and sequence each narrow the list.
    """
    tags = {"service": "gateway", "run": "r-1", "scenario": "crash", "case": "deep"}
    wanted = fresh_id()
    store.put(envelope_of({}, ("event", event(fresh_id()))))
    store.put(envelope_of({}, ("event", event(wanted, tags=tags, level="fatal"))))
    store.put(envelope_of({}, ("session", {"sid": "x"})))

    filters = [
        Filter(service="gateway"),
        Filter(run="r-1"),
        Filter(scenario="crash"),
        Filter(scenario="gateway/crash"),
        Filter(case="deep"),
        Filter(level="fatal"),
        Filter(event_id=wanted),
        Filter(trace=TRACE, since_seq=1),
        Filter(type="event", since_seq=1, limit=1),
    ]

    assert [[wanted]] * len(filters) == [
        [view["event_id"] for view in queries.items(store.read(), one)] for one in filters
    ]


@pytest.mark.parametrize("name", ["trace", "event_id", "run", "scenario", "service", "type"])
def test_no_question_reads_the_whole_store(store, name):
    """
    Each filter that a drill uses is answered from an index.
    """
    wanted = Filter(**{name: "x"})
    connection = store.read()
    plans: list[str] = []
    connection.set_trace_callback(plans.append)
    queries.items(connection, wanted)
    queries.trace(connection, "x")
    queries.event(connection, "x")
    connection.set_trace_callback(None)

    details = [row["detail"] for query in plans for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]

    assert len(details) > 6
    assert [] == [detail for detail in details if detail.startswith("SCAN") and "json" not in detail]


def test_an_event_says_what_became_of_it_at_each_target(store, envelope_of, fresh_id):
    """
    The event's view names each target that was to have it, with state and reason.
    """
    event_id = fresh_id()
    store.put(envelope_of({}, ("event", event(event_id))))
    (owed,) = deliveries.due(store.read(), "bugsink", now=time.time(), limited=(), held_projects=(), most=9)

    store.do(lambda connection, changes: deliveries.settle(connection, changes, owed.seq, "refused", "too_large"))

    targets = queries.event(store.read(), event_id)["targets"]
    assert {"state": "refused", "reason": "too_large", "attempts": 1} == targets["bugsink"]
    assert ["pending", "pending"] == [targets[name]["state"] for name in ("spotlight", "upstream")]


def test_a_limited_category_does_not_hold_up_another(store, envelope_of, fresh_id):
    """
    One envelope with an event, its attachment and logs is two deliveries; a limit on errors leaves the logs.
    """
    raw = envelope_of({}, ("event", event(fresh_id())), ("attachment", b"x"), ("log", {"items": []}))
    store.put(raw)

    def categories(limited: tuple[str, ...]) -> list[tuple[str, tuple[int, ...]]]:
        found = deliveries.due(store.read(), "upstream", now=time.time(), limited=limited, held_projects=(), most=9)
        return [(delivery.category, delivery.positions) for delivery in found]

    assert [("error", (0, 1)), ("log_item", (2,))] == categories(())
    assert [("log_item", (2,))] == categories(("error",))


@pytest.mark.parametrize(("key", "public_key"), [("c" * 32, "c" * 32), (None, None)])
def test_a_target_gets_the_items_untouched_and_no_foreign_key(store, envelope_of, fresh_id, key, public_key):
    """
    The forwarded header has no DSN, only the target's key, and a ``sent_at`` moved by the time the envelope lay here.
    """
    payload = json.dumps(event(fresh_id()), indent=2).encode()
    header = {
        "event_id": "a" * 32,
        "dsn": "http://k@h/1",
        "sent_at": "2026-11-25T10:00:00.500000Z",
        "trace": {"trace_id": TRACE, "public_key": "0" * 32},
    }
    store.put(envelope_of(header, ("session", {}), ("event", payload)))
    (only,) = deliveries.due(store.read(), "upstream", now=time.time(), limited=("session",), held_projects=(), most=9)

    body = deliveries.body(store.read(), only, key, store.now + 60)

    first, item, rest = body.split(b"\n", 2)
    sent = json.loads(first)
    assert ["event_id", "sent_at", "trace"] == sorted(sent)
    assert "2026-11-25T10:01:00.500000Z" == sent["sent_at"]
    assert public_key == sent["trace"].get("public_key")
    assert {"type": "event", "length": len(payload)} == json.loads(item)
    assert payload + b"\n" == rest
