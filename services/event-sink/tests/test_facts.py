"""
What is read out of items.
"""

import pytest
from crashkit.wire.envelope import MalformedEnvelopeError, parse
from event_sink import facts

TRACE = "1" * 32


def read(raw: bytes) -> facts.Facts:
    envelope = parse(raw)
    return facts.read(envelope, envelope.items[0])


def test_an_error_event_is_found_by_all_that_it_says(envelope_of):
    """
    Ids, tags, level, title and the handled flag of a chained exception are those that Sentry shows.
    """
    event = {
        "event_id": "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
        "contexts": {"trace": {"trace_id": TRACE}, "profile": {"profiler_id": "b" * 32}},
        "tags": {"service": "game-engine", "run": "r-1", "scenario": "crash", "case": "deep"},
        "exception": {
            "values": [
                {"type": "KeyError", "value": "'reel'"},
                {"type": "RuntimeError", "value": "spin lost", "mechanism": {"handled": False}},
            ]
        },
    }

    found = read(envelope_of({}, ("event", event)))

    assert found == facts.Facts(
        event_id="a" * 32,
        unique_id="a" * 32,
        service="game-engine",
        run="r-1",
        scenario="crash",
        case="deep",
        level="error",
        exception_type="RuntimeError",
        title="RuntimeError: spin lost",
        handled=False,
        trace_ids=(TRACE,),
        names_profiler="b" * 32,
    )


@pytest.mark.parametrize(
    "event",
    [
        {"message": "hello"},
        {"logentry": {"formatted": "hello", "message": "%s"}},
        {"message": {"message": "hello"}},
        {"transaction": "hello"},
    ],
)
def test_an_event_without_exception_has_a_title(envelope_of, event):
    """
    A message, however the SDK writes it, or the transaction's name stands in the list.
    """
    assert "hello" == read(envelope_of({}, ("event", event))).title


@pytest.mark.parametrize(
    "event",
    [
        {"contexts": None, "tags": None, "exception": None, "level": 5},
        {"contexts": {"trace": "no", "profile": []}, "tags": ["x", ["a"], [1, 2]], "exception": {"values": "no"}},
        {"exception": [None, {"type": None, "mechanism": {"handled": "no"}}], "logentry": [], "event_id": 7},
        {"message": "\ud800", "tags": [["run", "\ud800"]]},
    ],
)
def test_an_event_of_odd_shapes_is_kept(envelope_of, event):
    """
    What a field must not be is left out; the event itself is no less an event. Nothing unstorable comes out.
    """
    found = read(envelope_of({"event_id": "c" * 32}, ("event", event)))

    assert "c" * 32 == found.event_id
    assert all(value.encode() for value in (found.title, found.run) if value)


def test_a_container_belongs_to_the_traces_of_its_records(envelope_of):
    """
    A log item is found under each trace that its records name.
    """
    records = [{"trace_id": TRACE, "body": "a"}, {"trace_id": "2" * 32}, {"trace_id": TRACE}, {}, "odd"]

    assert (TRACE, "2" * 32) == read(envelope_of({}, ("log", {"items": records}))).trace_ids


def test_losses_that_an_sdk_reports_are_read(envelope_of):
    """
    A client report gives reason, category and quantity of each loss; nonsense in it is left out.
    """
    losses = [
        {"reason": "queue_overflow", "category": "error", "quantity": 436},
        {"reason": "x", "category": "y", "quantity": -1},
        "odd",
    ]

    found = read(envelope_of({}, ("client_report", {"discarded_events": losses})))

    assert (("queue_overflow", "error", 436),) == found.discarded


def test_a_huge_profile_is_indexed_without_being_parsed(envelope_of):
    """
    The ids of a chunk of several MiB come out of its bytes.
    """
    chunk = {"profiler_id": "d" * 32, "chunk_id": "e" * 32, "profile": {"samples": ["x" * 100] * 30_000}}

    found = read(envelope_of({}, ("profile_chunk", chunk)))

    assert ("d" * 32, "e" * 32) == (found.own_profiler, found.unique_id)


@pytest.mark.parametrize("payload", [b"[]", b"nope", b'{"a": NaN}', b"\xff"])
def test_an_event_that_is_no_object_is_malformed(envelope_of, payload):
    """
    An event must be a JSON object; Sentry would throw it away later without a word.
    """
    with pytest.raises(MalformedEnvelopeError, match="the event payload"):
        read(envelope_of({}, ("event", payload)))
