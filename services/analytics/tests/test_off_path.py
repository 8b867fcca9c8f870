"""
What fails in FastAPI's own ways off the request path, or when the answer has begun: one event each.
"""

import asyncio
import contextlib
import threading

import pytest
from analytics.app import make_app
from fastapi import BackgroundTasks, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask
from tornado.httpclient import HTTPError

PRIZES = {"cherry": 5}
TRACE = "a" * 32


def pay():
    return PRIZES["joker"]


async def pay_later():
    return pay()


async def _background(tasks: BackgroundTasks):
    tasks.add_task(pay)
    return {}


async def _background_later(tasks: BackgroundTasks):
    tasks.add_task(pay_later)
    return {}


async def _background_of_an_answer():
    return JSONResponse({}, background=BackgroundTask(pay))


async def _stream():
    async def chunks():
        yield b"the beginning"
        pay()

    return StreamingResponse(chunks())


async def _stream_of_a_thread():
    def chunks():
        yield b"the beginning"
        pay()

    return StreamingResponse(chunks())


def _in_a_thread():
    pay()


def _thread_of_a_thread():
    threading.Thread(target=pay).start()
    return {}


async def _dropped_pool():
    asyncio.get_running_loop().create_task(run_in_threadpool(pay))
    return {}


def _closes_badly():
    yield 1
    pay()


async def _dependency(_closed: int = Depends(_closes_badly)):
    return {}


ROUTES = {
    "/x/background": _background,
    "/x/background-later": _background_later,
    "/x/background-of-an-answer": _background_of_an_answer,
    "/x/stream": _stream,
    "/x/stream-of-a-thread": _stream_of_a_thread,
    "/x/in-a-thread": _in_a_thread,
    "/x/thread-of-a-thread": _thread_of_a_thread,
    "/x/dropped-pool": _dropped_pool,
    "/x/dependency": _dependency,
}


@pytest.fixture(autouse=True)
def more_routes(monkeypatch):
    def make(parts):
        app = make_app(parts)
        for path, route in ROUTES.items():
            app.add_api_route(path, route, response_model=None)
        return app

    monkeypatch.setattr("analytics.server.make_app", make)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("path", ROUTES)
async def test_what_fails_behind_or_within_the_answer_is_one_event(path, client, outbox):
    """
    A background task, a stream that breaks, a thread, a dependency that closes badly: unhandled, on the caller's trace.
    """
    # Of an answer that breaks off in the middle, the caller sees no end.
    with contextlib.suppress(HTTPError):
        await client.call("GET", path)

    (event,) = await outbox.wait("event")
    exception = event["exception"]["values"][-1]
    assert ("KeyError", False) == (exception["type"], exception["mechanism"]["handled"])
    assert TRACE == event["contexts"]["trace"]["trace_id"]
    assert [] == outbox.lost
