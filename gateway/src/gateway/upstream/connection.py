"""
One connection to a service: writes requests, parses answers, holds back whichever side is faster.
"""

import asyncio
from typing import TYPE_CHECKING

import httptools

from gateway.upstream.errors import UpstreamCut, UpstreamDied, UpstreamMalformed

if TYPE_CHECKING:
    from gateway.asgi import Headers

MAX_HEAD_BYTES = 65536
HIGH_WATER_BYTES = 65536
FINAL_STATUS = 200

# Answers that a service of ours gives seldom, and whoever has its place often: while a Service has no endpoint, a
# connection to its address may end anywhere, and it would go on to be asked.
OF_WHOM_EVER = frozenset({404, 405, 407, 421, 502, 504})


class Connection(asyncio.Protocol):
    """
    One exchange at a time: :meth:`begin`, :meth:`write`, :meth:`head`, then :meth:`part` until it is empty.

    Args:
        loop: the running loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._write_paused = False
        self._read_paused = False
        self.closed = False
        self.idle_since = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._set_idle()

    def _set_idle(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.failure: Exception | None = None
        self.has_head = False
        self.done = True
        self._busy = False
        self._keep_alive = False
        self._no_body = False
        self._ends_with_connection = True
        self._head_bytes = 0
        self._parts: list[bytes] = []
        self._buffered = 0

    def begin(self, *, no_body: bool) -> None:
        """
        Start an exchange.

        Args:
            no_body: whether the answer has a head only (it answers ``HEAD``).
        """
        self._set_idle()
        self.done = False
        self._busy = True
        self._no_body = no_body

    @property
    def reusable(self) -> bool:
        """Whether the exchange ended so that another may follow."""
        return self.done and self._keep_alive and not self.closed and not self._read_paused

    def write(self, block: bytes) -> None:
        """Hand bytes to the network; see :meth:`drained`."""
        if self._transport is not None and not self.closed:
            self._transport.write(block)

    async def drained(self) -> None:
        """Wait until the service has taken most of what was written, or is gone."""
        while self._write_paused and not self.closed and self.failure is None:
            self._writer = self._loop.create_future()
            await self._writer

    async def head(self) -> None:
        """
        Wait for status and headers.

        Raises:
            UpstreamError: they do not come.
        """
        while not self.has_head:
            if self.failure is not None:
                raise self.failure
            await self._more()

    async def part(self) -> bytes:
        """
        Wait for the next part of the body; empty at its end.

        Raises:
            UpstreamError: the body breaks off.
        """
        while not self._parts:
            if self.failure is not None:
                raise self.failure
            if self.done:
                return b""
            await self._more()
        block = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._buffered = 0
        if self._read_paused and self._transport is not None:
            self._read_paused = False
            self._transport.resume_reading()
        return block

    def fail(self, failure: Exception) -> None:
        """End the exchange, and the connection with it, for a reason of our own."""
        if self.failure is None:
            self.failure = failure
        self.close()
        self._wake()

    def close(self) -> None:
        """End the connection without waiting for what was written."""
        if self._transport is not None and not self.closed:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        if isinstance(transport, asyncio.Transport) or hasattr(transport, "write"):
            self._transport = transport  # type: ignore[assignment] # uvloop's transports are not asyncio's class

    def data_received(self, data: bytes) -> None:
        """Parse what came (asyncio calls this)."""
        if not self._busy:
            self.close()
            return
        if not self.has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fail(UpstreamMalformed("it switched protocols"))
        except httptools.HttpParserError as error:
            if not self.done:
                self.fail(UpstreamMalformed(type(error).__name__))
        if not self.has_head and self._head_bytes > MAX_HEAD_BYTES:
            self.fail(UpstreamMalformed(f"its headers are longer than {MAX_HEAD_BYTES} bytes"))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits (asyncio calls this)."""
        self.closed = True
        if not self.done and self.failure is None:
            reason = str(exc) if exc else "the connection was closed"
            if not self.has_head:
                self.failure = UpstreamDied(reason)
            elif self._ends_with_connection and exc is None:
                self.done = True
            else:
                self.failure = UpstreamCut(reason)
        self._wake()
        self._wake_writer()

    def pause_writing(self) -> None:
        """Hold back the request (asyncio calls this)."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Let the request go on (asyncio calls this)."""
        self._write_paused = False
        self._wake_writer()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header (the parser calls this)."""
        name = name.lower()
        if name in {b"content-length", b"transfer-encoding"}:
            self._ends_with_connection = False
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note the final head; an interim one (100, 103) is left out (the parser calls this)."""
        status = self._parser.get_status_code()
        if status < FINAL_STATUS:
            self.headers = []
            return
        self.status = status
        self.has_head = True
        if self._no_body:
            self.done = True

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, and stop reading when the caller lags behind (the parser calls this)."""
        self._parts.append(body)
        self._buffered += len(body)
        if self._buffered > HIGH_WATER_BYTES and not self._read_paused and self._transport is not None:
            self._read_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """Note the end of the answer (the parser calls this)."""
        if self.has_head and not self._no_body:
            self.done = True
            self._busy = False
            self._keep_alive = self._parser.should_keep_alive() and self.status not in OF_WHOM_EVER

    async def _more(self) -> None:
        self._reader = self._loop.create_future()
        await self._reader

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        if self.failure is not None:
            self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)
