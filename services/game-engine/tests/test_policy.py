import json

from game_engine.web import Handler
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError


class ServerError(Handler):
    def get(self):
        raise HTTPError(503, "the table is being cleaned")


class ClientError(Handler):
    def get(self):
        raise HTTPError(418, "short and stout")


async def call(engine, handler):
    listener, port = bind_unused_port()
    server = HTTPServer(Application([("/x", handler, {"engine": engine, "route": "/x"})]))
    server.add_socket(listener)
    try:
        return await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/x", raise_error=False)
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


async def test_an_http_error_of_the_caller_is_none(engine, outbox):
    """
    A 4xx is answered with its reason and reported to nobody.
    """
    answer = await call(engine, ClientError)

    assert 418 == answer.code
    assert "short and stout" in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


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


async def test_readiness_is_off_while_draining(client, engine):
    """
    A draining process is alive and not ready.
    """
    engine.lifecycle.draining = True

    ready, live = await client.call("GET", "/healthz/ready"), await client.call("GET", "/healthz/live")

    assert [503, 200] == [ready.code, live.code]
