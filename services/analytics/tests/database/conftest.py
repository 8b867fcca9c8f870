"""
A TCP proxy before the real database, which can go away, come back, and become slow.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest


class Proxy:
    """
    Listens on a port of its own.

    Args:
        uri: of the database behind it.
    """

    def __init__(self, uri: str) -> None:
        self._address = urlsplit(uri)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    @property
    def uri(self) -> str:
        """The database's address through this proxy."""
        user = self._address.netloc.rpartition("@")[0]
        return self._address._replace(netloc=f"{user}@127.0.0.1:{self.port}").geturl()

    async def come(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go(self) -> None:
        """Refuse new connections and break those that there are."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._server = None

    def hold(self) -> None:
        """Pass nothing on, and keep every connection."""
        self._flows.clear()

    def let_go(self) -> None:
        """Pass on again what was held."""
        self._flows.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._address.hostname, self._address.port or 27017)
        self._writers |= {writer, there[1]}
        with suppress(OSError):
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))
        self._writers -= {writer, there[1]}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(65536):
            await self._flows.wait()
            writer.write(block)
            await writer.drain()
        writer.close()


@pytest.fixture
async def proxy(mongodb_uri: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(mongodb_uri)
    await proxy.come()
    yield proxy
    proxy.let_go()
    await proxy.go()
