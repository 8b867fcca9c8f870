"""
uvicorn's HTTP protocol, writing once where it wrote twice.

uvicorn writes the head of an answer and its body apart, and each write is a packet and a system call. Collecting
what one turn of the event loop writes makes them one; docs/decisions has the measurement.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FULL_BYTES = 65536


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
        super().connection_made(Collecting(transport, self.loop))
