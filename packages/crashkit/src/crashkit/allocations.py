"""
Who holds the memory: the top allocations of a scenario, as the context ``allocations``.

Python traces its own allocator only, and only while a scenario runs: every traced allocation costs time and memory,
and what was there before is not counted. Memory that a scenario maps itself must be told (:func:`track`); what the
interpreter, its libraries and other threads map is not seen, so ``resident_mib`` of the runtime context may say more.
"""

import ctypes
import mmap
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sentry_sdk

from crashkit.runtime_context import MIB

TOP = 5
# A number of our own for what is not Python's allocator's; the interpreter's is 0.
DOMAIN = 0x6372
FOLDERS_SHOWN = 3
# The line that allocated, and the one before it: of a mapping that is told, the newest line is this module's.
FRAMES = 2

_lock = threading.Lock()
_inside: list[None] = []


@contextmanager
def traced_allocations() -> Iterator[None]:
    """Trace what is allocated inside."""
    with _lock:
        if not _inside:
            tracemalloc.start(FRAMES)
        _inside.append(None)
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                tracemalloc.stop()


def note_allocations() -> list[dict[str, object]]:
    """
    Put the lines that hold the most now on the events that follow.

    Returns:
        The lines, the largest first: ``file``, ``line``, ``mib``, ``count``. Empty where nothing is traced.
    """
    if not tracemalloc.is_tracing():
        return []
    traced, peak = tracemalloc.get_traced_memory()
    top = top_allocations()
    figures = {"traced_mib": round(traced / MIB, 1), "traced_peak_mib": round(peak / MIB, 1)}
    cost = {"tracing_costs_mib": round(tracemalloc.get_tracemalloc_memory() / MIB, 2)}
    sentry_sdk.set_context("allocations", {"top": top, **figures, **cost, "since": "the scenario began"})
    return top


def top_allocations() -> list[dict[str, object]]:
    """
    Give the lines that hold the most now, while allocations are traced.

    Returns:
        The lines, the largest first: ``file``, ``line``, ``mib``, ``count``.
    """
    lines: Counter[tuple[str, int]] = Counter()
    counts: Counter[tuple[str, int]] = Counter()
    for trace in tracemalloc.take_snapshot().traces:
        place = _place(trace.traceback)
        lines[place] += trace.size
        counts[place] += 1
    return [
        {
            "file": "/".join(Path(file).parts[-FOLDERS_SHOWN:]),
            "line": line,
            "mib": round(size / MIB, 2),
            "count": counts[file, line],
        }
        for (file, line), size in lines.most_common(TOP)
    ]


def track(block: mmap.mmap) -> None:
    """Count a mapping as allocated by the line that calls this, while allocations are traced."""
    if tracemalloc.is_tracing():
        ctypes.pythonapi.PyTraceMalloc_Track(ctypes.c_uint(DOMAIN), _address(block), ctypes.c_size_t(len(block)))


def untrack(block: mmap.mmap) -> None:
    """Count a mapping no more; before it is closed."""
    if tracemalloc.is_tracing():
        ctypes.pythonapi.PyTraceMalloc_Untrack(ctypes.c_uint(DOMAIN), _address(block))


def _place(traceback: tracemalloc.Traceback) -> tuple[str, int]:
    newest = next((frame for frame in reversed(traceback) if frame.filename != __file__), traceback[-1])
    return newest.filename, newest.lineno


def _address(block: mmap.mmap) -> ctypes.c_size_t:
    return ctypes.c_size_t(ctypes.addressof(ctypes.c_char.from_buffer(block)))
