"""
Failures of concurrent work: several at once, and one that nobody waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import sentry_sdk
from crashkit.run import Run

from game_engine.reels import MULTIPLIERS

LINES = {"top": "joker", "middle": "12,50", "bottom": "cherry"}
BETS: Mapping[str, int] = {"seat-1": 300, "seat-2": "100", "seat-3": 200}  # type: ignore[dict-item]  # JSON brought text
WINNERS: Mapping[str, list[str]] = {"seat-1": ["player-7"], "seat-2": ["player-7"], "seat-3": []}
WATCHERS: Mapping[str, list[str]] = {"table-1": ["player-7"]}


async def settle_lines(run: Run) -> dict[str, object]:
    """
    Settle a machine, a table or a jackpot concurrently, in the way that the case names.

    Args:
        run: ``run.case.case_name`` is a key of ``WAYS``.

    Raises:
        ExceptionGroup: several lines or seats failed.
    """
    return await WAYS[run.case.case_name or ""]()


async def _settle(line: str) -> int:
    """
    Settle one line of a machine.

    Raises:
        KeyError: its symbol has no price.
        ValueError: its stake is no whole number.
    """
    found = LINES[line]
    if line == "middle":
        return int(found)
    return MULTIPLIERS[found]


async def _share_pot(seat: str) -> int:
    """
    Share the pot of one seat among its winners.

    Raises:
        TypeError: its bet is text.
        ZeroDivisionError: nobody has won.
    """
    pot = 1_000 + BETS[seat]
    return pot // len(WINNERS[seat])


async def _tell_jackpot(table: str) -> int:
    """
    Tell everybody who watches a table of its jackpot.

    Raises:
        TypeError: nobody has ever watched it.
    """
    told = 0
    for _player in WATCHERS.get(table):  # type: ignore[union-attr]  # the mistake: get() may find nothing
        told += 1
    return told


async def _gather() -> dict[str, object]:
    results = await asyncio.gather(*(_settle(line) for line in LINES), return_exceptions=True)
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        raise ExceptionGroup("Lines could not be settled", failures)
    return {"results": results}


async def _task_group() -> dict[str, object]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_share_pot(seat), name=f"share-{seat}") for seat in BETS]
    return {"results": [task.result() for task in tasks]}


async def _detached_task() -> dict[str, object]:
    # The mistake: nobody keeps the task, so nobody learns that it failed.
    asyncio.get_running_loop().create_task(_tell_jackpot("table-9"), name="tell-table-9")
    sentry_sdk.add_breadcrumb(category="task", message="telling goes on in the background")
    return {"telling": "table-9"}


WAYS: Mapping[str, Callable[[], Awaitable[dict[str, object]]]] = {
    "gather": _gather,
    "task-group": _task_group,
    "detached-task": _detached_task,
}
