"""
One arrived envelope on its way into the store.
"""

import json
import sqlite3
import uuid
import zlib
from dataclasses import dataclass

from crashkit.wire.envelope import Envelope, Item

from event_sink.books import book_id
from event_sink.facts import Facts, read
from event_sink.ledger import Account, Changes
from event_sink.limits import category
from event_sink.targets import Target

# Fast rather than small: the text of events packs to a fifth at any level.
_PACK_LEVEL = 1


@dataclass(frozen=True)
class Arrival:
    """An envelope that was understood and may be stored."""

    envelope_id: str
    received_at: float
    project_id: int
    service: str
    envelope: Envelope
    facts: tuple[Facts, ...]
    packed: bytes
    book: str = ""


@dataclass(frozen=True)
class Stored:
    """What the store did with an arrival."""

    new_items: int
    duplicates: int


def prepare(envelope: Envelope, project_id: int, service: str, received_at: float) -> Arrival:
    """
    Read and pack an envelope; all that takes time happens here, before the store is asked.

    Raises:
        MalformedEnvelopeError: a payload that must be JSON is not.
    """
    facts = tuple(read(envelope, item) for item in envelope.items)
    packed = zlib.compress(envelope.raw, _PACK_LEVEL)
    return Arrival(
        uuid.uuid4().hex,
        received_at,
        project_id,
        service,
        envelope,
        facts,
        packed,
        book_id(envelope.header.get("book")),
    )


def store(connection: sqlite3.Connection, changes: Changes, arrival: Arrival, targets: tuple[Target, ...]) -> Stored:
    """
    Write an arrival: its bytes, its items, what is owed to each target, and the accounts.

    Items whose id is known are counted as duplicates and not written again; an envelope of nothing else is not kept.
    """
    fresh = _fresh(connection, arrival)
    for position, item in enumerate(arrival.envelope.items):
        service = arrival.facts[position].service or arrival.service
        account: Account = "received" if position in fresh else "duplicate"
        changes.add(account, item_type=item.type, service=service, book=arrival.book)
    if fresh:
        envelope_seq = _write_envelope(connection, arrival)
        for position in sorted(fresh):
            _write_item(connection, changes, arrival, envelope_seq, position)
        for target in targets:
            _owe(connection, changes, arrival, envelope_seq=envelope_seq, fresh=fresh, target=target)
    return Stored(len(fresh), len(arrival.envelope.items) - len(fresh))


def _fresh(connection: sqlite3.Connection, arrival: Arrival) -> set[int]:
    """
    The positions of the items that are not in the store yet. An attachment goes with its event.
    """
    seen: set[tuple[str, str]] = set()
    known: set[int] = set()
    for position, (item, facts) in enumerate(zip(arrival.envelope.items, arrival.facts, strict=True)):
        if facts.unique_id is None:
            continue
        key = (item.type, facts.unique_id)
        row = connection.execute(
            "SELECT 1 FROM items WHERE type = ? AND unique_id = ? AND project_id = ?", (*key, arrival.project_id)
        ).fetchone()
        if row or key in seen:
            known.add(position)
        seen.add(key)
    every = set(range(len(arrival.envelope.items)))
    bearers = {position for position in every if arrival.envelope.items[position].type in ("event", "transaction")}
    if bearers and bearers <= known:
        known |= {position for position in every if arrival.envelope.items[position].type == "attachment"}
    return every - known


def _write_envelope(connection: sqlite3.Connection, arrival: Arrival) -> int:
    cursor = connection.execute(
        "INSERT INTO envelopes (envelope_id, received_at, project_id, size, body) VALUES (?, ?, ?, ?, ?)",
        (arrival.envelope_id, arrival.received_at, arrival.project_id, len(arrival.envelope.raw), arrival.packed),
    )
    return int(cursor.lastrowid or 0)


def _write_item(
    connection: sqlite3.Connection, changes: Changes, arrival: Arrival, envelope_seq: int, position: int
) -> None:
    item, facts = arrival.envelope.items[position], arrival.facts[position]
    row = {
        "envelope_seq": envelope_seq,
        "position": position,
        "received_at": arrival.received_at,
        "project_id": arrival.project_id,
        "type": item.type,
        "start": item.start,
        "size": item.size,
        "service": facts.service or arrival.service,
        "event_id": facts.event_id,
        "trace_id": facts.trace_ids[0] if facts.trace_ids else None,
        "run": facts.run,
        "scenario": facts.scenario,
        "scenario_case": facts.case,
        "level": facts.level,
        "exception_type": facts.exception_type,
        "title": facts.title,
        "handled": facts.handled,
        "names_profiler": facts.names_profiler,
        "own_profiler": facts.own_profiler,
        "unique_id": facts.unique_id,
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    # Column names are the literals above.
    cursor = connection.execute(f"INSERT INTO items ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
    pairs = [(trace_id, cursor.lastrowid) for trace_id in facts.trace_ids]
    connection.executemany("INSERT INTO traces (trace_id, item_seq) VALUES (?, ?)", pairs)
    if arrival.book and item.type == "event" and facts.scenario and not facts.is_consequence:
        case = "/".join(part for part in (facts.scenario, facts.case) if part)
        changes.add("fault_event", item_type="event", service=arrival.service, reason=case, book=arrival.book)
    for reason, lost_category, quantity in facts.discarded:
        changes.add("discarded_by_sdk", quantity, item_type=lost_category, service=arrival.service, reason=reason)


def _owe(
    connection: sqlite3.Connection,
    changes: Changes,
    arrival: Arrival,
    *,
    envelope_seq: int,
    fresh: set[int],
    target: Target,
) -> None:
    """
    Write what a target is owed: one delivery a rate-limit category, so that a limit on one does not hold up another.
    """
    units: dict[str, list[int]] = {}
    for position in sorted(fresh):
        item = arrival.envelope.items[position]
        service = arrival.facts[position].service or arrival.service
        changes.add("offered", target=target.name, item_type=item.type, service=service)
        account: Account = "pending" if target.takes(item.type) else "filtered"
        changes.add(account, target=target.name, item_type=item.type, service=service)
        if target.takes(item.type):
            units.setdefault(_unit(arrival.envelope, item), []).append(position)
    connection.executemany(
        "INSERT INTO deliveries (target, envelope_seq, project_id, category, positions, received_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (target.name, envelope_seq, arrival.project_id, unit, json.dumps(positions), *[arrival.received_at] * 2)
            for unit, positions in units.items()
        ],
    )


def _unit(envelope: Envelope, item: Item) -> str:
    """
    The category an item is delivered under. Sentry takes an attachment only together with its event.
    """
    if item.type == "attachment":
        bearers = (other.type for other in envelope.items if other.type in ("event", "transaction"))
        return category(next(bearers, item.type))
    return category(item.type)
