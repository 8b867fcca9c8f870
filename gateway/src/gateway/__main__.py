"""
``python -m gateway``.
"""

import logging
import sys

from crashkit.binding import BindingError
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.settings import SettingsError, read_settings
from sentry_sdk.utils import BadDsn

from gateway.app import Gateway
from gateway.sentry import start_sentry
from gateway.server import listen, serve
from gateway.settings import Settings

CANNOT_START = 2


def main() -> int:
    """Run the gateway; 2 when it cannot start, with one line that says why."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        settings = read_settings(Settings)
        catalogue = load_catalogue(settings.catalog_dir)
        start_sentry(settings)
        gateway = Gateway(settings, catalogue)
        listener = listen(settings)
    except (SettingsError, CatalogueError, BindingError) as error:
        return _cannot_start(str(error))
    except BadDsn as error:
        return _cannot_start(f"SENTRY_DSN: {error}; it has the form http://<key>@<host>/<project>")
    except OSError as error:
        return _cannot_start(f"{error.strerror or error}; PORT or HOST must name a free address of this machine")
    serve(gateway, settings, listener)
    return 0


def _cannot_start(reason: str) -> int:
    sys.stderr.write(f"gateway cannot start: {reason}\n")
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
