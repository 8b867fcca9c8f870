import asyncio
import json
import logging
import time

import pytest
from analytics.app import make_app
from fastapi import HTTPException
from fastapi.responses import JSONResponse


async def _server_error():
    raise HTTPException(503, "the books are being closed")


async def _silent():
    return JSONResponse({"said": "nothing"}, 500)


async def _own_bug():
    return {}["joker"]


async def _too_long():
    async with asyncio.timeout(0):
        await asyncio.Event().wait()


async def _teapot():
    raise HTTPException(418, "short and stout")


async def _detached():
    async def fail():
        return {}["joker"]

    asyncio.get_running_loop().create_task(fail())
    return JSONResponse({})


ROUTES = {
    "/x/server-error": _server_error,
    "/x/silent": _silent,
    "/x/own-bug": _own_bug,
    "/x/too-long": _too_long,
    "/x/teapot": _teapot,
    "/x/detached": _detached,
}


@pytest.fixture(autouse=True)
def more_routes(monkeypatch):
    def make(parts):
        app = make_app(parts)
        for path, route in ROUTES.items():
            app.add_api_route(path, route)
        return app

    monkeypatch.setattr("analytics.server.make_app", make)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/x/server-error", 503, "HTTPException"),
        ("/x/own-bug", 500, "KeyError"),
        ("/x/too-long", 504, "TimeoutError"),
    ],
)
async def test_a_server_error_with_an_exception_is_one_event(path, status, kind, client, outbox):
    """
    Whatever is raised and answered with a 5xx is one unhandled event and one failed transaction; none is lost.
    """
    answer = await client.call("GET", path)

    (event,) = outbox.of("event")
    (transaction,) = await outbox.wait("transaction")
    assert status == answer.code == json.loads(answer.body)["status"]
    assert kind == event["exception"]["values"][-1]["type"]
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
    assert transaction["contexts"]["trace"]["status"] != "ok"
    assert json.loads(answer.body)["trace_id"] == event["contexts"]["trace"]["trace_id"]
    assert [] == outbox.lost


async def test_a_server_error_without_an_exception_is_one_event(client, outbox):
    """
    A 500 that somebody answers by hand is one event that says so, and a failed transaction.
    """
    answer = await client.call("GET", "/x/silent")

    (event,) = outbox.of("event")
    (transaction,) = await outbox.wait("transaction")
    assert 500 == answer.code
    assert "A request was answered with a server error that no exception carries" == event["message"]
    assert {"status_code": 500, "reason": "Internal Server Error"} == event["contexts"]["response"]
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert [] == outbox.lost


async def test_a_task_that_fails_after_the_answer_is_one_event(client, outbox):
    """
    What nobody awaits is unhandled, and on the trace of the request that started it.
    """
    answer = await client.call("GET", "/x/detached")

    (event,) = await outbox.wait("event")
    assert 200 == answer.code
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False
    assert "a" * 32 == event["contexts"]["trace"]["trace_id"]


async def test_an_error_of_the_caller_is_none(client, outbox):
    """
    A 4xx is answered with its reason and reported to nobody.
    """
    answer = await client.call("GET", "/x/teapot")

    assert 418 == answer.code
    assert "short and stout" in json.loads(answer.body)["detail"]
    assert [] == outbox.of("event")


async def test_the_servers_own_log_makes_no_second_event(client, outbox):
    """
    What uvicorn logs about an error that was reported becomes neither an event nor a loss.
    """
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=KeyError("joker"))

    assert [] == outbox.of("event")
    assert [] == outbox.lost


async def test_a_mistake_in_before_send_loses_no_event(client, outbox, monkeypatch):
    """
    When the runtime context cannot be read, the event goes out all the same, with a note.
    """
    monkeypatch.setattr("crashkit.runtime_context.RuntimeContext.read", lambda _self: 1 / 0)

    await client.fire("/api/debug/crash")

    (event,) = outbox.of("event")
    assert "ZeroDivisionError" in event["extra"]["before_send_failed"]


async def test_probes_and_scrapes_are_no_traces(served, outbox):
    """
    Probes, metrics and the list of faults answer and leave no transaction, whatever the caller decided.
    """
    outbox.items.clear()
    paths = ("/healthz/live", "/healthz/ready", "/metrics", "/api/debug/faults")

    answers = [(await served.call("GET", path)).code for path in paths]

    assert [200, 200, 200, 200] == answers
    assert [] == outbox.items


async def test_readiness_says_when_the_process_started(served):
    """
    Whoever asks again after a restart sees another start.
    """
    ready = json.loads((await served.call("GET", "/healthz/ready")).body)

    assert "ready" == ready["status"]
    assert 0 <= time.time() - ready["started_at"] < 60


async def test_readiness_is_off_while_draining(served, parts, outbox):
    """
    A draining process is alive and not ready, sends its callers elsewhere, and reports nothing of it.
    """
    parts.lifecycle.begin_drain()

    ready, live = await served.call("GET", "/healthz/ready"), await served.call("GET", "/healthz/live")
    failed = await served.fire("/api/debug/crash")

    assert [503, 200, 500] == [ready.code, live.code, failed.code]
    assert ["close"] * 3 == [answer.headers["Connection"] for answer in (ready, live, failed)]
    assert 1 == len(outbox.of("event"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/debug/crash", "POST"),
        ("PUT", "/api/debug/timeout", "POST"),
        ("DELETE", "/api/v1/spins", "GET, POST"),
        ("DELETE", "/api/v1/turnover", "GET"),
        ("POST", "/api/debug/faults", "DELETE, GET"),
    ],
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
    await client.fire("/api/debug/crash", sentry_trace=f"{'c' * 32}-{'d' * 16}-0")

    (transaction,) = await outbox.wait("transaction")
    trace = transaction["contexts"]["trace"]
    assert ("c" * 32, "d" * 16) == (trace["trace_id"], trace["parent_span_id"])


async def test_a_body_reaches_no_event(client, outbox):
    """
    What a caller sends along with a request that fails is in no envelope.
    """
    card = b'{"card": "4000 1234 5678 9017"}'

    await client.fire("/api/debug/crash", body=card, Content_Type="application/json")

    assert outbox.of("event")
    assert b"4000 1234" not in b"".join(outbox.raw)
