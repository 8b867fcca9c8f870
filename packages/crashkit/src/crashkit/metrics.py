"""
What every service counts for Prometheus.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """
    The counters of one process, apart from those of any other in the same interpreter. A service adds its own to the
    attribute ``registry``.

    Args:
        service: value of the label ``service``.
        active_faults: counts the runs that run or hold something now.
        restarts: how often this container was restarted in its pod; none where that is not known.
    """

    def __init__(self, service: str, active_faults: Callable[[], int], restarts: int | None = None) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._service = service
        self._requests = Histogram(
            "crash_demo_request_seconds",
            "Requests by route and status.",
            ("service", "route", "status"),
            registry=self.registry,
        )
        self._faults = Counter(
            "crash_demo_faults_fired",
            "Faults fired, by scenario and case.",
            ("service", "scenario", "case"),
            registry=self.registry,
        )
        active = Gauge(
            "crash_demo_faults_active", "Faults that run or hold something.", ("service",), registry=self.registry
        )
        active.labels(service).set_function(active_faults)
        if restarts is not None:
            restarted = Gauge(
                "crash_demo_restarts", "Restarts of this container in its pod.", ("service",), registry=self.registry
            )
            restarted.labels(service).set(restarts)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(self._service, route, str(status)).observe(seconds)

    def fault(self, scenario: str, case: str | None) -> None:
        """Count one firing."""
        self._faults.labels(self._service, scenario, case or "").inc()

    def text(self) -> bytes:
        """Give all of it in Prometheus' text format."""
        return generate_latest(self.registry)
