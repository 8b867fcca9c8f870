"""
The process: one event loop, one listening socket, an orderly end.
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from crashkit.offpath import watch_loop

from analytics.app import make_app
from analytics.parts import Parts
from analytics.settings import Settings

LOG = logging.getLogger(__name__)
# After SIGTERM, until probes and endpoints have noticed, requests still come and are still served.
LINGER_S = 1.0


class Server(uvicorn.Server):
    """uvicorn without its signal handling: it raises SIGTERM again at its end, and the exit code would be 143."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to :func:`serve`."""
        yield


def make_server(parts: Parts, drain_s: float) -> Server:
    """
    Make the server, which is not started yet.

    Args:
        parts: of the service.
        drain_s: seconds to finish open requests when it ends.
    """
    config = uvicorn.Config(
        make_app(parts),
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(drain_s)),
    )
    return Server(config)


async def serve(settings: Settings, parts: Parts, listener: socket.socket) -> None:
    """
    Serve until SIGTERM or SIGINT; then refuse readiness, finish what is open, and return.

    Args:
        settings: of the process.
        parts: of the service.
        listener: the listening socket.
    """
    loop = asyncio.get_running_loop()
    watch_loop(loop)
    linger_s = min(LINGER_S, settings.drain_s)
    server = make_server(parts, settings.drain_s - linger_s)

    def stop() -> None:
        if not parts.lifecycle.draining:
            parts.lifecycle.begin_drain()
            LOG.info("analytics drains")
            loop.call_later(linger_s, setattr, server, "should_exit", True)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    background = [loop.create_task(parts.watch.run()), loop.create_task(parts.guard.sweep())]
    parts.lifecycle.ready = True
    LOG.info("analytics listens on port %d", settings.port)
    await server.serve(sockets=[listener])
    for task in background:
        task.cancel()
    await parts.database.close()
    # What has failed and was read by nobody is reported when it goes away: now at the latest.
    gc.collect()
