"""
What the spool relies on in the SDK's transport, which is none of its promises: a new version of the SDK must fail here
and not in a service.
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer

import pytest
import sentry_sdk
from crashctl.proof.http import Handler, serving
from crashctl.proof.process import DECODERS
from crashkit.spool.counts import Counts
from crashkit.spool.store import Store
from crashkit.spool.transport import SpoolTransport, spooling
from sentry_sdk.consts import EndpointType
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.transport import HttpTransport

KEY = "0123456789abcdef" * 2


class Answers(ThreadingHTTPServer):
    """Answers each request as told, and keeps what came."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.headers_to_send = 200, {}
        self.held = threading.Event()
        self.held.set()
        self.requests = []
        self.dsn = f"http://{KEY}@127.0.0.1:{self.server_port}/7"


class _Handler(Handler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.body()
        self.server.held.wait(20)
        self.server.requests.append((self.path, dict(self.headers), body))
        self.answer(self.server.status, b"{}", self.server.headers_to_send)


@pytest.fixture
def answers():
    with serving(Answers()) as server:
        yield server
        server.held.set()


@pytest.fixture
def client(answers, tmp_path):
    """Start a client of its own with a spool, or with what it is told."""
    made = []

    def start(transport=None, **options):
        transport = transport or spooling(Store(tmp_path / "spool", 1 << 20, 100, Counts()))
        made.append(sentry_sdk.Client(answers.dsn, transport=transport, default_integrations=False, **options))
        return made[-1]

    yield start
    answers.held.set()
    for one in made:
        one.close(timeout=2)


def test_an_event_reaches_the_transport_in_the_call_that_captures(client):
    """
    Whatever its level: the transport gets an envelope with the id in its header and one item of type event, in the
    thread of the caller, before the call returns.
    """
    seen = []

    class Sees(HttpTransport):
        def capture_envelope(self, envelope):
            seen.append((threading.get_ident(), envelope))

    made = client(Sees)
    ids = [made.capture_event({"message": "it failed", "level": level}) for level in ("fatal", "error", "warning")]

    assert [threading.get_ident()] * 3 == [thread for thread, _ in seen]
    assert ids == [envelope.headers["event_id"] for _, envelope in seen]
    assert [["event"]] * 3 == [[item.type for item in envelope.items] for _, envelope in seen]


def test_a_serialized_envelope_can_be_posted_as_it_is(client, answers, tmp_path):
    """
    What is written to disk is what the SDK would send, with a length on every item, and what the server gets.
    """
    made = client()
    envelope = Envelope({"event_id": "a" * 32}, [Item(PayloadRef(json={"event_id": "a" * 32}), type="event")])
    envelope.add_item(Item(b"\n\0\n", type="attachment", filename="reels.bin"))

    made.transport.capture_envelope(envelope)
    made.flush(5)

    ((path, headers, body),) = answers.requests
    assert "/api/7/envelope/" == path
    assert envelope.serialize() == body
    assert 2 == body.count(b'"length":')
    assert f"sentry_key={KEY}" in headers["X-Sentry-Auth"]
    assert "application/x-sentry-envelope" == headers["Content-Type"]
    assert [b"\n\0\n"] == [item.get_bytes() for item in Envelope.deserialize(body).items if item.type == "attachment"]


@pytest.mark.parametrize(
    ("status", "headers", "category"),
    [
        (429, {"Retry-After": "7"}, None),
        (429, {}, None),
        (200, {"X-Sentry-Rate-Limits": "7:error:organization"}, "error"),
        (429, {"X-Sentry-Rate-Limits": "7:error;transaction:key, 9:session:key"}, "error"),
        (503, {"X-Sentry-Rate-Limits": "7::organization"}, None),
    ],
)
def test_limits_are_kept_by_category(status, headers, category, client, answers):
    """
    Each form of a limit is in ``_disabled_until``, with its end in UTC, under its category or None for all.
    """
    answers.status, answers.headers_to_send = status, headers
    made = client()

    made.capture_event({"message": "limited"})
    made.flush(1)

    until = made.transport._disabled_until[category]
    assert timedelta(seconds=4) < until - datetime.now(UTC) <= timedelta(seconds=60)
    assert 4 < made.transport._limited_s() <= 60


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Sentry-Rate-Limits": "7:transaction:organization"},
        {"X-Sentry-Rate-Limits": "nonsense"},
        {"X-Sentry-Rate-Limits": f"{'9' * 30}:error:organization"},
    ],
    ids=str,
)
def test_a_limit_that_is_not_about_events_or_none_holds_nothing_up(headers, client, answers, tmp_path):
    """
    Limits on other things, and what is no limit, keep no event.
    """
    answers.headers_to_send = headers
    made = client()

    for _ in range(3):
        made.capture_event({"message": "free"})
    made.flush(5)

    assert 3 == len(answers.requests)
    assert [] == list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("header", ["soon", "9" * 400, "-3"])
