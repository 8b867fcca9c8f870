"""
The process: one event loop, one listening socket, an orderly end.
"""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from crashkit.lifecycle import Lifecycle
from crashkit.offpath import watch_loop

from gateway.app import Gateway
from gateway.protocol import Protocol
from gateway.settings import Settings

UNREADY_S = 1.0
"""How long the gateway still accepts after SIGTERM: until probes and endpoints have noticed."""


class Server(uvicorn.Server):
    """uvicorn without its signal handling: it raises SIGTERM again at its end, and the exit code would be 143."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to :func:`serve`."""
        yield


def serve(gateway: Gateway, lifecycle: Lifecycle, settings: Settings, listener: socket.socket) -> None:
    """
    Answer requests until SIGTERM or SIGINT; then refuse readiness, finish what is open, and return.

    Args:
        gateway: the application.
        lifecycle: of the process.
        settings: of the process.
        listener: the listening socket.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(gateway, lifecycle, settings, listener))


async def _serve(gateway: Gateway, lifecycle: Lifecycle, settings: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        gateway,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.drain_s)),
    )
    server = Server(config)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if lifecycle.draining:
            return
        lifecycle.begin_drain()
        loop.call_later(min(UNREADY_S, settings.drain_s), setattr, server, "should_exit", True)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    watch_loop(loop)
    lifecycle.ready = True
    await server.serve(sockets=[listener])
    gateway.close()
