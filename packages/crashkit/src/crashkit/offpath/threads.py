"""
Threads below :mod:`threading`, and errors that Python can raise to nobody (finalizers, callbacks of weak references).
"""

import _thread
import contextvars
import logging
import sys
import threading
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.scope import use_isolation_scope, use_scope

from crashkit.telemetry import capture_unhandled

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

LOG = logging.getLogger(__name__)
MECHANISM = "threading"

_start_new_thread = _thread.start_new_thread
_before: list[Callable[["UnraisableHookArgs"], object]] = []
_before_of_threads: list[Callable[[threading.ExceptHookArgs], object]] = []
_start: list[Callable[[threading.Thread], None]] = []


def watch_threads() -> None:
    """
    Give raw threads the trace that they were started on, and report what ends them or was raised to nobody.

    :mod:`threading` keeps a name of its own for the function that is replaced here. Safe to repeat.
    """
    ignore_logger(__name__)
    _thread.start_new_thread = _start_on_this_trace
    # Its old name, which is still there.
    _thread.start_new = _start_on_this_trace
    if sys.unraisablehook is not _report:
        _before.append(sys.unraisablehook)
        sys.unraisablehook = _report
    if threading.excepthook is not _report_thread:
        _before_of_threads.append(threading.excepthook)
        threading.excepthook = _report_thread
    if threading.Thread.start is not _start_knowing_its_context:
        _start.append(threading.Thread.start)
        threading.Thread.start = _start_knowing_its_context  # type: ignore[method-assign]


def _start_on_this_trace(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, /
) -> int:  # Any: whatever the function takes
    isolation_scope = sentry_sdk.get_isolation_scope().fork()
    scope = sentry_sdk.get_current_scope().fork()

    def run() -> None:
        with use_isolation_scope(isolation_scope), use_scope(scope):
            try:
                function(*args, **(kwargs or {}))
            except SystemExit:
                # How a thread ends itself.
                raise
            except BaseException as error:
                LOG.exception("a raw thread failed")
                capture_unhandled(error, "thread")

    return _start_new_thread(run, ())


def _start_knowing_its_context(self: threading.Thread) -> None:
    own = vars(self)
    own["_crashkit_context"] = contextvars.copy_context()
    if (run := own.get("run")) is not None and not hasattr(run, "__func__"):
        # The SDK calls what it finds there as a method, and a function that was put there takes no ``self``.
        self.run = MethodType(lambda _, *given: run(*given), self)  # type: ignore[method-assign]
    _start[-1](self)


def _report_thread(found: threading.ExceptHookArgs) -> None:
    error = found.exc_value
    # An Exception was captured by the SDK on its way here, SystemExit ends a thread as it is meant to.
    if error is not None and not isinstance(error, Exception | SystemExit):
        context: contextvars.Context = getattr(found.thread, "_crashkit_context", None) or contextvars.copy_context()
        context.copy().run(capture_unhandled, error, MECHANISM)
    _before_of_threads[-1](found)


def _report(found: "UnraisableHookArgs") -> None:
    if found.exc_value is not None:
        capture_unhandled(found.exc_value, "unraisable")
    _before[-1](found)
