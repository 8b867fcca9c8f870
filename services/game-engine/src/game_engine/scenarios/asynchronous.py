"""
Failures of concurrent work: several at once, and one that nobody waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import sentry_sdk
from crashkit.run import Run

from game_engine.reels import MULTIPLIERS

LINES = {"top": "joker", "middle": "12,50", "bottom": "cherry"}


async def settle_lines(run: Run) -> dict[str, object]:
    """
    Settle the lines of a machine concurrently, in the way that the case names.

    Args:
        run: ``run.case.case_name`` is a key of ``WAYS``.

    Raises:
        ExceptionGroup: several lines failed.
    """
    return await WAYS[run.case.case_name or ""]()


async def _settle(line: str) -> int:
    """
    Settle one line.

    Raises:
        KeyError: its symbol has no price.
        ValueError: its stake is no whole number.
    """
    found = LINES[line]
    if line == "middle":
        return int(found)
    return MULTIPLIERS[found]


async def _gather() -> dict[str, object]:
    results = await asyncio.gather(*(_settle(line) for line in LINES), return_exceptions=True)
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise ExceptionGroup("Lines could not be settled", failures)
    return {"results": results}


async def _task_group() -> dict[str, object]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_settle(line), name=f"settle-{line}") for line in LINES]
    return {"results": [task.result() for task in tasks]}


async def _detached_task() -> dict[str, object]:
    # The mistake: nobody keeps the task, so nobody learns that it failed.
    asyncio.get_running_loop().create_task(_settle("top"), name="settle-top")
    sentry_sdk.add_breadcrumb(category="task", message="settling goes on in the background")
    return {"settling": "top"}


WAYS: Mapping[str, Callable[[], Awaitable[dict[str, object]]]] = {
    "gather": _gather,
    "task-group": _task_group,
    "detached-task": _detached_task,
}
