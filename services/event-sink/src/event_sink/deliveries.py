"""
The rows that say what is still owed to a target.
"""

import json
import sqlite3
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from crashkit.wire.envelope import header_line, parse

from event_sink.ledger import Changes

Settled = Literal["delivered", "refused", "dropped"]


@dataclass(frozen=True)
class Delivery:
    """Some items of one envelope, owed to one target."""

    seq: int
    target: str
    envelope_seq: int
    project_id: int
    category: str
    positions: tuple[int, ...]
    received_at: float
    attempts: int


def due(
    connection: sqlite3.Connection,
    target: str,
    *,
    now: float,
    limited: Collection[str],
    held_projects: Collection[int],
    most: int,
) -> list[Delivery]:
    """
    What can be sent now, longest due first; categories and projects that must wait are left out.
    """
    rows = connection.execute(
        "SELECT seq, target, envelope_seq, project_id, category, positions, received_at, attempts FROM deliveries"
        " WHERE state = 'pending' AND target = ? AND due_at <= ?"
        " AND category NOT IN (SELECT value FROM json_each(?)) AND project_id NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY due_at, seq LIMIT ?",
        (target, now, json.dumps(sorted(limited)), json.dumps(sorted(held_projects)), most),
    )
    return [
        Delivery(
            row["seq"],
            row["target"],
            row["envelope_seq"],
            row["project_id"],
            row["category"],
            tuple(json.loads(row["positions"])),
            row["received_at"],
            row["attempts"],
        )
        for row in rows
    ]


def next_due(connection: sqlite3.Connection, target: str, now: float) -> float | None:
    """
    When the next delivery that waits by itself is due (unix s).
    """
    row = connection.execute(
        "SELECT min(due_at) AS due_at FROM deliveries WHERE state = 'pending' AND target = ? AND due_at > ?",
        (target, now),
    ).fetchone()
    return None if row["due_at"] is None else float(row["due_at"])


def body(connection: sqlite3.Connection, delivery: Delivery, key: str | None, now: float) -> bytes | None:
    """
    The envelope as the target shall have it: the delivery's items untouched, under a header that knows only the
    target's key.

    Returns:
        ``None`` if the envelope was removed in the meantime.
    """
    row = connection.execute(
        "SELECT received_at, body FROM envelopes WHERE seq = ?", (delivery.envelope_seq,)
    ).fetchone()
    if row is None:
        return None
    envelope = parse(zlib.decompress(row["body"]))
    header = {name: value for name, value in envelope.header.items() if name not in ("dsn", "book")}
    if isinstance(header.get("trace"), dict):
        others = {name: value for name, value in header["trace"].items() if name != "public_key"}
        header["trace"] = {**others, "public_key": key} if key else others
    if "sent_at" in header:
        header["sent_at"] = _moved(header["sent_at"], now - row["received_at"])
    pieces: list[bytes | memoryview] = [header_line(header)]
    for position in delivery.positions:
        item = envelope.items[position]
        pieces += [header_line({**item.header, "length": item.size}), envelope.view(item), b"\n"]
    return b"".join(pieces)


def _moved(sent_at: object, by_s: float) -> object:
    """
    Move ``sent_at`` by the time the envelope lay here: Sentry takes the difference to its own clock for clock drift.
    """
    try:
        moment = datetime.fromisoformat(str(sent_at))
    except ValueError:
        return sent_at
    return (moment + timedelta(seconds=by_s)).isoformat().replace("+00:00", "Z")


def settle(
    connection: sqlite3.Connection, changes: Changes, delivery_seq: int, state: Settled, reason: str = ""
) -> bool:
    """
    Close a delivery, and move its items from the pending ones to where they belong.

    Returns:
        False if it was closed before.
    """
    row = connection.execute(
        "UPDATE deliveries SET state = ?, reason = ?, attempts = attempts + 1 WHERE seq = ? AND state = 'pending'"
        " RETURNING target, envelope_seq, positions",
        (state, reason, delivery_seq),
    ).fetchone()
    if row is None:
        return False
    target, envelope_seq, positions = row
    items = connection.execute(
        "SELECT type, service FROM items WHERE envelope_seq = ? AND position IN (SELECT value FROM json_each(?))",
        (envelope_seq, positions),
    )
    for item_type, service in items.fetchall():
        changes.add("pending", -1, target=target, item_type=item_type, service=service)
        changes.add(state, target=target, item_type=item_type, service=service, reason=reason)
    return True


def postpone(connection: sqlite3.Connection, delivery_seq: int, due_at: float, reason: str) -> None:
    """
    Try a delivery again later (unix s).
    """
    connection.execute(
        "UPDATE deliveries SET due_at = ?, reason = ?, attempts = attempts + 1 WHERE seq = ? AND state = 'pending'",
        (due_at, reason, delivery_seq),
    )


def drop_old(connection: sqlite3.Connection, changes: Changes, target: str, before: float, most: int) -> int:
    """
    Drop and count what came before ``before`` (unix s) and was never delivered; ``most`` at a time.
    """
    rows = connection.execute(
        "SELECT seq FROM deliveries WHERE state = 'pending' AND target = ? AND received_at < ? LIMIT ?",
        (target, before, most),
    ).fetchall()
    return sum(settle(connection, changes, seq, "dropped", "too_old") for (seq,) in rows)


def save_limits(connection: sqlite3.Connection, target: str, until: Mapping[str, float]) -> None:
    """
    Remember a target's rate limits (category to unix s) over a restart.
    """
    connection.executemany(
        "INSERT OR REPLACE INTO rate_limits (target, category, until) VALUES (?, ?, ?)",
        [(target, category, moment) for category, moment in until.items()],
    )


def load_limits(connection: sqlite3.Connection, target: str, now: float) -> dict[str, float]:
    """
    The limits that were in force before a restart and still are.
    """
    rows = connection.execute("SELECT category, until FROM rate_limits WHERE target = ? AND until > ?", (target, now))
    return {row[0]: row[1] for row in rows}


def has_older(connection: sqlite3.Connection, target: str, before: float) -> bool:
    """
    Whether something that came before ``before`` (unix s) is still owed.
    """
    row = connection.execute(
        "SELECT 1 FROM deliveries WHERE state = 'pending' AND target = ? AND received_at < ? LIMIT 1", (target, before)
    ).fetchone()
    return row is not None


def envelope_size(connection: sqlite3.Connection, delivery: Delivery) -> int:
    """
    Size of the whole envelope, unpacked (bytes); 0 if it was removed.
    """
    row = connection.execute("SELECT size FROM envelopes WHERE seq = ?", (delivery.envelope_seq,)).fetchone()
    return int(row["size"]) if row else 0
