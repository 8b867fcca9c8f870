"""
Paths and their handlers.
"""

from collections.abc import AsyncIterator

from aiohttp import web

from event_sink import book_routes, control, ingest, reading
from event_sink.metrics import REGISTRY, registry
from event_sink.sink import SINK, Sink

_INGEST = (
    (r"/api/{project_id:\d{1,9}}/envelope", ingest.receive_envelope),
    (r"/api/{project_id:\d{1,9}}/store", ingest.receive_store),
    (r"/api/{project_id:\d{1,9}}/book", book_routes.receive_book),
)
_READ = {
    "/": control.index,
    "/api/v1/traces/{trace_id}": reading.trace,
    "/api/v1/events": reading.events,
    "/api/v1/events/{event_id}": reading.event,
    "/api/v1/envelopes/{envelope_id}": reading.envelope,
    "/api/v1/accounts": reading.show_accounts,
    "/api/v1/books": book_routes.show_books,
    "/api/v1/misbehaviour": control.show_misbehaviour,
    "/healthz/live": control.live,
    "/healthz/ready": control.ready,
    "/metrics": control.metrics,
}


def make_app(sink: Sink) -> web.Application:
    """
    The sink's HTTP application; it starts and stops the sink with itself.
    """
    app = web.Application()
    app[SINK] = sink
    app[REGISTRY] = registry(sink)
    for path, handler in _INGEST:
        for end in ("", "/"):
            app.router.add_post(path + end, handler)
            app.router.add_options(path + end, ingest.preflight)
    for path, read in _READ.items():
        app.router.add_get(path, read)
    app.router.add_put("/api/v1/misbehaviour", control.begin_misbehaviour)
    app.router.add_delete("/api/v1/misbehaviour", control.end_misbehaviour)
    app.cleanup_ctx.append(_running)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    await app[SINK].start()
    yield
    await app[SINK].stop()
