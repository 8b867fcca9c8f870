"""
Errors in threads: one that ends its thread, one that is handled there, one that waits in a future nobody reads, one
in a thread that :mod:`threading` does not know.
"""

import _thread
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import sentry_sdk
from crashkit.run import Run

BOOKS = {"machine-1": 1_200, "machine-2": 800}
EXECUTOR = ThreadPoolExecutor(max_workers=2, thread_name_prefix="audit")


async def audit(run: Run) -> dict[str, object]:
    """
    Audit the books of a machine that has none, in a thread, in the way that the case names.

    Args:
        run: ``run.case.case_name`` is a key of ``WAYS``.
    """
    WAYS[run.case.case_name or ""]()
    return {"auditing": "machine-3"}


def _audit(machine: str) -> int:
    """
    Audit one machine.

    Raises:
        KeyError: it has no books.
    """
    return BOOKS[machine]


def _audit_and_handle(machine: str) -> None:
    try:
        _audit(machine)
    except KeyError as error:
        sentry_sdk.capture_exception(error)


def _unhandled_thread() -> None:
    threading.Thread(target=_audit, args=("machine-3",), name="audit-unhandled").start()


def _handled_in_thread() -> None:
    threading.Thread(target=_audit_and_handle, args=("machine-3",), name="audit-handled").start()


def _executor() -> None:
    # The mistake: the future is dropped, and the error with it.
    EXECUTOR.submit(_audit, "machine-3")


def _raw_thread() -> None:
    _thread.start_new_thread(_audit, ("machine-3",))


WAYS: Mapping[str, Callable[[], None]] = {
    "unhandled-thread": _unhandled_thread,
    "handled-in-thread": _handled_in_thread,
    "executor": _executor,
    "raw-thread": _raw_thread,
}
