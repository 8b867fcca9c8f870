"""
The memory leak: a history of spins that is written and never trimmed.
"""

import asyncio
import mmap

import sentry_sdk
from crashkit import cgroup
from crashkit.allocations import note_allocations, traced_allocations, track, untrack
from crashkit.run import Run
from crashkit.runtime_context import MIB, memory_figures

# The mistake: every spin is kept, and nothing is ever taken out.
HISTORY: list[mmap.mmap] = []
# Spins come one after the other, and so does what is kept of them.
SPIN_S = 0.004
# When less than this is left below the limit, the next blocks may be the last that this process takes.
RESERVE_MIB = 12
MESSAGE = "The history of spins grows and is never trimmed"


async def grow_history(run: Run) -> dict[str, object]:
    """
    Keep a block of history for each spin, until the budget is used up, and hold it after the answer.

    Repeated firings add up: that is how the case ``kill`` reaches the limit of the container. The warning is sent
    before the limit, because afterwards there is nobody left to send it.

    Args:
        run: ``run.budget.memory_mib`` is what this firing adds (MiB), ``run.budget.hold_s`` how long it stays.

    Returns:
        ``added_mib`` and ``held_mib``, what this firing added and what all of them hold (MiB).

    Raises:
        RunEnded: it was stopped, or took longer than ``run.budget.wall_s`` (seconds); what it added is freed.
    """
    added: list[mmap.mmap] = []
    try:
        with traced_allocations():
            await _add_blocks(run, added)
    except BaseException:
        _forget(added)
        raise
    run.hold(lambda: _forget(added))
    return {"added_mib": len(added), "held_mib": len(HISTORY)}


async def _add_blocks(run: Run, added: list[mmap.mmap]) -> None:
    warned = False
    while len(added) < run.budget.memory_mib:
        run.check()
        if not warned and _near_limit():
            _warn(run, len(added))
            sentry_sdk.flush(timeout=2.0)
            warned = True
        block = _recording()
        HISTORY.append(block)
        added.append(block)
        await asyncio.sleep(SPIN_S)
    if not warned:
        _warn(run, len(added))


def _recording() -> mmap.mmap:
    """
    Make the recording of one spin, 1 MiB: a mapping of its own, because malloc does not promise to give memory back to
    the kernel; written and not only reserved, because the kernel counts a page when it is touched.
    """
    block = mmap.mmap(-1, MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    block.write(b"\x01" * MIB)
    track(block)
    return block


def _warn(run: Run, added_mib: int) -> None:
    figures = {
        "added_mib": added_mib,
        "held_mib": len(HISTORY),
        "budget_mib": run.budget.memory_mib,
        **memory_figures(),
    }
    sentry_sdk.set_context("leak", figures)
    sentry_sdk.add_breadcrumb(category="memory", message="history grew", data={"held_mib": len(HISTORY)})
    note_allocations()
    sentry_sdk.capture_message(MESSAGE, level="warning")


def _near_limit() -> bool:
    memory = cgroup.read_memory()
    left_bytes = memory.left_bytes if memory else None
    return left_bytes is not None and left_bytes < RESERVE_MIB * MIB


def _forget(blocks: list[mmap.mmap]) -> None:
    for block in blocks:
        HISTORY.remove(block)
        untrack(block)
        block.close()
    blocks.clear()
