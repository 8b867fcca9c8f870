"""
What fails in Tornado's own ways off the request path, or when the answer has begun: one event each.
"""

import asyncio
import contextlib

import pytest
from crashkit.offpath import watch_loop
from game_engine.web import Handler
from tornado import gen
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.testing import bind_unused_port
from tornado.web import Application

PRIZES = {"cherry": 5}
TRACE = "a" * 32
KEPT = []


def pay():
    return PRIZES["joker"]


async def pay_later():
    return pay()


@gen.coroutine
def pay_as_of_old():
    yield gen.sleep(0)
    return pay()


def pay_once():
    KEPT.pop().stop()
    pay()


def answering(act):
    """Make a handler that answers, and has started something that fails."""

    class Answers(Handler):
        def get(self):
            act()
            self.answer({})

    return Answers


def periodically():
    KEPT.append(PeriodicCallback(pay_once, 10))
    KEPT[-1].start()


STARTS = {
    "callback": lambda: IOLoop.current().add_callback(pay),
    "callback of a coroutine": lambda: IOLoop.current().add_callback(pay_later),
    "spawned": lambda: IOLoop.current().spawn_callback(pay_later),
    "later": lambda: IOLoop.current().call_later(0.01, pay),
    "periodic": periodically,
    "generator": lambda: pay_as_of_old() and None,
    "executor": lambda: IOLoop.current().run_in_executor(None, pay) and None,
    "callback of a future": lambda: IOLoop.current().add_future(
        asyncio.ensure_future(asyncio.sleep(0)), lambda _: pay()
    ),
    "a future that fails": lambda: IOLoop.current().add_future(asyncio.ensure_future(pay_later()), lambda _: None),
}


class Halfway(Handler):
    async def get(self):
        self.write("the beginning")
        await self.flush()
        pay()


class AfterTheAnswer(Handler):
    async def get(self):
        self.answer({})
        pay()


class AtTheEnd(Handler):
    def get(self):
        self.answer({})

    def on_finish(self):
        super().on_finish()
        pay()


class InPrepare(Handler):
    def prepare(self):
        super().prepare()
        pay()


HANDLERS = {"half way": Halfway, "after the answer": AfterTheAnswer, "at the end": AtTheEnd, "prepare": InPrepare}


async def served(engine, handler):
    """Serve one handler, and give its port."""
    watch_loop(asyncio.get_running_loop())
    listener, port = bind_unused_port()
    server = HTTPServer(Application([("/x", handler, {"engine": engine, "route": "/x"})]))
    server.add_socket(listener)
    return port


async def ask(port):
    headers = {"sentry-trace": f"{TRACE}-{'b' * 16}-1"}
    # Where the answer had begun, its connection ends.
    with contextlib.suppress(HTTPClientError):
        await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/x", headers=headers, raise_error=False)


async def only(outbox):
    """Give the one event, when all that was started has ended."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 30
    while not outbox.of("event"):
        assert loop.time() < deadline, "no event came"
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    (event,) = outbox.of("event")
    exception = event["exception"]["values"][-1]
    return exception["type"], exception["mechanism"]["handled"], event["contexts"]["trace"]["trace_id"]


@pytest.mark.parametrize("start", STARTS)
async def test_what_fails_after_the_answer_is_one_event(start, engine, outbox):
    """
    A callback, a coroutine or a future of Tornado's that fails is unhandled, and on the trace of what started it.
    """
    await ask(await served(engine, answering(STARTS[start])))

    assert ("KeyError", False, TRACE) == await only(outbox)


@pytest.mark.parametrize("handler", HANDLERS)
async def test_a_handler_that_fails_anywhere_is_one_event(handler, engine, outbox):
    """
    Before the answer, within it or behind it: one unhandled event on the caller's trace.
    """
    await ask(await served(engine, HANDLERS[handler]))

    assert ("KeyError", False, TRACE) == await only(outbox)
