"""
Answers to questions about what came in. Open inside the cluster: nothing here changes anything.
"""

import re
import time
from typing import Any, Final

from aiohttp import web

from event_sink import accounts, queries
from event_sink.queries import Filter
from event_sink.sink import SINK, Sink

_TEXT_FILTERS: Final = ("trace", "event_id", "service", "run", "scenario", "case", "type", "level")
_ID_FILTERS: Final = ("trace", "event_id")
_NUMBERS: Final = ("since_seq", "limit")


def problem(status: int, title: str, detail: str) -> web.Response:
    """
    An error answer of RFC 9457.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


def plain_id(text: str) -> str:
    """
    An id as the store has it.
    """
    return text.replace("-", "").lower()


async def trace(request: web.Request) -> web.Response:
    """
    Everything of one trace, with payloads.
    """
    trace_id = plain_id(request.match_info["trace_id"])
    items = await request.app[SINK].reader.run(lambda connection: queries.trace(connection, trace_id))
    return web.json_response({"trace_id": trace_id, "items": items})


async def events(request: web.Request) -> web.Response:
    """
    Items without payloads, as the query parameters say.
    """
    known = (*_TEXT_FILTERS, *_NUMBERS)
    unknown = sorted(set(request.query) - set(known))
    if unknown:
        return problem(400, "Unknown parameter", f"{', '.join(unknown)}; known are {', '.join(known)}")
    wanted: dict[str, str | int] = {name: request.query[name] for name in _TEXT_FILTERS if name in request.query}
    wanted |= {name: plain_id(str(wanted[name])) for name in _ID_FILTERS if name in wanted}
    for name in _NUMBERS:
        text = request.query.get(name)
        if text is not None and not re.fullmatch(r"\d{1,18}", text):
            return problem(400, "Not a number", f"{name} is {text[:40]!r}; it must be a whole number from 0 up")
        if text is not None:
            wanted[name] = int(text)
    asked = Filter(**wanted)  # type: ignore[arg-type]  # names and types are those of the tables above
    items = await request.app[SINK].reader.run(lambda connection: queries.items(connection, asked))
    return web.json_response({"items": items})


async def event(request: web.Request) -> web.Response:
    """
    One item with its payload.
    """
    event_id = plain_id(request.match_info["event_id"])
    found = await request.app[SINK].reader.run(lambda connection: queries.event(connection, event_id))
    if found is None:
        return problem(404, "No such event", f"no item with the event id {event_id} is in the store")
    return web.json_response(found)


async def envelope(request: web.Request) -> web.Response:
    """
    The bytes of an envelope as they came.
    """
    envelope_id = request.match_info["envelope_id"]
    found = await request.app[SINK].reader.run(lambda connection: queries.raw_envelope(connection, envelope_id))
    if found is None:
        return problem(404, "No such envelope", f"no envelope {envelope_id} is in the store")
    return web.Response(body=found, content_type="application/x-sentry-envelope")


async def show_accounts(request: web.Request) -> web.Response:
    """
    What came, and what became of it.
    """
    return web.json_response(_accounts(request.app[SINK]))


def _accounts(sink: Sink) -> dict[str, Any]:
    counts = sink.ledger.snapshot()
    targets = {
        forwarder.target.name: {**accounts.of_target(counts, forwarder.target.name), **forwarder.state()}
        for forwarder in sink.forwarders
    }
    store = {"available": sink.writer.available, "started_at": sink.started_at, "now": time.time()}
    return {**accounts.overview(counts), "targets": targets, "store": store}
