"""
Reading threads with a connection each, so that a long query holds up neither the loop nor the writer.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from event_sink.schema import open_reader

T = TypeVar("T")


class Reader:
    """Runs queries on the store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="store-reader", initializer=self._open)

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, query)

    def stop(self) -> None:
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _open(self) -> None:
        self._local.connection = open_reader(self._path)
        self._connections.append(self._local.connection)

    def _ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return query(self._local.connection)
