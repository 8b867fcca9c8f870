"""
Hands one request to a service and its answer to the caller, both as they come.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from crashkit.problem import Problem

from gateway import forwarded_headers, trace_headers
from gateway.asgi import Headers
from gateway.call import Call
from gateway.request_body import CallerGone, RequestBody
from gateway.upstream.connection import Connection
from gateway.upstream.errors import UpstreamSlow
from gateway.upstream.pool import Upstream

WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


@dataclass(frozen=True, slots=True)
class Handover:
    """
    What is asked of a service.

    Args:
        path: after the service's prefix, as it goes on the wire.
        query: as it goes on the wire.
        within_s: seconds until the whole answer must have come.
        added: headers beside the caller's.
    """

    path: bytes
    query: bytes = field(repr=False)  # the caller's values, and this is among the variables of a failing frame
    within_s: float
    added: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)  # the token is among them


async def forward(call: Call, upstream: Upstream, handover: Handover, span_id: str, max_body_bytes: int) -> None:
    """
    Proxy one request.

    Args:
        call: the request.
        upstream: the service.
        handover: what is asked of it.
        span_id: the span that makes the call.
        max_body_bytes: the longest body that is let through.

    Raises:
        Problem: 413 for a body too long, 408 for one that does not come.
        CallerGone: the caller hung up.
        UpstreamError: no answer, or half of one.
    """
    body = RequestBody(call.headers, call.receive, max_body_bytes)
    connection = await upstream.acquire()
    timer = asyncio.get_running_loop().call_later(handover.within_s, _expire, connection, body, handover.within_s)
    sending = watching = None
    try:
        connection.begin(no_body=call.method == "HEAD")
        connection.write(_head(call, upstream, handover, span_id, body))
        if not body.complete:
            sending = asyncio.ensure_future(body.send_to(connection))
        await connection.head()
        await call.start(connection.status, _answered(connection))
        while True:
            block = await connection.part()
            last = connection.done
            await call.part(block, more=not last)
            if last:
                break
            if watching is None and body.complete:
                watching = asyncio.ensure_future(_watch(call, connection))
    finally:
        timer.cancel()
        if sending is not None:
            sending.cancel()
        if watching is not None:
            watching.cancel()
        if body.complete:
            upstream.release(connection)
        else:
            connection.close()


def _head(call: Call, upstream: Upstream, handover: Handover, span_id: str, body: RequestBody) -> bytes:
    headers = forwarded_headers.to_service(call.headers, call.client, call.scheme)
    if call.trace.w3c:
        headers = [field for field in headers if field[0] != b"traceparent"]
    trace_headers.write(call.trace, span_id, headers)
    if body.framing is not None:
        headers.append(body.framing)
    headers += handover.added
    target = upstream.base_path + handover.path
    if handover.query:
        target += b"?" + handover.query
    lines = [call.method.encode(), b" ", target, b" HTTP/1.1\r\nhost: ", upstream.authority]
    for name, value in headers:
        lines += (b"\r\n", name, b": ", value)
    lines.append(b"\r\n\r\n")
    return b"".join(lines)


def _answered(connection: Connection) -> Headers:
    headers = forwarded_headers.to_caller(connection.headers)
    if connection.status in WITHOUT_BODY:
        return [field for field in headers if field[0] != b"content-length"]
    return headers


def _expire(connection: Connection, body: RequestBody, within_s: float) -> None:
    if body.complete:
        connection.fail(UpstreamSlow(f"no whole answer within {within_s:g} s"))
        return
    detail = f"The body of the request did not come within {within_s:g} s; send it faster, or less of it"
    connection.fail(Problem(HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", detail))


async def _watch(call: Call, connection: Connection) -> None:
    while True:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            connection.fail(CallerGone())
            return
