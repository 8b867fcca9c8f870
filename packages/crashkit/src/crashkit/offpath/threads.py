"""
Threads below :mod:`threading`, and errors that Python can raise to nobody (finalizers, callbacks of weak references).
"""

import _thread
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.scope import use_isolation_scope, use_scope

from crashkit.telemetry import capture_unhandled

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

LOG = logging.getLogger(__name__)

_start_new_thread = _thread.start_new_thread


def watch_threads() -> None:
    """
    Give raw threads the trace that they were started on, and report what ends them or was raised to nobody.

    :mod:`threading` keeps a name of its own for the function that is replaced here. Safe to repeat.
    """
    ignore_logger(__name__)
    _thread.start_new_thread = _start_on_this_trace
    if sys.unraisablehook is not _report:
        _before.append(sys.unraisablehook)
        sys.unraisablehook = _report


_before: list[Callable[["UnraisableHookArgs"], object]] = []


def _start_on_this_trace(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, /
) -> int:  # Any: whatever the function takes
    isolation_scope = sentry_sdk.get_isolation_scope().fork()
    scope = sentry_sdk.get_current_scope().fork()

    def run() -> None:
        with use_isolation_scope(isolation_scope), use_scope(scope):
            try:
                function(*args, **(kwargs or {}))
            except Exception as error:
                LOG.exception("a raw thread failed")
                capture_unhandled(error, "thread")

    return _start_new_thread(run, ())


def _report(found: "UnraisableHookArgs") -> None:
    if found.exc_value is not None:
        capture_unhandled(found.exc_value, "unraisable")
    _before[-1](found)