def test_a_wrong_retry_after_is_taken_for_none(header, client, answers):
    """
    A 429 whose Retry-After is none keeps the event, and ends no thread.
    """
    answers.status, answers.headers_to_send = 429, {"Retry-After": header}
    made = client()

    made.capture_event({"message": "limited"})
    made.flush(0.5)

    assert made.transport.sender._runs
    assert 1 == made.transport.store.files


def test_a_redirect_is_no_delivery(client, answers):
    """
    Whoever is sent elsewhere does not go there with the event: a proxy's login page answers 200 too.
    """
    answers.status, answers.headers_to_send = 303, {"Location": answers.dsn.split("@")[1]}
    made = client()

    made.capture_event({"message": "elsewhere"})
    made.flush(0.2)

    assert 1 == made.transport.store.files


def test_what_the_spool_loses_is_in_the_next_client_report(client, answers):
    """
    ``record_lost_event`` counts by category and reason, and the report that the SDK's thread makes of it is sent.
    """
    answers.status = 400
    made = client()
    made.capture_event({"message": "refused"})
    made.flush(5)
    answers.status = 200

    made.flush(5)

    items = [item for envelope in _envelopes(answers) for item in envelope.items]
    (said,) = [json.loads(item.get_bytes())["discarded_events"] for item in items if item.type == "client_report"]
    assert [{"reason": "send_error", "category": "error", "quantity": 1}] == said
    assert {} == made.transport._discarded_events


def _envelopes(answers):
    return [
        Envelope.deserialize(DECODERS.get(headers.get("Content-Encoding"), bytes)(body))
        for _, headers, body in answers.requests
    ]


def test_the_default_drops_what_its_queue_does_not_take(client, answers):
    """
    The SDK's queue holds a hundred; the rest is counted as queue_overflow. Of the spool nothing is dropped.
    """
    answers.held.clear()
    plain, spooled = client(HttpTransport), client()

    for made in (plain, spooled):
        for _ in range(150):
            made.capture_event({"message": "a burst"})

    assert 100 == plain.options["transport_queue_size"]
    dropped = plain.transport._discarded_events["error", "queue_overflow"]
    assert 49 <= dropped <= 50
    assert {} == dict(spooled.transport._discarded_events)
    counts = spooled.transport.store.counts.all()
    assert (100, 50) == (counts["written"], counts["full"])


def test_what_is_no_event_goes_the_way_of_the_sdk(client, answers, tmp_path):
    """
    A transaction, a session and a log make no file.
    """
    made = client()

    for kind in ("transaction", "session", "log", "client_report", "check_in"):
        made.transport.capture_envelope(Envelope(items=[Item(b"{}", type=kind)]))
    made.flush(5)

    assert 5 == len(answers.requests)
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("event_id", [None, "not-an-id", 7])
def test_an_event_without_an_id_is_sent_without_a_file(event_id, client, answers, tmp_path):
    """
    What cannot be named is sent from memory and counted, and nothing is raised.
    """
    made = client()
    headers = {} if event_id is None else {"event_id": event_id}

    made.transport.capture_envelope(Envelope(headers, [Item(PayloadRef(json={"message": "nameless"}), type="event")]))
    made.flush(5)

    assert 1 == len(answers.requests)
    assert 1 == made.transport.store.counts.all()["unwritable"]


def test_the_parts_that_are_used_are_there(client):
    """
    The names and shapes that no other test of this file would miss.
    """
    transport = client().transport

    assert isinstance(transport, SpoolTransport)
    assert transport._make_pool() is not transport._make_pool()
    assert transport._auth.get_api_url(EndpointType.ENVELOPE).endswith("/api/7/envelope/")
    assert transport._worker.submit(lambda: None)
    assert type(transport._worker) is type(transport._create_worker(transport.options))
    assert transport._retry.parse_retry_after("3") == 3


def test_a_connection_that_nobody_answers_is_given_up_before_the_time_to_drain_is(client):
    """
    Both ways of the transport give up after ten seconds; the SDK's own would hold up an event for thirty.
    """
    transport = client().transport

    for pool in (transport._pool, transport._event_pool):
        assert 10 == pool.connection_pool_kw["timeout"].total
    assert 30 == HttpTransport.TIMEOUT
