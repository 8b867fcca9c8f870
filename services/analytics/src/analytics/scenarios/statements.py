"""
A statement that the database refuses.
"""

from typing import TYPE_CHECKING

from analytics.firing import Firing, Report
from analytics.spins import COLLECTION

if TYPE_CHECKING:
    from analytics.database.driver import Pipeline


async def sum_up(firing: Firing) -> Report:
    """
    Sum up the stakes of each player, with an accumulator that no server knows.

    Args:
        firing: ``database`` is asked.

    Raises:
        OperationFailure: always, as the server says it; its code is 15952.
    """
    pipeline: Pipeline = [
        {"$match": {"stake": {"$gte": 1}}},
        # The mistake: the accumulator is $sum.
        {"$group": {"_id": "$player_id", "turnover": {"$summ": "$stake"}}},
    ]
    return {"players": len(await firing.database.aggregate(COLLECTION, pipeline))}
