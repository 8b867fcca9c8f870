"""
uvicorn's HTTP protocol with three differences.

It writes once where uvicorn writes twice: head and body of an answer are one packet and one system call
(docs/decisions has the measurement). It refuses a head that does not end. And what is not HTTP is refused as
everything else is: as a problem with a trace id.
"""

import asyncio
import json
import secrets
from http import HTTPStatus
from typing import Any

from crashkit.problem import MEDIA_TYPE, Problem
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FULL_BYTES = 65536
MAX_HEAD_BYTES = 65536


class Collecting(asyncio.Transport):
    """
    A transport that writes at the end of the turn.

    Args:
        transport: that really writes.
        loop: the running loop.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._blocks: list[bytes | bytearray | memoryview] = []
        self._held_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the block until the turn ends, or until there is enough."""
        if not self._blocks:
            self._loop.call_soon(self._flush)
        self._blocks.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > FULL_BYTES:
            self._flush()

    def _flush(self) -> None:
        blocks, self._blocks = self._blocks, []
        self._held_bytes = 0
        if blocks:
            self._transport.write(blocks[0] if len(blocks) == 1 else b"".join(blocks))

    def close(self) -> None:
        """Write what is kept, then close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._blocks = []
        self._transport.abort()

    def is_closing(self) -> bool:
        """Ask the transport."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # Any: as asyncio has it
        """Ask the transport."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Tell the transport."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Tell the transport."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Tell the transport."""
        self._transport.set_protocol(protocol)


class Protocol(HttpToolsProtocol):
    """One connection of a caller."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Put the collecting transport between (asyncio calls this)."""
        self._head_bytes = 0
        self._in_head = False
        super().connection_made(Collecting(transport, self.loop))

    def on_message_begin(self) -> None:
        """Begin to count a head (the parser calls this)."""
        self._head_bytes = 0
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End to count it (the parser calls this)."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Parse what came (asyncio calls this)."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response(f"The headers have more than {MAX_HEAD_BYTES} bytes; send fewer")

    def send_400_response(self, msg: str) -> None:
        """
        Refuse what cannot be read, and close.

        Args:
            msg: why.
        """
        trace_id = secrets.token_hex(16)
        body = json.dumps(Problem(HTTPStatus.BAD_REQUEST, "malformed-request", msg).body(trace_id)).encode() + b"\n"
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"x-trace-id: {trace_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
