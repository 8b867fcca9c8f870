"""
``python -m gateway``.
"""

import logging
import sys
from importlib.metadata import version

from crashkit.binding import BindingError
from crashkit.flight import start_flight
from crashkit.lifecycle import Lifecycle
from crashkit.listening import listen
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.logs import start_logging
from crashkit.memory import watching_memory
from crashkit.refused_start import BAD_ADDRESS, cannot_start
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import SettingsError, read_settings
from crashkit.telemetry import start_sentry, stop_sentry, trace_id
from sentry_sdk.integrations.logging import ignore_logger

from gateway import failures
from gateway.app import Gateway
from gateway.server import serve
from gateway.services import OWN
from gateway.settings import Settings
from gateway.slot_machine.files import PageError

LOG = logging.getLogger("gateway")


def main() -> int:
    """Run the gateway; 2 when it cannot start, with one line that says why."""
    start_logging(OWN, trace_id)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        settings = read_settings(Settings)
        catalogue = load_catalogue(settings.catalog_dir)
        lifecycle = Lifecycle(settings.state_dir)
        versions = {name: version(name) for name in ("uvicorn", "uvloop", "httptools")}
        runtime = RuntimeContext(settings, lifecycle, versions)
        spool = start_sentry(settings, OWN, runtime, [], lambda _: settings.traces_sample_rate)
        for logger in (failures.__name__, "uvicorn.error"):  # what they log has been reported as an event
            ignore_logger(logger)
        flight = start_flight(settings, OWN)
        gateway = Gateway(settings, catalogue, lifecycle, spool, flight)
        listener = listen(settings.host, settings.port)
    except (SettingsError, CatalogueError, BindingError, PageError) as error:
        return cannot_start(OWN, str(error))
    except OSError as error:
        return cannot_start(OWN, f"{error.strerror or error}; {BAD_ADDRESS}")
    LOG.info("gateway listens on port %d", settings.port)
    with flight.running(lambda: lifecycle.draining), watching_memory(settings, flight):
        serve(gateway, lifecycle, settings, listener)
        LOG.info("gateway ends")
        stop_sentry(lifecycle.left_of(settings.drain_s))
    return 0


if __name__ == "__main__":
    sys.exit(main())
