"""
The body of a request on its way to a service: streamed, counted, framed anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from crashkit.problem import Problem

from gateway.asgi import Headers, Receive
from gateway.upstream.connection import Connection


class CallerGone(Exception):  # noqa: N818 - it says what happened
    """The caller hung up; there is nobody left to answer."""


class RequestBody:
    """
    The body of one request.

    Args:
        headers: of the request.
        receive: of ASGI.
        limit: the most that is let through (bytes).

    Raises:
        Problem: 413 when it says itself that it is too long.
    """

    def __init__(self, headers: Headers, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self.framing: tuple[bytes, bytes] | None = None
        self._chunked = False
        self.complete = True
        for name, value in headers:
            if name == b"transfer-encoding":
                self.framing = (name, b"chunked")
                self._chunked = True
            elif name == b"content-length" and not self._chunked:
                self.framing = (name, value)
                self.complete = value == b"0"
                if int(value) > limit:
                    raise self._too_long()
        if self._chunked:
            self.complete = False

    async def send_to(self, connection: Connection) -> None:
        """Pass the body on; what goes wrong ends the exchange, and is raised to the one who waits for the answer."""
        try:
            await self._send_parts(connection.write, connection.drained)
        except Exception as reason:  # noqa: BLE001 - it is raised again where somebody waits for it
            connection.fail(reason)

    async def _send_parts(self, write: Callable[[bytes], None], drained: Callable[[], Awaitable[None]]) -> None:
        taken = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise CallerGone
            block: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            taken += len(block)
            if taken > self._limit:
                raise self._too_long()
            if block:
                write(b"%x\r\n%b\r\n" % (len(block), block) if self._chunked else block)
                await drained()
        if self._chunked:
            write(b"0\r\n\r\n")
        self.complete = True

    def _too_long(self) -> Problem:
        detail = f"The body may have {self._limit} bytes at the most; send less, or raise MAX_BODY_MIB"
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", detail)


async def read_whole(headers: Headers, receive: Receive, limit: int, within_s: float) -> bytes:
    """
    Take a short body into memory.

    Args:
        headers: of the request.
        receive: of ASGI.
        limit: the most that is taken (bytes).
        within_s: seconds until all of it must be there.

    Raises:
        Problem: 413 for a body too long, 408 for one that does not come.
        CallerGone: the caller hung up.
    """
    too_long = Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", f"The body may have {limit} bytes at the most; send less"
    )
    if any(name == b"content-length" and int(value) > limit for name, value in headers):
        raise too_long
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(within_s):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise CallerGone
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > limit:
                    raise too_long
    except TimeoutError:
        detail = f"The body of the request did not come within {within_s:g} s; send it faster, or less of it"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", detail) from None
    return bytes(body)
