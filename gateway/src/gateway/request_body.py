"""
The body of a request on its way to a service: streamed, counted, framed anew.
"""

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
