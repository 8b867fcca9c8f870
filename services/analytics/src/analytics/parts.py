"""
What the routes of one process share.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crashkit.catalogue import Catalogue
from crashkit.flight import FlightRecord
from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.metrics import Metrics
from starlette.requests import Request

from analytics.database.driver import Database
from analytics.database.watch import Watch
from analytics.firing import Handler

SERVICE = "analytics"


@dataclass(frozen=True)
class Parts:
    """
    The parts of the running service.

    Args:
        catalogue: what can be fired.
        handlers: the function of each scenario, by its name.
        guard: of the fault surface.
        lifecycle: readiness and open requests.
        metrics: what is counted.
        database: where spins are.
        watch: knows whether the database is there.
        flight: tells which requests are open, should the process be killed.
    """

    catalogue: Catalogue
    handlers: Mapping[str, Handler]
    guard: Guard
    lifecycle: Lifecycle
    metrics: Metrics
    database: Database
    watch: Watch
    flight: FlightRecord

    @property
    def debug_root(self) -> str:
        """Where the fault surface is."""
        return self.catalogue.service(SERVICE).debug_root

    @property
    def faults_path(self) -> str:
        """Where the active faults are listed and stopped."""
        return f"{self.debug_root}/faults"


async def parts_of(request: Request) -> Parts:
    """Give the parts to a route (FastAPI calls this)."""
    parts: Parts = request.app.state.parts
    return parts
