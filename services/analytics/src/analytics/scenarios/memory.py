"""
The memory spike: an export that is made in memory, page by page, and all at once.
"""

import asyncio
import ctypes
import mmap
import resource
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import psutil
import sentry_sdk
from crashkit import cgroup
from crashkit.allocations import note_allocations, traced_allocations
from crashkit.profiling import profiled
from crashkit.run import Run
from crashkit.runtime_context import MIB, memory_figures
from crashkit.telemetry import capture_unhandled

from analytics.failures import note_reported
from analytics.firing import Firing, Report

PAGE_MIB = 2
ROWS_OF_A_PAGE = 400
# The export that ends the container reads so long for each page.
READ_S = 0.01
# When less than this is left below the container's limit, the next pages may be the last that this process takes.
RESERVE_MIB = 24
# Given back at the moment of a MemoryError: what building and handing over an event takes.
BALLAST_MIB = 16
# What malloc may find beside the address space that is left: the arena of a thread that has ended, reserved already.
ARENA_MIB = 64
# Tables that the export goes to in one piece each, when all of its pages are made.
TABLES = 16
# glibc's number of the parameter of mallopt().
M_MMAP_THRESHOLD = -3
RELEASED = "An export took memory page by page and gave all of it back"
OVER = "An export takes more memory than the container has"

Pages = list[bytes]


async def export(firing: Firing) -> Report:
    """
    Make an export in memory, in the way that the case names.

    Args:
        firing: ``run.case.case_name`` is a key of ``WAYS``.

    Raises:
        MemoryError: the process may not have as much.
        RunEnded: it was stopped, or took longer than ``run.budget.wall_s`` (seconds); its pages are freed.
    """
    pages: Pages = []
    _map_each_page()
    try:
        return await WAYS[firing.run.case.case_name or ""](firing.run, pages)
    finally:
        # The frames of an error live until garbage is collected; the pages that they hold must not.
        pages.clear()
        _give_back()


async def _released(run: Run, pages: Pages) -> Report:
    before_mib = _resident_mib()
    with profiled(), traced_allocations():
        while len(pages) * PAGE_MIB < run.budget.memory_mib:
            run.check()
            pages.append(_render())
            await asyncio.sleep(0)
        peak_mib = _resident_mib()
        note_allocations()
        pages.clear()
        _give_back()
    figures: Report = {
        "before_mib": before_mib,
        "peak_mib": peak_mib,
        "after_mib": _resident_mib(),
        "budget_mib": run.budget.memory_mib,
    }
    sentry_sdk.set_context("spike", {**figures, **memory_figures()})
    sentry_sdk.capture_message(RELEASED, level="warning")
    return figures


async def _memory_error(run: Run, pages: Pages) -> Report:
    # Starts the SDK's sender: with no memory left no thread can be started.
    await asyncio.to_thread(sentry_sdk.flush, 0.5)
    with _address_space(run.budget.memory_mib - ARENA_MIB) as ballast:
        try:
            while len(pages) * PAGE_MIB < run.budget.memory_mib:
                run.check()
                pages.append(_render())
            # Where malloc found enough for all pages: this is more than there can be left, and is refused untouched.
            b"".join(pages * TABLES)
        except MemoryError as error:
            # The pages are still held, by the frames of the error too: what the event needs is the ballast.
            ballast.close()
            figures = {"held_mib": len(pages) * PAGE_MIB, **_address_space_figures(), **memory_figures()}
            sentry_sdk.set_context("spike", figures)
            capture_unhandled(error, "memory")
            note_reported(error)
            raise
    return {"held_mib": len(pages) * PAGE_MIB}


async def _oom(run: Run, pages: Pages) -> Report:
    warned = False
    with traced_allocations():
        while len(pages) * PAGE_MIB < run.budget.memory_mib:
            run.check()
            if not warned and _near_limit():
                _warn(run, len(pages) * PAGE_MIB)
                sentry_sdk.flush(timeout=2.0)
                warned = True
            pages.append(_render())
            await asyncio.sleep(READ_S)
        if not warned:
            _warn(run, len(pages) * PAGE_MIB)
    return {"held_mib": len(pages) * PAGE_MIB}


WAYS: Mapping[str, Callable[[Run, Pages], Awaitable[Report]]] = {
    "released": _released,
    "memory-error": _memory_error,
    "oom": _oom,
}


def _render() -> bytes:
    """Make one page of the export, as long as the longest."""
    rows = "".join(f"{row:08d};player-7;{row % 977:06d};{row % 31 * 100:06d}\n" for row in range(ROWS_OF_A_PAGE))
    return rows.encode().ljust(PAGE_MIB * MIB, b" ")


@contextmanager
def _address_space(room_mib: int) -> Iterator[mmap.mmap]:
    """
    Let the process have this much more address space and no more, until the end.

    Args:
        room_mib: how much more (MiB).

    Yields:
        The ballast: a reservation that is given back by closing it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    ballast = mmap.mmap(-1, BALLAST_MIB * MIB)
    now = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (now + room_mib * MIB, hard))
    try:
        yield ballast
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        ballast.close()


def _address_space_figures() -> dict[str, object]:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    taken = psutil.Process().memory_info().vms
    return {
        "address_space_mib": round(taken / MIB, 1),
        "address_space_limit_mib": round(limit / MIB, 1),
        "address_space_left_mib": round((limit - taken) / MIB, 1),
    }


def _warn(run: Run, held_mib: int) -> None:
    sentry_sdk.set_context("spike", {"held_mib": held_mib, "budget_mib": run.budget.memory_mib, **memory_figures()})
    sentry_sdk.add_breadcrumb(category="memory", message="export grew", data={"held_mib": held_mib})
    note_allocations()
    sentry_sdk.capture_message(OVER, level="warning")


def _near_limit() -> bool:
    memory = cgroup.read_memory()
    left_bytes = memory.left_bytes if memory else None
    return left_bytes is not None and left_bytes < RESERVE_MIB * MIB


def _resident_mib() -> float:
    return round(psutil.Process().memory_info().rss / MIB, 1)


def _map_each_page() -> None:
    """
    Have malloc map each page by itself, so that freeing it always gives it back to the kernel, address space included.
    Left alone, glibc puts pages of a size that was freed once among the small things that stay.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(M_MMAP_THRESHOLD, MIB)


def _give_back() -> None:
    """Have malloc give its free pages to the kernel, where it can; it keeps them otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
