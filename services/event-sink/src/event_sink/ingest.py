"""
Receiving envelopes, as Sentry does: the same paths, the same answers.
"""

import asyncio
import hmac
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web
from crashkit.wire import envelope as wire

from event_sink.dsn import Dsn
from event_sink.encoding import EncodingError, TooLargeError, unpack
from event_sink.intake import prepare, store
from event_sink.limits import ITEM_LIMIT_BYTES, MIB, category, too_large
from event_sink.misbehaviour import headers_of
from event_sink.sink import FORWARDED_BY, SINK, Sink
from event_sink.writer import StoreUnavailableError

LOG = logging.getLogger(__name__)
_BODY_TIMEOUT_S: Final = 30.0
# What is smaller is unpacked and read on the loop: handing it over would cost more.
_SMALL: Final = 32 * 1024
_LARGE: Final = 4 * MIB
_KEY_IN_HEADER: Final = re.compile(r"sentry_key\s*=\s*([^,\s]+)")
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Content-Encoding, X-Sentry-Auth, X-Requested-With, Authorization,"
    " Sentry-Trace, Baggage, Traceparent",
    "Access-Control-Max-Age": "3600",
}


@dataclass
class RejectionError(Exception):
    """A request that is not taken; ``reason`` is the word it is counted under."""

    status: int
    reason: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


async def preflight(_: web.Request) -> web.Response:
    """
    Allow any page to send: a DSN is public.
    """
    return web.Response(status=204, headers=_PREFLIGHT)


async def receive_envelope(request: web.Request) -> web.StreamResponse:
    """
    Take an envelope.
    """
    return await _receive(request, wrap=False)


async def receive_store(request: web.Request) -> web.StreamResponse:
    """
    Take one event as old SDKs send it.
    """
    return await _receive(request, wrap=True)


async def _receive(request: web.Request, *, wrap: bool) -> web.StreamResponse:
    sink = request.app[SINK]
    try:
        event_id = await _take(sink, request, wrap=wrap)
    except RejectionError as rejection:
        # Who is refused may name any project: only those that there are get a count of their own.
        service = sink.project_names.get(int(request.match_info["project_id"]), "")
        sink.ledger.count("rejected", reason=rejection.reason, service=service)
        if rejection.status == 0:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)
        answer = {"detail": rejection.detail, "reason": rejection.reason}
        return web.json_response(answer, status=rejection.status, headers={**CORS, **rejection.headers})
    return web.json_response({"id": event_id} if event_id else {}, headers=CORS)


async def _take(sink: Sink, request: web.Request, *, wrap: bool) -> str | None:
    """
    Read, check and store one request.

    Returns:
        The event id of the envelope's header.

    Raises:
        RejectionError: it is not taken, with the answer to give.
    """
    if request.headers.get(FORWARDED_BY) == sink.instance:
        raise RejectionError(400, "forwarded_by_itself", "this sink forwarded it: an upstream DSN points back here")
    key = _announced_key(request)
    if key is not None:
        _check_key(sink, key)
    body = await _body(request, sink.settings.max_body_mib * MIB)
    encoding = request.headers.get("Content-Encoding", "")
    if len(body) <= _LARGE:
        raw = await _unpacked(body, encoding, _LARGE)
        if raw is not None:
            return await _keep(sink, request, raw, key, wrap=wrap)
    async with sink.large_in:
        raw = await _unpacked(body, encoding, sink.settings.max_envelope_mib * MIB)
        if raw is None:
            detail = f"the envelope is larger than {sink.settings.max_envelope_mib} MiB"
            raise RejectionError(413, "too_large:envelope", detail)
        return await _keep(sink, request, raw, key, wrap=wrap)


