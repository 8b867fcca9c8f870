"""
``python -m game_engine``.
"""

import asyncio
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING

import tornado
from crashkit.accounts.shown import show_accounts
from crashkit.binding import BindingError, bind
from crashkit.flight import start_flight
from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.logs import start_logging
from crashkit.memory import watching_memory
from crashkit.metrics import Metrics
from crashkit.offpath import watch_loop
from crashkit.refused_start import BAD_ADDRESS, cannot_start
from crashkit.runtime_context import RuntimeContext
from crashkit.settings import SettingsError, read_settings
from crashkit.spool.counts import show_spool
from crashkit.telemetry import sampler, start_sentry, stop_sentry, trace_id
from sentry_sdk.integrations.aiohttp import AioHttpIntegration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.integrations.tornado import TornadoIntegration
from sentry_sdk.transport import Transport
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from game_engine import web
from game_engine.app import CONTROL_PATHS, make_app
from game_engine.engine import SERVICE, Engine
from game_engine.generators import know_where_generators_fail
from game_engine.money import open_money
from game_engine.scenarios import HANDLERS
from game_engine.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import SamplingContext

LOG = logging.getLogger("game_engine")
# After SIGTERM, until probes and endpoints have noticed, requests still come and are still served.
LINGER_S = 1.0
# Of the drain, what is left to record spins when requests have used up theirs.
FLUSH_S = 2.0
MAX_BODY_BYTES = 1 << 20


def build(settings: Settings, transport: type[Transport] | None = None) -> Engine:
    """
    Put the service together and start its telemetry.

    Args:
        settings: from the environment.
        transport: in place of the SDK's own, where envelopes shall go elsewhere.

    Raises:
        CatalogueError: the catalogue has a mistake.
        BindingError: catalogue and handlers disagree.
        SettingsError: the DSN is none.
    """
    catalogue = load_catalogue(settings.catalog_dir)
    handlers = bind(catalogue, SERVICE, HANDLERS)
    guard = Guard(catalogue, settings.policy)
    lifecycle = Lifecycle(settings.state_dir)
    runtime = RuntimeContext(settings, lifecycle, {"tornado": tornado.version})
    faults = {scenario.path.partition("{")[0] for scenario in catalogue.scenarios[SERVICE].values()}

    def is_fault(context: "SamplingContext") -> bool:
        return _path(context).startswith(tuple(faults)) and not is_control(context)

    def is_control(context: "SamplingContext") -> bool:
        return _path(context) in CONTROL_PATHS

    ignore_logger(web.__name__)  # what it logs has its event already
    ignore_logger("tornado.general")  # what it logs as an error follows from one that has its event
    know_where_generators_fail()
    sample = sampler(settings.traces_sample_rate, is_fault, is_control)
    spool = start_sentry(
        settings,
        SERVICE,
        runtime,
        [TornadoIntegration(), AioHttpIntegration()],
        sample,
        last_resorts=["tornado.application"],
        transport=transport,
    )
    metrics = Metrics(SERVICE, lambda: len(guard.active()), lifecycle.restart_count)
    show_spool(metrics.registry, spool)
    show_accounts(metrics.registry)
    money = open_money(settings, lifecycle, metrics)
    return Engine(catalogue, handlers, guard, lifecycle, metrics, start_flight(settings, SERVICE), money)


async def serve(settings: Settings, engine: Engine) -> None:
    """
    Serve until SIGTERM or SIGINT, then drain and flush.

    Raises:
        OSError: the port cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    watch_loop(loop)
    server = HTTPServer(make_app(engine), max_body_size=MAX_BODY_BYTES)
    server.add_sockets(bind_sockets(settings.port, settings.host))
    stopped = asyncio.Event()

    def stop() -> None:
        engine.lifecycle.begin_drain()
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    background = [loop.create_task(engine.guard.sweep())]
    if engine.money:
        background.append(loop.create_task(engine.money.recorder.run()))
    engine.lifecycle.ready = True
    LOG.info("game-engine listens on port %d", settings.port)

    await stopped.wait()
    LOG.info("game-engine drains")
    linger_s = min(LINGER_S, settings.drain_s)
    await asyncio.sleep(linger_s)
    server.stop()
    ends = loop.time() + settings.drain_s - linger_s
    flush_s = min(FLUSH_S, (settings.drain_s - linger_s) / 4) if engine.money else 0
    in_time = await engine.lifecycle.drain(settings.drain_s - linger_s - flush_s)
    if engine.money:
        await engine.money.recorder.flush(ends - loop.time())
        await engine.money.close()
    for task in background:
        task.cancel()
    await server.close_all_connections()
    # What has failed and was read by nobody is reported when it goes away: now at the latest.
    gc.collect()
    stop_sentry(engine.lifecycle.left_of(settings.drain_s))
    LOG.info("game-engine ends%s", "" if in_time else f" with requests still open after {settings.drain_s:g} s")


def main() -> int:
    """Run the service; 2 when it cannot start, with one line that says why."""
    start_logging(SERVICE, trace_id)
    try:
        settings = read_settings(Settings)
        engine = build(settings)
        with engine.flight.running(lambda: engine.lifecycle.draining), watching_memory(settings, engine.flight):
            asyncio.run(serve(settings, engine))
    except (SettingsError, CatalogueError, BindingError) as error:
        return cannot_start(SERVICE, str(error))
    except OSError as error:
        return cannot_start(SERVICE, f"{error.strerror or error}; {BAD_ADDRESS}")
    return 0


def _path(context: "SamplingContext") -> str:
    request = context.get("tornado_request")
    return str(request.path) if request is not None else ""


if __name__ == "__main__":
    sys.exit(main())
