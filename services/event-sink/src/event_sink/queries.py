"""
Questions about what is in the store.
"""

import json
import sqlite3
import zlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from event_sink.facts import CONTAINER_TYPES, JSON_TYPES

MOST_ITEMS: Final = 1000

_COLUMNS: Final = (
    "items.seq, items.received_at, envelopes.envelope_id, items.project_id, items.service, items.type, items.event_id,"
    " items.trace_id, items.run, items.scenario, items.scenario_case, items.level, items.exception_type, items.title,"
    " items.handled, items.size, items.start, items.envelope_seq, items.position"
)
_FROM: Final = "FROM items JOIN envelopes ON envelopes.seq = items.envelope_seq"

_OF_TRACE: Final = (
    "items.seq IN (SELECT item_seq FROM traces WHERE trace_id = :trace) OR items.own_profiler IN ("
    "SELECT named.names_profiler FROM items AS named JOIN traces ON named.seq = traces.item_seq"
    " WHERE traces.trace_id = :trace AND named.names_profiler IS NOT NULL)"
)

# A JSON object made for the answer.
View = dict[str, Any]


@dataclass(frozen=True)
class Filter:
    """Which items are asked for. What is ``None`` does not matter."""

    trace: str | None = None
    event_id: str | None = None
    service: str | None = None
    run: str | None = None
    scenario: str | None = None
    case: str | None = None
    type: str | None = None
    level: str | None = None
    since_seq: int = 0
    limit: int = 100


_CONDITIONS: Final = {
    "trace": "items.seq IN (SELECT item_seq FROM traces WHERE trace_id = :trace)",
    "event_id": "items.event_id = :event_id",
    "service": "items.service = :service",
    "run": "items.run = :run",
    # A scenario's id in the catalogue has its service in front; the tag need not. The first half finds the index.
    "scenario": "items.scenario IN (:scenario, substr(:scenario, instr(:scenario, '/') + 1))"
    " AND :scenario IN (items.scenario, items.service || '/' || items.scenario)",
    "case": "items.scenario_case = :case",
    "type": "items.type = :type",
    "level": "items.level = :level",
}


def items(connection: sqlite3.Connection, wanted: Filter) -> list[View]:
    """
    The items that fit, oldest first, without their payloads.
    """
    values = {**asdict(wanted), "limit": min(wanted.limit, MOST_ITEMS)}
    conditions = [condition for name, condition in _CONDITIONS.items() if values[name] is not None]
    where = " AND ".join(["items.seq > :since_seq", *conditions])
    rows = connection.execute(f"SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY items.seq LIMIT :limit", values)
    return [_view(row) for row in rows]


def trace(connection: sqlite3.Connection, trace_id: str) -> list[View]:
    """
    Everything of one trace, with payloads: its items, and the profile chunks of profilers that its items name.

    Containers (logs, spans) hold only the records of this trace.
    """
    query = f"SELECT {_COLUMNS} {_FROM} WHERE {_OF_TRACE} ORDER BY items.seq LIMIT :most"
    rows = connection.execute(query, {"trace": trace_id, "most": MOST_ITEMS}).fetchall()
    views = _with_payloads(connection, rows)
    for view in views:
        if view["type"] in CONTAINER_TYPES and isinstance(view["payload"], dict):
            _keep_records_of(trace_id, view["payload"])
    return views


def event(connection: sqlite3.Connection, event_id: str) -> View | None:
    """
    The item with this event id, with its payload and what became of it at each target.
    """
    query = (
        f"SELECT {_COLUMNS} {_FROM} WHERE items.event_id = ?"
        " ORDER BY items.type IN ('event', 'transaction') DESC, items.seq LIMIT 1"
    )
    rows = connection.execute(query, (event_id,)).fetchall()
    if not rows:
        return None
    (view,) = _with_payloads(connection, rows)
    view["targets"] = _targets(connection, rows[0])
    return view


def raw_envelope(connection: sqlite3.Connection, envelope_id: str) -> bytes | None:
    """
    Every byte of an envelope as it came, after decompression.
    """
    row = connection.execute("SELECT body FROM envelopes WHERE envelope_id = ?", (envelope_id,)).fetchone()
    return zlib.decompress(row["body"]) if row else None


def _view(row: sqlite3.Row) -> View:
    view = {key: row[key] for key in row.keys() if key not in ("start", "envelope_seq", "position", "scenario_case")}  # noqa: SIM118 a Row iterates over its values
    view["case"] = row["scenario_case"]
    view["size_bytes"] = view.pop("size")
    view["handled"] = None if row["handled"] is None else bool(row["handled"])
    return view


def _with_payloads(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[View]:
    views = []
    opened: tuple[int, bytes] = (0, b"")
    for row in rows:
        if opened[0] != row["envelope_seq"]:
            body = connection.execute("SELECT body FROM envelopes WHERE seq = ?", (row["envelope_seq"],)).fetchone()[
                "body"
            ]
            opened = (row["envelope_seq"], zlib.decompress(body))
        # What is no JSON (an attachment) is to be had as raw envelope.
        is_json = row["type"] in JSON_TYPES
        payload = opened[1][row["start"] : row["start"] + row["size"]] if is_json else b"null"
        views.append({**_view(row), "payload": json.loads(payload)})
    return views


def _keep_records_of(trace_id: str, payload: View) -> None:
    records = payload.get("items", [])
    same = [record for record in records if str(record.get("trace_id", "")).replace("-", "").lower() == trace_id]
    payload["items"] = same


def _targets(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, View]:
    query = (
        "SELECT target, state, reason, attempts FROM deliveries"
        " WHERE envelope_seq = ? AND EXISTS (SELECT 1 FROM json_each(positions) WHERE value = ?)"
    )
    rows = connection.execute(query, (row["envelope_seq"], row["position"]))
    return {found["target"]: {key: found[key] for key in ("state", "reason", "attempts")} for found in rows}
