"""
``python -m gateway``.
"""

import logging
import sys
from importlib.metadata import version

from crashkit.binding import BindingError
from crashkit.lifecycle import Lifecycle
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.logs import start_logging
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import SettingsError, read_settings
from crashkit.telemetry import start_sentry, stop_sentry, trace_id
from sentry_sdk.integrations.logging import ignore_logger

from gateway import failures
from gateway.app import Gateway
from gateway.server import listen, serve
from gateway.services import OWN
from gateway.settings import Settings

LOG = logging.getLogger("gateway")
CANNOT_START = 2


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
        start_sentry(settings, OWN, runtime, [], lambda _: settings.traces_sample_rate)
        for logger in (failures.__name__, "uvicorn.error"):  # what they log has been reported as an event
            ignore_logger(logger)
        gateway = Gateway(settings, catalogue, lifecycle)
        listener = listen(settings)
    except (SettingsError, CatalogueError, BindingError) as error:
        return _cannot_start(str(error))
    except OSError as error:
        return _cannot_start(f"{error.strerror or error}; PORT or HOST must name a free address of this machine")
    LOG.info("gateway listens on port %d", settings.port)
    serve(gateway, lifecycle, settings, listener)
    LOG.info("gateway ends")
    stop_sentry()
    return 0


def _cannot_start(reason: str) -> int:
    sys.stderr.write(f"gateway cannot start: {reason}\n")
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
