import json
import time

import pytest
from crashctl.proof.values import told
from game_engine.web import Handler
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError

CARD = b'{"card": "4000 1234 5678 9010"}'


class ServerError(Handler):
    def get(self):
        raise HTTPError(503, "the table is being cleaned")


class SilentError(Handler):
    def get(self):
        self.set_status(500)
        self.finish("it failed, and nobody says why")


class SentError(Handler):
    def get(self):
        self.send_error(502)


class LoggedLater(Handler):
    def get(self):
        IOLoop.current().add_callback(lambda: {}["joker"])
        self.answer({})


class ClientError(Handler):
    def get(self):
        raise HTTPError(418, "short and stout")


async def call(engine, handler):
    listener, port = bind_unused_port()
    server = HTTPServer(Application([("/x", handler, {"engine": engine, "route": "/x"})]))
    server.add_socket(listener)
    try:
        kept = {"sentry-trace": f"{'a' * 32}-{'b' * 16}-1"}
        return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/x", headers=kept, raise_error=False)
    finally:
        server.stop()


async def test_an_http_error_of_the_framework_is_one_event(engine, outbox):
    """
    HTTPError(503), which the SDK leaves out, is one unhandled event.
    """
    answer = await call(engine, ServerError)

    (event,) = outbox.of("event")
    assert 503 == answer.code
    assert "HTTPError" == event["exception"]["values"][-1]["type"]
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False


@pytest.mark.parametrize(("handler", "status"), [(SilentError, 500), (SentError, 502)])
async def test_a_server_error_without_an_exception_is_one_event(handler, status, engine, outbox):
    """
    A 5xx that somebody answers by hand is one event that says so, and a failed transaction.
    """
    await call(engine, handler)

    (event,) = outbox.of("event")
    (transaction,) = outbox.of("transaction")
    assert "A request was answered with a server error that no exception carries" == event["message"]
    assert status == event["contexts"]["response"]["status_code"]
    assert "internal_error" == transaction["contexts"]["trace"]["status"]


async def test_a_callback_that_fails_after_the_answer_is_one_event(engine, outbox):
    """
    What the framework only logs is unhandled, and on the trace of the request that asked for it.
    """
    answer = await call(engine, LoggedLater)

    (event,) = await outbox.wait("event")
    (transaction,) = outbox.of("transaction")
    assert 200 == answer.code
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
    assert transaction["contexts"]["trace"]["trace_id"] == event["contexts"]["trace"]["trace_id"]


async def test_an_http_error_of_the_caller_is_none(engine, outbox):
    """
    A 4xx is answered with its reason and reported to nobody.
    """
    answer = await call(engine, ClientError)

    assert 418 == answer.code
    assert "short and stout" in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


async def test_nothing_that_was_sent_is_told(client, outbox):
    """
    Body, cookie, query and token of a request that fails are in no event and no transaction of it.
    """
    sent = {"Cookie": "session=a-session-of-player-7", "Content_Type": "application/json"}

    answer = await client.fire("/debug/crash?password=a-password-in-the-query", body=CARD, **sent)

    await outbox.wait("transaction")
    values = ["4000 1234 5678 9010", "a-session-of-player-7", "a-password-in-the-query", "a-fault-token-of-the-tests"]
    assert 500 == answer.code
    assert 1 == len(outbox.of("event"))
    assert [] == told([payload for _, payload in outbox.items], values)


async def test_a_fault_twice_is_two_events(client, outbox):
    """
    Nothing is taken for a repetition of what came before: each firing is an event, with an id of its own.
    """
    for _ in range(2):
        await client.fire("/debug/error/key-error")

    events = await outbox.wait("event", 2)
    assert 2 == len({event["event_id"] for event in events})
    assert [] == [lost for lost in outbox.lost if lost[1] == "error"]


async def test_a_mistake_in_before_send_loses_no_event(client, outbox, monkeypatch):
    """
    When the runtime context cannot be read, the event goes out all the same, with a note.
    """
    monkeypatch.setattr("crashkit.runtime_context.RuntimeContext.read", lambda _self: 1 / 0)

    await client.fire("/debug/crash")

    (event,) = outbox.of("event")
    assert "ZeroDivisionError" in event["extra"]["before_send_failed"]


async def test_probes_and_scrapes_are_no_traces(client, outbox):
    """
    Probes, metrics and the list of faults answer and leave no transaction, whatever the caller decided.
    """
    paths = ("/healthz/live", "/healthz/ready", "/metrics", "/debug/faults")

    answers = [(await client.call("GET", path)).code for path in paths]

    assert [200, 200, 200, 200] == answers
    assert [] == outbox.items


async def test_readiness_says_when_the_process_started(client):
    """
    Whoever asks again after a restart sees another start.
    """
    ready = json.loads((await client.call("GET", "/healthz/ready")).body)

    assert "ready" == ready["status"]
    assert 0 <= time.time() - ready["started_at"] < 60


async def test_readiness_is_off_while_draining(client, engine):
    """
    A draining process is alive and not ready.
    """
    engine.lifecycle.begin_drain()

    ready, live = await client.call("GET", "/healthz/ready"), await client.call("GET", "/healthz/live")

    assert [503, 200] == [ready.code, live.code]


async def test_a_draining_process_sends_its_callers_elsewhere(client, engine):
    """
    While draining every answer, failures included, ends its connection.
    """
    engine.lifecycle.begin_drain()

    answers = [await client.fire("/debug/crash"), await client.call("GET", "/nowhere")]

    assert ["close", "close"] == [answer.headers["Connection"] for answer in answers]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/debug/crash", "POST"), ("PUT", "/debug/error/key-error", "POST"), ("GET", "/spin", "POST")],
)
async def test_a_method_that_is_not_served_is_told_which_is(method, path, allowed, client, outbox):
    """
    405 carries the header Allow, and is nobody's event.
    """
    answer = await client.call(method, path)

    assert (405, allowed) == (answer.code, answer.headers["Allow"])
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert [] == outbox.of("event")


async def test_a_fault_is_kept_although_its_caller_dropped_the_trace(client, outbox):
    """
    A fault has its transaction also where the caller's trace is not sampled.
    """
    header = f"{'c' * 32}-{'d' * 16}-0"

    await client.fire("/debug/crash", sentry_trace=header)

    (transaction,) = outbox.of("transaction")
    trace = transaction["contexts"]["trace"]
    assert ("c" * 32, "d" * 16) == (trace["trace_id"], trace["parent_span_id"])
