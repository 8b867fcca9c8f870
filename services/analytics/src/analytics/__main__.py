"""
``python -m analytics``.
"""

import asyncio
import logging
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import sentry_sdk
import uvloop
from crashkit.accounts.shown import show_accounts
from crashkit.binding import BindingError, bind
from crashkit.flight import start_flight
from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.listening import listen
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.logs import start_logging
from crashkit.memory import watching_memory
from crashkit.metrics import Metrics
from crashkit.refused_start import BAD_ADDRESS, cannot_start
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import SettingsError, read_settings
from crashkit.spool.counts import show_spool
from crashkit.telemetry import sampler, start_sentry, stop_sentry, trace_id
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.transport import Transport

from analytics import failures, spins
from analytics.control import PROBE_PATHS
from analytics.database.driver import Database
from analytics.database.errors import DatabaseUriError
from analytics.database.watch import Watch
from analytics.parts import SERVICE, Parts
from analytics.privacy import without_values
from analytics.scenarios import HANDLERS
from analytics.server import serve
from analytics.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import SamplingContext

LOG = logging.getLogger(SERVICE)
VERSIONS = ("fastapi", "uvicorn", "motor", "pymongo")


def build(settings: Settings, transport: type[Transport] | None = None) -> Parts:
    """
    Put the service together and start its telemetry.

    Args:
        settings: from the environment.
        transport: in place of the SDK's own, where envelopes shall go elsewhere.

    Raises:
        CatalogueError: the catalogue has a mistake.
        BindingError: catalogue and handlers disagree.
        SettingsError: the DSN is none.
        DatabaseUriError: the address of the database is none.
    """
    catalogue = load_catalogue(settings.catalog_dir)
    handlers = bind(catalogue, SERVICE, HANDLERS)
    guard = Guard(catalogue, settings.policy)
    lifecycle = Lifecycle(settings.state_dir)
    runtime = RuntimeContext(settings, lifecycle, {name: version(name) for name in VERSIONS})
    faults_path = f"{catalogue.service(SERVICE).debug_root}/faults"
    faults = tuple(scenario.path.partition("{")[0] for scenario in catalogue.scenarios[SERVICE].values())

    def is_fault(context: "SamplingContext") -> bool:
        return _path(context).startswith(faults)

    def is_control(context: "SamplingContext") -> bool:
        return _path(context) in PROBE_PATHS or _path(context) == faults_path

    for logger in (failures.__name__, "uvicorn.error"):  # what they log has been reported as an event
        ignore_logger(logger)
    sample = sampler(settings.traces_sample_rate, is_fault, is_control)
    spool = start_sentry(settings, SERVICE, runtime, [], sample, transport=transport)
    sentry_sdk.get_global_scope().add_event_processor(without_values)
    database = Database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database, settings.mongodb_timeout_s)
    watch = Watch(database, lambda: spins.prepare(database))
    metrics = Metrics(SERVICE, lambda: len(guard.active()), lifecycle.restart_count)
    show_spool(metrics.registry, spool)
    show_accounts(metrics.registry)
    flight = start_flight(settings, SERVICE)
    return Parts(catalogue, handlers, guard, lifecycle, metrics, database, watch, flight)


def main() -> int:
    """Run the service; 2 when it cannot start, with one line that says why."""
    start_logging(SERVICE, trace_id)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        settings = read_settings(Settings)
        parts = build(settings)
        listener = listen(settings.host, settings.port)
    except (SettingsError, CatalogueError, BindingError, DatabaseUriError) as error:
        return cannot_start(SERVICE, str(error))
    except OSError as error:
        return cannot_start(SERVICE, f"{error.strerror or error}; {BAD_ADDRESS}")
    with parts.flight.running(lambda: parts.lifecycle.draining), watching_memory(settings, parts.flight):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, parts, listener))
        LOG.info("analytics ends")
        stop_sentry(parts.lifecycle.left_of(settings.drain_s))
    return 0


def _path(context: "SamplingContext") -> str:
    return str(context.get("asgi_scope", {}).get("path", ""))


if __name__ == "__main__":
    sys.exit(main())
