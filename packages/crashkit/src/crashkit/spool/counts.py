"""
What became of the events that came by, counted once each.
"""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from prometheus_client import Metric

Outcome = Literal[
    "written", "delivered", "trimmed", "refused", "full", "unwritable", "corrupt", "half_written", "recovered"
]  # fmt: skip
OUTCOMES: tuple[Outcome, ...] = (
    "written", "delivered", "trimmed", "refused", "full", "unwritable", "corrupt", "half_written", "recovered",
)  # fmt: skip


class Counts:
    """Counts outcomes, from any thread, and from code that interrupts itself (a finalizer that captures)."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._of = dict.fromkeys(OUTCOMES, 0)

    def add(self, outcome: Outcome, number: int = 1) -> None:
        """Count one, or some."""
        with self._lock:
            self._of[outcome] += number

    def all(self) -> dict[Outcome, int]:
        """Give all of them."""
        with self._lock:
            return dict(self._of)

    def after_fork(self) -> None:
        """Count from zero in the child: what was counted before is the parent's."""
        self._lock = threading.RLock()
        self._of = dict.fromkeys(OUTCOMES, 0)


class Counted(Protocol):
    """Something that can be counted."""

    counts: Counts

    @property
    def files(self) -> int:
        """Files that wait."""

    @property
    def size_bytes(self) -> int:
        """Their size."""


class SpoolMetrics(Collector):
    """
    A spool for Prometheus.

    Args:
        spool: whose figures they are.
    """

    def __init__(self, spool: Counted) -> None:
        self._spool = spool

    def collect(self) -> Iterator["Metric"]:
        """Read the figures of this moment."""
        yield GaugeMetricFamily("crash_spool_files", "Events on disk that wait for an answer.", self._spool.files)
        yield GaugeMetricFamily("crash_spool_bytes", "Size of these files.", self._spool.size_bytes)
        total = CounterMetricFamily("crash_spool", "Events by what became of them.", labels=["outcome"])
        for outcome, number in self._spool.counts.all().items():
            total.add_metric([outcome], number)
        yield total


def show_spool(registry: CollectorRegistry, spool: Counted | None) -> None:
    """
    Show the figures of a spool on ``/metrics``.

    Args:
        registry: of the service.
        spool: none where the service has none; then nothing is shown.
    """
    if spool is not None:
        registry.register(SpoolMetrics(spool))
