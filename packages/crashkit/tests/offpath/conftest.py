"""
Work that is started as a request starts it, and the events that come of it.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sentry_sdk
import uvloop
from crashkit.offpath import watch_loop

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
WITHIN_S = 30.0


@dataclass
class Fired:
    """What was started, and what came of it."""

    trace_id: str
    events: list[dict[str, Any]]

    def only(self) -> tuple[str, str, bool]:
        """Give type, mechanism and ``handled`` of the one event, which is on the trace of what started the work."""
        (event,) = self.events
        assert self.trace_id == event["contexts"]["trace"]["trace_id"]
        assert {"service": "casino", "way": "here"}.items() <= event["tags"].items()
        exception = event["exception"]["values"][-1]
        return exception["type"], exception["mechanism"]["type"], exception["mechanism"]["handled"]


@pytest.fixture(params=LOOPS)
def fire(request, sentry, outbox) -> Callable[[Callable[[], Awaitable[object]]], Fired]:
    """
    Start work on a trace of its own, among other requests, and wait for an event of it, on both event loops.
    """
    sentry.start()

    async def on_a_trace(way):
        with sentry_sdk.isolation_scope() as scope:
            transaction = sentry_sdk.continue_trace({}, name="spin", op="test")
            with sentry_sdk.start_transaction(transaction):
                scope.set_tag("way", "here")
                await way()
                return transaction.trace_id

    async def run(way):
        loop = asyncio.get_running_loop()
        watch_loop(loop)
        others = [asyncio.create_task(on_a_trace(lambda: asyncio.sleep(0))) for _ in range(3)]
        trace_id = await asyncio.create_task(on_a_trace(way))
        await asyncio.gather(*others)
        deadline = loop.time() + WITHIN_S
        while not outbox.events:
            assert loop.time() < deadline, f"no event came within {WITHIN_S} s"
            gc.collect()
            await asyncio.sleep(0.01)
        return trace_id

    def start(way):
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            trace_id = runner.run(run(way))
        gc.collect()
        return Fired(trace_id, outbox.events)

    return start
