"""
What all handlers of one process share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom

from crashkit.catalogue import Catalogue
from crashkit.flight import FlightRecord
from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.metrics import Metrics

from game_engine.money import Money
from game_engine.scenarios import Handler

SERVICE = "game-engine"


@dataclass(frozen=True)
class Engine:
    """
    The parts of the running service.

    Args:
        catalogue: what can be fired.
        handlers: the function of each scenario, by its name.
        guard: of the fault surface.
        lifecycle: readiness and open requests.
        metrics: what is counted.
        flight: tells which requests are open, should the process be killed.
        money: plays spins; none without payment.
        random: where the reels' stops come from.
    """

    catalogue: Catalogue
    handlers: Mapping[str, Handler]
    guard: Guard
    lifecycle: Lifecycle
    metrics: Metrics
    flight: FlightRecord
    money: Money | None = None
    random: Random = field(default_factory=SystemRandom)
