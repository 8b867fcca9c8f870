"""
The parts of a running sink, started and stopped together.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import aiohttp
from aiohttp import web

from event_sink.forward import TIMEOUT, Forwarder
from event_sink.holding import hold
from event_sink.ledger import Ledger
from event_sink.misbehaviour import Misbehaviour
from event_sink.projects import names
from event_sink.reader import Reader
from event_sink.retention import Bounds, keep_bounds
from event_sink.schema import open_writer
from event_sink.settings import Settings
from event_sink.targets import Target, configured
from event_sink.writer import Writer

_FORWARD_STOP_S: Final = 3.0
FORWARDED_BY: Final = "X-Event-Sink"


@dataclass
class Sink:
    """What handlers need. Made before the server, stopped after it."""

    settings: Settings
    project_names: Mapping[int, str]
    targets: tuple[Target, ...]
    ledger: Ledger
    writer: Writer
    reader: Reader
    # Keeps every other sink from the store until this process ends.
    held: int
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    # Envelopes that unpack to more than a few MiB come and go one at a time: memory has a limit.
    large_in: asyncio.Lock = field(default_factory=asyncio.Lock)
    started_at: float = field(default_factory=time.time)
    draining: bool = False
    # Goes along with what is forwarded: an upstream DSN that points back here would send it round for ever.
    instance: str = field(default_factory=lambda: uuid.uuid4().hex)
    forwarders: list[Forwarder] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    session: aiohttp.ClientSession | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """
        Open the store and read the catalogue.

        Raises:
            StoreError: the store cannot be opened, or another sink has it.
            CatalogError: the catalogue has no project names.
        """
        project_names = names(settings.catalog_dir)
        held = hold(settings.db_path)
        connection = open_writer(settings.db_path)
        ledger = Ledger(connection)
        writer = Writer(connection, ledger)
        return cls(settings, project_names, configured(settings), ledger, writer, Reader(settings.db_path), held)

    def service_of(self, project_id: int) -> str:
        return self.project_names.get(project_id, f"project-{project_id}")

    async def start(self) -> None:
        self.writer.start()
        # Shorter than any target keeps a connection (gunicorn 2 s, Node 5 s): none is reused that is being closed.
        connector = aiohttp.TCPConnector(keepalive_timeout=1.5)
        self.session = aiohttp.ClientSession(
            headers={FORWARDED_BY: self.instance},
            connector=connector,
            timeout=TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        large_out = asyncio.Lock()
        self.forwarders = [
            Forwarder(target, self.writer, self.reader, self.session, large_out) for target in self.targets
        ]
        bounds = Bounds(self.settings.retain_mib, self.settings.retain_h)
        self.tasks = [asyncio.create_task(forwarder.run(), name=forwarder.target.name) for forwarder in self.forwarders]
        self.tasks.append(asyncio.create_task(keep_bounds(self.writer, bounds), name="retention"))

    def wake_forwarders(self) -> None:
        for forwarder in self.forwarders:
            forwarder.wake()

    async def stop(self) -> None:
        """
        Stop forwarding, finish what the writer has, close the store. What is still owed goes on after the next start.
        """
        for forwarder in self.forwarders:
            forwarder.stop()
        if self.forwarders:
            await asyncio.wait(self.tasks[:-1], timeout=_FORWARD_STOP_S)
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.session:
            await self.session.close()
        # The last connection to close folds the write-ahead log into the file; a reader cannot.
        await asyncio.to_thread(self.reader.stop)
        await asyncio.to_thread(self.writer.stop)


SINK = web.AppKey("sink", Sink)
