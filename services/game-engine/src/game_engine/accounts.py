"""
What is counted of spins, for Prometheus.
"""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class SpinAccounts:
    """
    The counters.

    Args:
        registry: where they are read.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._spins = Counter("crash_demo_spins", "Spins by what became of the money.", ("outcome",), registry=registry)
        self._records = Counter(
            "crash_demo_spin_records", "Records of settled spins, by what became of them.", ("outcome",),
            registry=registry,
        )  # fmt: skip
        for outcome in ("settled", "refused", "unknown", "returned", "failed"):
            self._spins.labels(outcome)
        for outcome in ("recorded", "queued", "dropped", "refused"):
            self._records.labels(outcome)
        self._waiting = Gauge("crash_demo_spins_waiting", "Spins that wait, by queue.", ("queue",), registry=registry)

    def watch(self, queues: Mapping[str, Callable[[], int]]) -> None:
        """Read how long the queues are whenever somebody asks."""
        for name, length in queues.items():
            self._waiting.labels(name).set_function(length)

    def spin(self, outcome: str) -> None:
        """Count a spin: ``settled``, ``refused``, ``unknown``, ``returned`` or ``failed``."""
        self._spins.labels(outcome).inc()

    def record(self, outcome: str) -> None:
        """Count a record: ``recorded``, ``queued``, ``dropped`` or ``refused``."""
        self._records.labels(outcome).inc()
