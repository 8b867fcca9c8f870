"""
The connections to one service: those that wait for work, and how a new one is made.
"""

import asyncio
from urllib.parse import urlsplit

from gateway.upstream.connection import Connection
from gateway.upstream.errors import UpstreamUnreachable

MAX_IDLE = 64
IDLE_S = 4.0
"""Below the five seconds after which uvicorn and Node close an idle connection, so that we close first."""


class Upstream:
    """
    One service behind the gateway.

    Args:
        name: its name in the catalogue.
        url: ``http://host:port``, perhaps with a path that goes before every path.
        connect_timeout_s: seconds until a connection must stand.
    """

    def __init__(self, name: str, url: str, connect_timeout_s: float) -> None:
        parts = urlsplit(url)
        self.name = name
        self.host = parts.hostname or ""
        self.tls = parts.scheme == "https"
        self.port = parts.port or (443 if self.tls else 80)
        self.authority = parts.netloc.rpartition("@")[2].encode()
        self.base_path = parts.path.rstrip("/").encode()
        self._connect_timeout_s = connect_timeout_s
        self._idle: list[Connection] = []

    async def acquire(self) -> Connection:
        """
        Take a waiting connection, or make one.

        Raises:
            UpstreamUnreachable: none can be made.
        """
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and now - connection.idle_since < IDLE_S:
                return connection
            connection.close()
        return await self._connect()

    def release(self, connection: Connection) -> None:
        """Keep a connection for the next request, where its exchange ended well; close it otherwise."""
        if connection.reusable and len(self._idle) < MAX_IDLE:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close the waiting connections."""
        while self._idle:
            self._idle.pop().close()

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop), self.host, self.port, ssl=True if self.tls else None
                )
        except TimeoutError:
            raise UpstreamUnreachable(f"no connection within {self._connect_timeout_s:g} s") from None
        except OSError as error:
            raise UpstreamUnreachable(error.strerror or type(error).__name__) from None
        return connection
