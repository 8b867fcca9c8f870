"""
What the coroner counts, as Prometheus reads it.
"""

from collections.abc import Callable

from crashkit.accounts.shown import show_accounts
from crashkit.metrics import MEDIA_TYPE
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

__all__ = ["MEDIA_TYPE", "Metrics"]

DELAY_BUCKETS_S = (0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        show_accounts(self._registry)
        self.deaths = Counter(
            "coroner_deaths",
            "Deaths that were told, by workload and cause.",
            ("workload", "cause"),
            registry=self._registry,
        )
        self.unseen = self._counter("deaths_unseen", "Deaths of which only the count of restarts tells.")
        self.old = self._counter("deaths_old", "Deaths that were too long ago to be told.")
        self.lists = self._counter("lists", "How often all pods were listed.")
        self.expired = self._counter("watch_expired", "How often a watch had lost its place (410).")
        self.api_failures = self._counter("api_failures", "Questions that the Kubernetes API did not answer.")
        self.reports = Counter(
            "coroner_reports",
            "Attempts to hand an event to the sink, by outcome.",
            ("outcome",),
            registry=self._registry,
        )
        self.delay = Histogram(
            "coroner_report_delay_seconds",
            "From seeing a death to the sink's confirmation.",
            buckets=DELAY_BUCKETS_S,
            registry=self._registry,
        )

    def _counter(self, name: str, said: str) -> Counter:
        return Counter(f"coroner_{name}", said, registry=self._registry)

    def watch(self, name: str, said: str, read: Callable[[], float]) -> None:
        """
        Show a figure as it is when it is asked for.

        Args:
            name: after ``coroner_``.
            said: what it is.
            read: gives it.
        """
        Gauge(f"coroner_{name}", said, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """Give all of it in Prometheus' text format."""
        return generate_latest(self._registry)
