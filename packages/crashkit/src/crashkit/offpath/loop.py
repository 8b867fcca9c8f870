"""
What the event loop would only log: tasks and futures whose error nobody asked for, callbacks that fail.
"""

import asyncio
import contextvars
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sentry_sdk.integrations.logging import ignore_logger

from crashkit.offpath.futures import starting_context
from crashkit.telemetry import capture_unhandled

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def watch_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """
    Report what reaches the loop's exception handler with an error; the rest is logged as ever.

    Args:
        loop: the running loop.
    """
    ignore_logger(__name__)
    if sys.version_info < (3, 12):
        loop.set_task_factory(_with_its_context)  # type: ignore[arg-type]  # its protocol cannot name a subclass's T
    loop.set_exception_handler(_report)


class ContextTask(asyncio.Task[T]):
    """A task that knows its context, as every task does from Python 3.12 on."""

    def __init__(
        self, coro: Any, *, context: contextvars.Context | None = None, **options: Any
    ) -> None:  # Any: as asyncio
        self._own_context = context or contextvars.copy_context()
        super().__init__(coro, context=self._own_context, **options)

    def get_context(self) -> contextvars.Context:
        """Give the context that the task runs in."""
        return self._own_context


def _with_its_context(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T], **options: Any
) -> ContextTask[T]:  # Any: as asyncio types a coroutine
    return ContextTask(coro, loop=loop, **options)


def _report(loop: asyncio.AbstractEventLoop, found: dict[str, Any]) -> None:  # Any: as asyncio types it
    error = found.get("exception")
    if error is None:
        loop.default_exception_handler(found)
        return
    LOG.error("%s", found.get("message"), exc_info=error)
    owner = found.get("task") or found.get("future") or found.get("handle")
    context = _context_of(owner) or starting_context(error) or contextvars.copy_context()
    # A copy, because a context that is entered already cannot be entered again.
    context.copy().run(capture_unhandled, error, "asyncio")


def _context_of(owner: object) -> contextvars.Context | None:
    get_context: Callable[[], contextvars.Context] | None = getattr(owner, "get_context", None)
    if get_context is not None:
        return get_context()
    # What gather gives back knows its tasks, and no context.
    for child in getattr(owner, "_children", ()):
        return _context_of(child)
    # A handle has no public name for its context before Python 3.12; a future has none at all.
    context: contextvars.Context | None = getattr(owner, "_context", None)
    return context
