"""
The accounts as Prometheus metrics.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from event_sink.sink import Sink

REGISTRY = web.AppKey("registry", CollectorRegistry)

# Account to metric: name, help, and the parts of a count's key that are its labels.
_METRICS: Final = {
    "received": ("event_sink_received", "Items stored", ("item_type", "service")),
    "duplicate": ("event_sink_duplicates", "Items that were in the store already", ("item_type", "service")),
    "rejected": ("event_sink_rejected", "Requests that were not taken", ("reason", "service")),
    "discarded_by_sdk": (
        "event_sink_discarded_by_sdk",
        "Losses that SDKs reported",
        ("reason", "item_type", "service"),
    ),
    "removed": ("event_sink_removed", "Items removed by retention", ("item_type", "service")),
    "offered": ("event_sink_target_offered", "Items that a target was to see", ("target", "item_type", "service")),
    "delivered": ("event_sink_target_delivered", "Items that a target took", ("target", "item_type", "service")),
    "filtered": ("event_sink_target_filtered", "Items that a target cannot show", ("target", "item_type", "service")),
    "refused": (
        "event_sink_target_refused",
        "Items that a target refused for good",
        ("target", "item_type", "service", "reason"),
    ),
    "dropped": (
        "event_sink_target_dropped",
        "Items that never reached a target",
        ("target", "item_type", "service", "reason"),
    ),
}


class _Accounts(Collector):
    """Reads the ledger when it is scraped."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def collect(self) -> Iterable[Metric]:
        counts = self._sink.ledger.snapshot()
        for account, (name, text, labels) in _METRICS.items():
            family = CounterMetricFamily(name, text, labels=labels)
            summed: Counter[tuple[str, ...]] = Counter()
            for key, n in counts.items():
                if key.account == account:
                    summed[tuple(getattr(key, label) for label in labels)] += n
            for values, n in summed.items():
                family.add_metric(values, n)
            yield family
        pending = GaugeMetricFamily(
            "event_sink_target_pending", "Items still owed", labels=("target", "item_type", "service")
        )
        for key, n in counts.items():
            if key.account == "pending":
                pending.add_metric([key.target, key.item_type, key.service], n)
        yield pending
        available = GaugeMetricFamily("event_sink_store_available", "1 while the store takes writes")
        available.add_metric([], float(self._sink.writer.available))
        yield available
        commits = CounterMetricFamily("event_sink_store_commits", "Transactions of the store since the start")
        commits.add_metric([], self._sink.writer.commits)
        yield commits


def registry(sink: Sink) -> CollectorRegistry:
    """
    A registry of its own for each sink, with the process's numbers.
    """
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    made.register(_Accounts(sink))
    return made
