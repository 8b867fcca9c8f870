"""
An operation that takes longer than its caller waits.
"""

import asyncio
from typing import TYPE_CHECKING

import sentry_sdk

from analytics.firing import Firing, Report

if TYPE_CHECKING:
    from analytics.database.driver import Pipeline

COLLECTION = "forecasts"
TONIGHT = "tonight"
DEADLINE_S = 1.0
# What nobody waits for any more is ended at the server after this, counted from its begin.
LEFT_ALONE_S = 3.0
STEPS = 4000


async def forecast(firing: Firing) -> Report:
    """
    Forecast the night by pairing each step of the stakes with each step of the wins: millions of pairs, all made by
    the database, of a single document.

    Args:
        firing: ``database`` is asked.

    Raises:
        TimeoutError: always; the forecast is not there after ``DEADLINE_S`` (seconds).
    """
    await firing.database.insert_once(COLLECTION, {"_id": TONIGHT, "steps": STEPS})
    every_step = {"$range": [0, "$steps"]}
    pipeline: Pipeline = [
        {"$match": {"_id": TONIGHT}},
        {"$project": {"steps": 1, "stake": every_step}},
        {"$unwind": "$stake"},
        {"$project": {"stake": 1, "win": every_step}},
        {"$unwind": "$win"},
        {"$group": {"_id": {"$mod": ["$win", 7]}, "kept": {"$sum": {"$subtract": ["$stake", "$win"]}}}},
    ]
    sentry_sdk.set_context("deadline", {"deadline_s": DEADLINE_S, "pairs": STEPS * STEPS})
    async with asyncio.timeout(DEADLINE_S):
        rows = await firing.database.aggregate(COLLECTION, pipeline, LEFT_ALONE_S)
    return {"rows": len(rows)}
