"""
``python -m coroner``.
"""

import logging
import signal
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import version
from time import monotonic, time
from urllib.parse import urlsplit

from crashkit.accounts.transport import book_here
from crashkit.flight import start_flight
from crashkit.lifecycle import Lifecycle
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.logs import start_logging
from crashkit.refused_start import BAD_ADDRESS, cannot_start
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import SettingsError, read_settings
from crashkit.telemetry import start_sentry, stop_sentry, trace_id
from sentry_sdk.integrations.logging import ignore_logger

from coroner import inquest, watcher
from coroner.api import ApiRefusedError, Cluster
from coroner.death import Death
from coroner.inquest import Inquest, Told
from coroner.memory import Memory
from coroner.metrics import Metrics
from coroner.outbox import Outbox
from coroner.server import Server
from coroner.settings import Settings
from coroner.watcher import Watcher

SERVICE = "coroner"
LOG = logging.getLogger(SERVICE)
HOUR_S = 3600.0


@dataclass(frozen=True)
class Coroner:
    """
    The parts of the running service.

    Args:
        watcher: sees deaths.
        inquest: explains them.
        outbox: sends their events.
        metrics: what is counted.
        threads: one for each of the three.
    """

    watcher: Watcher
    inquest: Inquest
    outbox: Outbox
    metrics: Metrics
    threads: tuple[threading.Thread, ...]

    def live(self) -> bool:
        """Whether every thread is at work."""
        return all(thread.is_alive() for thread in self.threads) and not self.watcher.hangs

    def missing(self) -> str:
        """Say what is missing until it is ready; empty once it is."""
        return "" if self.watcher.current else "the Kubernetes API has not been heard"


def build(settings: Settings) -> Coroner:
    """
    Put the service together; nothing runs yet.

    Args:
        settings: from the environment.

    Raises:
        SettingsError: the DSN is none.
        CatalogueError: the catalogue has a mistake.
        ApiRefusedError: the configuration of the cluster cannot be read.
    """
    catalogue = load_catalogue(settings.catalog_dir)
    dsn = settings.sentry_dsn.get_secret_value()
    if not (urlsplit(dsn).hostname and urlsplit(dsn).username and urlsplit(dsn).path[1:].isdigit()):
        raise SettingsError("SENTRY_DSN: it has the form http://<key>@<host>/<project>, and names the event sink")
    cluster = Cluster(settings.kube, settings.pod_namespace, settings.release_name)
    metrics = Metrics()
    memory = Memory(settings.state_dir)
    seen: dict[str, float] = {}
    outbox = Outbox(
        dsn,
        settings.state_dir / "outbox" if settings.state_dir else None,
        lambda outcome: metrics.reports.labels(outcome).inc(),
        lambda event_id: metrics.delay.observe(monotonic() - seen.pop(event_id, monotonic())),
        book_here(),
    )
    languages = {service.name: service.language for service in catalogue.services}
    takes_memory = {
        name: frozenset(case.scenario_name for case in catalogue.cases(name) if case.budget.memory_mib)
        for name in languages
    }
    told = Told(settings.sentry_environment, settings.sentry_release, languages, takes_memory, settings.reads_logs)
    explains = Inquest(cluster, memory, outbox, metrics, told)

    def take(death: Death) -> None:
        seen[death.event_id] = monotonic()
        explains.take(death)

    sees = Watcher(cluster, memory, metrics, take, settings.tell_within_h * HOUR_S)
    metrics.watch(
        "pending", "Deaths that are not confirmed by the sink yet.", lambda: explains.waiting + outbox.waiting
    )
    metrics.watch("watching", "1 while the Kubernetes API is heard.", lambda: float(sees.current))
    works = (("watcher", sees.run), ("inquest", explains.run), ("outbox", outbox.run))
    threads = tuple(threading.Thread(target=run, name=name, daemon=True) for name, run in works)
    return Coroner(sees, explains, outbox, metrics, threads)


def serve(settings: Settings, coroner: Coroner, lifecycle: Lifecycle) -> None:
    """
    Work until SIGTERM or SIGINT, then tell what was seen and end.

    Args:
        settings: of the process.
        coroner: its parts.
        lifecycle: of the process.

    Raises:
        OSError: the port cannot be listened on.
    """
    stopped = threading.Event()

    def missing() -> str:
        return "draining" if lifecycle.draining else coroner.missing()

    def stop(_number: int, _frame: object) -> None:
        lifecycle.begin_drain()
        stopped.set()

    server = Server((settings.host, settings.port), coroner.live, missing, coroner.metrics.text, time())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for thread in coroner.threads:
        thread.start()
    server.start()
    LOG.info("coroner listens on port %d", settings.port)
    stopped.wait()
    LOG.info("coroner drains")
    ends = monotonic() + settings.drain_s
    coroner.watcher.stop()
    coroner.inquest.stop()
    coroner.threads[1].join(max(0.0, ends - monotonic()))
    coroner.outbox.close(max(0.0, ends - monotonic()))
    server.shutdown()


def main() -> int:
    """Run the service; 2 when it cannot start, with one line that says why."""
    start_logging(SERVICE, trace_id)
    try:
        settings = read_settings(Settings)
        lifecycle = Lifecycle(settings.state_dir)
        runtime = RuntimeContext(settings, lifecycle, {"kubernetes": version("kubernetes")})
        start_sentry(settings, SERVICE, runtime, [], lambda _: 0.0)
        for module in (watcher, inquest):  # what they log has been reported as an event
            ignore_logger(module.__name__)
        coroner = build(settings)
        flight = start_flight(settings, SERVICE)
        with flight.running(lambda: lifecycle.draining):
            serve(settings, coroner, lifecycle)
            LOG.info("coroner ends with %d events not confirmed", coroner.outbox.waiting)
            stop_sentry(lifecycle.left_of(settings.drain_s))
    except (SettingsError, CatalogueError, ApiRefusedError) as error:
        return cannot_start(SERVICE, str(error))
    except OSError as error:
        return cannot_start(SERVICE, f"{error.strerror or error}; {BAD_ADDRESS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
