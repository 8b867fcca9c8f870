"""
What a scenario is given.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crashkit.run import Run

from analytics.database.driver import Database


@dataclass(frozen=True)
class Firing:
    """
    One firing of a scenario.

    Args:
        run: its case, its budget, and whether it was stopped.
        database: of the service.
        body: what the caller sent along.
    """

    run: Run
    database: Database
    body: bytes = b""


Report = dict[str, object]
Handler = Callable[[Firing], Awaitable[Report]]
