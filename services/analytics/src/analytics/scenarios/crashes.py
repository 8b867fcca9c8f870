"""
The crash: a summary that is kept for its readers, and can be read once.
"""

from typing import TYPE_CHECKING, Any

import sentry_sdk

from analytics.firing import Firing, Report

if TYPE_CHECKING:
    from collections.abc import Coroutine

READERS = ("lobby", "back-office")


async def _add_up(stakes: tuple[int, ...]) -> int:
    """Give what was staked (minor units)."""
    return sum(stakes)


async def read_summary(_firing: Firing) -> Report:
    """
    Keep the hour's summary for all its readers.

    Raises:
        RuntimeError: always; what is kept is the coroutine and not what it gives, so the second reader finds it used.
    """
    kept: dict[str, Coroutine[Any, Any, int]] = {"hour": _add_up((100, 250, 400))}  # Any: as asyncio types it
    sums: dict[str, int] = {}
    for reader in READERS:
        sentry_sdk.set_context("summary", {"reader": reader, "readers_served": len(sums), "kept": sorted(kept)})
        sums[reader] = await kept["hour"]
    return {"sums": sums}
