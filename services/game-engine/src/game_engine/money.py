"""
The part of the service that moves money, put together.
"""

from dataclasses import dataclass

from crashkit.lifecycle import Lifecycle
from crashkit.metrics import Metrics

from game_engine.accounts import SpinAccounts
from game_engine.analytics_client import AnalyticsClient
from game_engine.journal import Journal
from game_engine.payment_client import PaymentClient
from game_engine.peer import Peer
from game_engine.recorder import Recorder
from game_engine.saga import Saga
from game_engine.settings import Settings

# A draining process has not the time to insist.
DRAINING_BUDGET_S = 2.0


@dataclass(frozen=True)
class Money:
    """
    The parts.

    Args:
        saga: plays spins.
        recorder: finishes what they leave.
        peers: the services that are called.
    """

    saga: Saga
    recorder: Recorder
    peers: tuple[Peer, ...]

    async def close(self) -> None:
        """Close all connections."""
        for peer in self.peers:
            await peer.close()


def open_money(settings: Settings, lifecycle: Lifecycle, metrics: Metrics) -> Money | None:
    """
    Put the parts together; none where the release has no payment.

    Args:
        settings: from the environment.
        lifecycle: says when the process drains.
        metrics: where spins are counted.
    """
    if settings.payment_url is None:
        return None

    def budget_s() -> float:
        return min(settings.payment_budget_s, DRAINING_BUDGET_S) if lifecycle.draining else settings.payment_budget_s

    peers = [Peer("payment", settings.payment_url)]
    payment = PaymentClient(peers[0], settings.spin_hold_s)
    analytics = None
    if settings.analytics_url:
        peers.append(Peer("analytics", settings.analytics_url))
        analytics = AnalyticsClient(peers[1], settings.analytics_timeout_s)
    accounts = SpinAccounts(metrics.registry)
    journal = Journal(settings.state_dir)
    recorder = Recorder(
        payment, analytics, accounts, journal, capacity=settings.spin_backlog, timeout_s=settings.payment_timeout_s
    )
    saga = Saga(payment, recorder, accounts, settings.payment_timeout_s, budget_s)
    return Money(saga, recorder, tuple(peers))
