"""
What the gateway counts, as Prometheus reads it.
"""

from crashkit.accounts.shown import show_accounts
from crashkit.spool.counts import show_spool
from crashkit.spool.store import Store
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

PREFIX = "crash_demo_gateway"
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
STATUS_CLASSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")


class Metrics:
    """
    The counters of one process, in a registry of their own.

    Args:
        spool: its figures are shown too, where there is one.
    """

    def __init__(self, spool: Store | None) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        show_spool(self._registry, spool)
        show_accounts(self._registry)
        self._requests = self._counter("requests", "Requests by the service they were for.", "service", "status")
        self._failures = self._counter("upstream_failures", "Requests without an answer.", "service", "kind")
        self._faults = self._counter("faults", "Faults that were admitted and handed over.", "scenario")
        self._envelopes = self._counter("page_envelopes", "Envelopes of the page, by what was answered.", "status")
        self._passes = self._counter("fault_passes", "Passes to the faults that were handed out.")
        self._latency = Histogram(
            f"{PREFIX}_upstream_seconds",
            "Seconds from handing a request over to the end of its answer.",
            ("service",),
            buckets=LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        self._active = Gauge(f"{PREFIX}_faults_active", "Faults that run now.", registry=self._registry)
        self._known: dict[tuple[str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", said, labels, registry=self._registry)

    def answered(self, service: str, status: int) -> None:
        """Count a request; status 0 is a caller who left before there was one."""
        key = (service, status // 100)
        counter = self._known.get(key)
        if counter is None:
            counter = self._known[key] = self._requests.labels(service, STATUS_CLASSES[key[1]])
        counter.inc()

    def took(self, service: str, seconds: float) -> None:
        """Note how long a service took."""
        timer = self._timers.get(service)
        if timer is None:
            timer = self._timers[service] = self._latency.labels(service)
        timer.observe(seconds)

    def failed(self, service: str, kind: str) -> None:
        """Count a request that a service did not answer."""
        self._failures.labels(service, kind).inc()

    def fired(self, scenario: str) -> None:
        """Count a fault."""
        self._faults.labels(scenario).inc()

    def envelope(self, status: int) -> None:
        """Count an envelope of the page."""
        self._envelopes.labels(str(status)).inc()

    def fault_pass(self) -> None:
        """Count a pass that was handed out."""
        self._passes.inc()

    def text(self, active_faults: int) -> bytes:
        """Give all of them, in Prometheus' text format."""
        self._active.set(active_faults)
        return generate_latest(self._registry)
