"""
Errors off the request path that the SDK does not report, or reports on another trace: each once, unhandled, on the
trace that started the work.
"""

import asyncio
import contextvars
import logging
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from sentry_sdk.integrations.logging import ignore_logger

from crashkit.telemetry import capture_unhandled

LOG = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """
    Report what the event loop would only log: tasks and futures whose error nobody asked for, callbacks that fail.

    Args:
        loop: the running loop.
    """
    ignore_logger(__name__)
    ignore_logger("asyncio")
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
    LOG.error("%s: %r", found.get("message"), error)
    owner = found.get("task") or found.get("future") or found.get("handle")
    context = _context_of(owner)
    context.run(capture_unhandled, error, "asyncio")


def _context_of(owner: object) -> contextvars.Context:
    get_context: Callable[[], contextvars.Context] | None = getattr(owner, "get_context", None)
    # A copy, because a context that is entered already cannot be entered again.
    return get_context().copy() if get_context else contextvars.copy_context()


class _UnreadFuture(Future[T]):
    """A future that reports its error when it goes away and nobody has asked for it."""

    was_read: bool
    context: contextvars.Context

    def result(self, timeout: float | None = None) -> T:
        self.was_read = True
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self.was_read = True
        return super().exception(timeout)

    def __del__(self) -> None:
        if self.was_read or not self.done() or self.cancelled():
            return
        error = super().exception()
        if error is not None:
            LOG.error("the error of a future was never read: %r", error)
            self.context.copy().run(capture_unhandled, error, "concurrent.futures")


class WatchedExecutor(ThreadPoolExecutor):
    """A pool of threads in which an error that nobody reads does not stay unknown, and work keeps its trace."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function in a thread, in the caller's context."""
        context = contextvars.copy_context()
        future = super().submit(partial(context.copy().run, partial(function, *args, **kwargs)))
        # ThreadPoolExecutor makes its futures itself and has no hook for another class.
        future.__class__ = _UnreadFuture
        watched: _UnreadFuture[T] = future  # type: ignore[assignment]
        watched.was_read = False
        watched.context = context
        return watched
