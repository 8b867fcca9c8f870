"""
Coroutines that nobody awaits: the work was asked for and never done, and Python says so by a warning only.
"""

import warnings
from collections.abc import Callable, Coroutine
from typing import Any

from crashkit.telemetry import capture_unhandled

WARN = "_warn_unawaited_coroutine"

# CPython calls this function by its name in the module, so that it can be replaced; it has no public one.
_warn: Callable[[Coroutine[Any, Any, Any]], None] = getattr(warnings, WARN)  # Any: of a coroutine nothing is known


def watch_coroutines() -> None:
    """Report a coroutine that goes away and was never awaited. Safe to repeat."""
    setattr(warnings, WARN, _report)


def _report(coroutine: Coroutine[Any, Any, Any]) -> None:  # Any: of a coroutine nothing is known
    _warn(coroutine)
    name = getattr(coroutine, "__qualname__", "?")
    capture_unhandled(RuntimeWarning(f"coroutine '{name}' was never awaited"), "coroutine", with_stack=True)