async def _keep(sink: Sink, request: web.Request, raw: bytes | bytearray, key: str | None, *, wrap: bool) -> str | None:
    project_id = int(request.match_info["project_id"])
    try:
        parsed = wire.parse(wire.of_store_request(raw) if wrap else raw)
        if key is None:
            _check_dsn(sink, parsed.header.get("dsn"))
        await _misbehave(sink, parsed)
        _check_sizes(parsed)
        known_as, now = sink.service_of(project_id), time.time()
        if len(raw) <= _SMALL:
            arrival = prepare(parsed, project_id, known_as, now)
        else:
            arrival = await asyncio.to_thread(prepare, parsed, project_id, known_as, now)
        if not sink.ledger.takes(arrival.book):
            arrival = replace(arrival, book="")
    except wire.MalformedEnvelopeError as error:
        raise RejectionError(400, f"malformed:{error.reason}", str(error)) from error
    event_id = parsed.header.get("event_id")
    if not parsed.items:
        sink.ledger.count("rejected", reason="no_items", service=known_as)
        return event_id if isinstance(event_id, str) else None
    try:
        await sink.writer.run(lambda connection, changes: store(connection, changes, arrival, sink.targets))
    except StoreUnavailableError as error:
        raise RejectionError(
            503, "store_unavailable", "the store does not take writes", {"Retry-After": "5"}
        ) from error
    sink.wake_forwarders()
    return event_id if isinstance(event_id, str) else arrival.facts[0].event_id


def check_sender(sink: Sink, request: web.Request) -> web.Response | None:
    """
    Refuse who does not show the key of the DSN.
    """
    key = _announced_key(request)
    try:
        _check_key(sink, key or "")
    except RejectionError as rejection:
        return web.json_response({"detail": rejection.detail}, status=rejection.status)
    return None


def _announced_key(request: web.Request) -> str | None:
    """
    The key as SDKs send it: a header, or a query parameter from browsers.
    """
    for name in ("X-Sentry-Auth", "Authorization"):
        found = _KEY_IN_HEADER.search(request.headers.get(name, ""))
        if found:
            return found.group(1)
    return request.query.get("sentry_key")


def _check_key(sink: Sink, key: str) -> None:
    expected = sink.settings.ingest_key.get_secret_value()
    if not hmac.compare_digest(key.encode("utf-8", "replace"), expected.encode()):
        raise RejectionError(403, "unknown_key", "the DSN key is not known here")


def _check_dsn(sink: Sink, dsn: object) -> None:
    if not isinstance(dsn, str):
        raise RejectionError(401, "no_key", "no key: send X-Sentry-Auth, ?sentry_key= or a dsn in the envelope header")
    try:
        key = Dsn.parse(dsn).key
    except ValueError as error:
        raise RejectionError(403, "unknown_key", f"the envelope header's DSN is not valid: {error}") from error
    _check_key(sink, key)


async def _body(request: web.Request, limit: int) -> bytearray:
    if (request.content_length or 0) > limit:
        raise RejectionError(413, "too_large:body", f"the body is larger than {limit // MIB} MiB")
    pieces = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for piece in request.content.iter_chunked(256 * 1024):
                pieces += piece
                if len(pieces) > limit:
                    raise RejectionError(413, "too_large:body", f"the body is larger than {limit // MIB} MiB")
    except TimeoutError as error:
        raise RejectionError(408, "body_timeout", f"the body did not end within {_BODY_TIMEOUT_S:.0f} s") from error
    except (web.PayloadAccessError, ConnectionError, web.RequestPayloadError) as error:
        raise RejectionError(400, "body_incomplete", "the body ended too early") from error
    return pieces


async def _unpacked(body: bytearray, encoding: str, limit: int) -> bytes | bytearray | None:
    """
    Undo the Content-Encoding; ``None`` if more than ``limit`` bytes would come out.
    """
    try:
        if len(body) <= _SMALL and not encoding:
            return body
        return await asyncio.to_thread(unpack, body, encoding, limit)
    except TooLargeError:
        return None
    except EncodingError as error:
        raise RejectionError(400, "malformed:encoding", str(error)) from error


def _check_sizes(parsed: wire.Envelope) -> None:
    for item in parsed.items:
        if too_large(item.type, item.size):
            limit = ITEM_LIMIT_BYTES[item.type]
            detail = f"the {item.type} item has {item.size} bytes, the limit is {limit}"
            raise RejectionError(413, f"too_large:{item.type}", detail)


async def _misbehave(sink: Sink, parsed: wire.Envelope) -> None:
    """
    Do what the order in force says, if there is one.
    """
    order = sink.misbehaviour.meet({category(item.type) for item in parsed.items})
    if order is None:
        return
    if order.mode == "slow":
        await asyncio.sleep(order.ms / 1000)
        return
    reason = f"misbehaviour:{order.mode}"
    if order.mode == "drop":
        raise RejectionError(0, reason, "the connection was closed on command")
    raise RejectionError(int(order.mode), reason, "refused on command", headers_of(order))
