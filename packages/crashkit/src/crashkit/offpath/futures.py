"""
Futures of executors: an error that nobody reads, and callbacks that fail.

:class:`concurrent.futures.Future` keeps an error for whoever asks, and forgets it with the future if nobody does. Its
class is completed here, because executors make their futures themselves and have no hook for another class.
"""

import contextvars
import logging
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.thread import BrokenThreadPool
from typing import Any

from sentry_sdk.integrations.logging import ignore_logger

from crashkit.telemetry import capture_unhandled

LOG = logging.getLogger(__name__)
MECHANISM = "concurrent.futures"
AnyFuture = Future[Any]  # Any: whatever the work returns

_init = Future.__init__
_result = Future.result
_exception = Future.exception
_set_exception = Future.set_exception
_add_done_callback = Future.add_done_callback


def watch_futures() -> None:
    """Complete the class. Safe to repeat."""
    ignore_logger(__name__)
    for method in (_remember, _read_result, _read_exception, _keep_error, _call_back, _forgotten):
        setattr(Future, REPLACED[method.__name__], method)


def starting_context(error: BaseException) -> contextvars.Context | None:
    """Give the context in which the work was handed over that failed with this error, if an executor did it."""
    context: contextvars.Context | None = getattr(error, "_crashkit_context", None)
    return context


def keep_context(error: BaseException | None) -> None:
    """Have an error that nobody reads come on the trace that this code runs on."""
    if error is not None:
        vars(error)["_crashkit_context"] = contextvars.copy_context()


def _remember(self: AnyFuture) -> None:
    _init(self)
    vars(self).update(_crashkit_context=contextvars.copy_context(), _crashkit_read=False)


def _read_result(self: AnyFuture, timeout: float | None = None) -> Any:  # Any: whatever the work returns
    try:
        return _result(self, timeout)
    finally:
        _note_reading(self)


def _read_exception(self: AnyFuture, timeout: float | None = None) -> BaseException | None:
    try:
        return _exception(self, timeout)
    finally:
        _note_reading(self)


def _note_reading(future: AnyFuture) -> None:
    # Who asked with a timeout and left before there was an answer has read nothing.
    vars(future)["_crashkit_read"] = future.done()


def _keep_error(self: AnyFuture, exception: BaseException | None) -> None:
    # asyncio moves the error to a future of its own, which knows no context.
    if exception is not None and (context := vars(self).get("_crashkit_context")):
        vars(exception)["_crashkit_context"] = context
    _set_exception(self, exception)


def _call_back(self: AnyFuture, fn: Callable[[AnyFuture], object]) -> None:
    context = contextvars.copy_context()

    def call(future: AnyFuture) -> None:
        try:
            context.run(fn, future)
        except Exception as error:
            LOG.exception("a callback of a future failed")
            context.run(capture_unhandled, error, MECHANISM)

    _add_done_callback(self, call)


def _forgotten(self: AnyFuture) -> None:
    own = vars(self)
    if own.get("_crashkit_read", True) or not self.done() or self.cancelled():
        return
    error = _exception(self)
    # Why a pool of threads is broken was logged with its error, and that is an event already.
    if error is not None and not isinstance(error, BrokenThreadPool):
        LOG.error("the error of a future was never read", exc_info=error)
        own["_crashkit_context"].run(capture_unhandled, error, MECHANISM)


REPLACED = {
    "_remember": "__init__",
    "_read_result": "result",
    "_read_exception": "exception",
    "_keep_error": "set_exception",
    "_call_back": "add_done_callback",
    "_forgotten": "__del__",
}
