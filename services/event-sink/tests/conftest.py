"""
A store on the disk, with its writer, and envelopes to put into it.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from crashkit.wire.envelope import header_line, parse
from event_sink import intake
from event_sink.ledger import Ledger
from event_sink.schema import open_reader, open_writer
from event_sink.targets import BUGSINK_SHOWS, SPOTLIGHT_SHOWS, Target
from event_sink.writer import Writer

TARGETS = (
    Target("bugsink", "http://bugsink/api/{project_id}/envelope/", "b" * 32, BUGSINK_SHOWS),
    Target("spotlight", "http://spotlight/api/{project_id}/envelope/", None, SPOTLIGHT_SHOWS, max_age_s=900),
    Target("upstream", "https://sentry.example.com/api/7/envelope/", "c" * 32, None),
)


def new_id() -> str:
    return uuid.uuid4().hex


def pack(header: dict, *items: tuple[str, object]) -> bytes:
    """
    An envelope of items given as (type, payload); a payload that is no bytes becomes JSON.
    """
    pieces = [header_line(header)]
    for item_type, payload in items:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        pieces += [header_line({"type": item_type, "length": len(body)}), body, b"\n"]
    return b"".join(pieces)


@dataclass
class Store:
    """The store as the sink has it, without HTTP."""

    path: Path
    writer: Writer
    ledger: Ledger
    targets: tuple[Target, ...] = TARGETS
    now: float = 1_000_000.0
    connections: list = field(default_factory=list)

    def put(self, raw: bytes, project_id: int = 2, service: str = "game-engine") -> intake.Stored:
        arrival = intake.prepare(parse(raw), project_id, service, self.now)
        return self.do(lambda connection, changes: intake.store(connection, changes, arrival, self.targets))

    def do(self, work: Callable) -> object:
        return self.writer.submit(work).result(10)

    def read(self):
        connection = open_reader(self.path)
        self.connections.append(connection)
        return connection


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "sink.sqlite3"
    connection = open_writer(path)
    ledger = Ledger(connection)
    writer = Writer(connection, ledger)
    writer.start()
    made = Store(path, writer, ledger)
    yield made
    for reader in made.connections:
        reader.close()
    writer.stop()


@pytest.fixture
def envelope_of() -> Callable[..., bytes]:
    return pack


@pytest.fixture
def fresh_id() -> Callable[[], str]:
    return new_id
