"""
Errors in threads: one that ends its thread, one that is handled there, one that waits in a future nobody reads, one
in a thread that :mod:`threading` does not know.
"""

import _thread
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import sentry_sdk
from crashkit.run import Run

MACHINE = "machine-3"
BOOKS = {"machine-1": 1_200, "machine-2": 800}
CLOSED_ON = {"machine-3": "25.11.2026"}
METER_READINGS: Mapping[str, list[int]] = {"machine-3": []}
BELLS: Mapping[str, threading.Event] = {"machine-1": threading.Event()}
EXECUTOR = ThreadPoolExecutor(max_workers=2, thread_name_prefix="audit")


async def audit(run: Run) -> dict[str, object]:
    """
    Audit a machine in a thread, in the way that the case names.

    Args:
        run: ``run.case.case_name`` is a key of ``WAYS``.
    """
    WAYS[run.case.case_name or ""]()
    return {"auditing": MACHINE}


def _balance_books() -> int:
    """
    Balance the books of the machine.

    Raises:
        KeyError: it has none.
    """
    return BOOKS[MACHINE]


def _read_closing_day() -> datetime | None:
    """Read when the machine was closed; a day that cannot be read is reported and left open."""
    try:
        return datetime.strptime(CLOSED_ON[MACHINE], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        sentry_sdk.capture_exception(error)
        return None


def _read_meter() -> int:
    """
    Give the last reading of the machine's meter.

    Raises:
        IndexError: nobody has read it yet.
    """
    return METER_READINGS[MACHINE][-1]


def _ring_bell() -> None:
    """
    Ring the bell on the machine.

    Raises:
        AttributeError: it has none.
    """
    BELLS.get(MACHINE).set()  # type: ignore[union-attr]  # the mistake: get() may find nothing


def _unhandled_thread() -> None:
    threading.Thread(target=_balance_books, name="audit-unhandled").start()


def _handled_in_thread() -> None:
    threading.Thread(target=_read_closing_day, name="audit-handled").start()


def _executor() -> None:
    # The mistake: the future is dropped, and the error with it.
    EXECUTOR.submit(_read_meter)


def _raw_thread() -> None:
    _thread.start_new_thread(_ring_bell, ())


WAYS: Mapping[str, Callable[[], None]] = {
    "unhandled-thread": _unhandled_thread,
    "handled-in-thread": _handled_in_thread,
    "executor": _executor,
    "raw-thread": _raw_thread,
}
