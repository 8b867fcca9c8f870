"""
What a scenario is given.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

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
    # What a caller sent is no part of what a failing frame shows.
    body: bytes = field(default=b"", repr=False)


Report = dict[str, object]
Handler = Callable[[Firing], Awaitable[Report]]
