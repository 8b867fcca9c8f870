"""
Run the sink: ``python -m event_sink``.
"""

import asyncio
import logging
import signal
import sys
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from event_sink.app import make_app
from event_sink.logs import to_stderr
from event_sink.projects import CatalogError
from event_sink.schema import StoreError
from event_sink.settings import Settings
from event_sink.sink import Sink

LOG = logging.getLogger("event_sink")
# Endpoints need a moment to leave the Service after readiness said no; what comes meanwhile is still taken (s).
_LATE_REQUESTS_S: Final = 1.0


def main() -> int:
    """
    Returns:
        The exit code: 0 after a drain, 2 for settings or a store that do not fit.
    """
    to_stderr()
    # As process 1 of a container it would not end by SIGTERM while it waits for the store.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = Settings()
        sink = Sink.open(settings)
    except ValidationError as error:
        for part in error.errors(include_input=False, include_url=False):
            name = ".".join(map(str, part["loc"])).upper()
            LOG.error("SINK_%s: %s", name, part["msg"])  # noqa: TRY400 one line is what an operator needs
        return 2
    except (StoreError, CatalogError) as error:
        LOG.error("%s", error)  # noqa: TRY400 as above
        return 2
    asyncio.run(_serve(sink))
    return 0


async def _serve(sink: Sink) -> None:
    """
    Serve until SIGTERM or SIGINT, then drain.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    settings = sink.settings
    runner = web.AppRunner(make_app(sink), access_log=None, auto_decompress=False, shutdown_timeout=settings.drain_s)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port, backlog=512)
    await site.start()
    targets = [target.name for target in sink.targets]
    LOG.info("listening", extra={"port": runner.addresses[0][1], "targets": targets, "store": str(settings.db_path)})
    await stopped.wait()
    LOG.info("draining", extra={"drain_s": settings.drain_s})
    sink.draining = True
    await asyncio.sleep(min(_LATE_REQUESTS_S, settings.drain_s))
    await runner.cleanup()
    LOG.info("stopped")


if __name__ == "__main__":
    sys.exit(main())
