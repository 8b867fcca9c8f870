"""
How the store stays inside its bounds of size and age.
"""

import asyncio
import logging
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from event_sink.deliveries import settle
from event_sink.ledger import Changes
from event_sink.limits import MIB
from event_sink.writer import StoreUnavailableError, Writer

LOG = logging.getLogger(__name__)
_AT_A_TIME: Final = 50
_LOOK_EVERY_S: Final = 20.0


@dataclass(frozen=True)
class Bounds:
    """
    Args:
        most_mib: size of the store's used pages (MiB).
        most_h: age of an envelope (hours).
    """

    most_mib: int
    most_h: float


def used_bytes(connection: sqlite3.Connection) -> int:
    """
    The bytes that rows and indexes take; free pages do not count.
    """
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def trim(connection: sqlite3.Connection, changes: Changes, bounds: Bounds, now: float) -> int:
    """
    Remove the oldest envelopes that are out of bounds, a few at a time so that arrivals need not wait.

    What a target never got is counted as dropped there, and each removed item in ``removed``.

    Returns:
        How many envelopes went; 0 when everything is inside the bounds.
    """
    crowded = used_bytes(connection) > bounds.most_mib * MIB
    condition = "1" if crowded else "received_at < :oldest"
    rows = connection.execute(
        f"SELECT seq FROM envelopes WHERE {condition} ORDER BY seq LIMIT :most",  # noqa: S608 one of two literals
        {"oldest": now - bounds.most_h * 3600, "most": _AT_A_TIME},
    ).fetchall()
    for (envelope_seq,) in rows:
        _remove(connection, changes, envelope_seq)
    if rows:
        connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
    return len(rows)


def _remove(connection: sqlite3.Connection, changes: Changes, envelope_seq: int) -> None:
    pending = connection.execute(
        "SELECT seq FROM deliveries WHERE envelope_seq = ? AND state = 'pending'", (envelope_seq,)
    ).fetchall()
    for (delivery_seq,) in pending:
        settle(connection, changes, delivery_seq, "dropped", "retention")
    for item_type, service in connection.execute(
        "SELECT type, service FROM items WHERE envelope_seq = ?", (envelope_seq,)
    ):
        changes.add("removed", item_type=item_type, service=service)
    connection.execute(
        "DELETE FROM traces WHERE item_seq IN (SELECT seq FROM items WHERE envelope_seq = ?)", (envelope_seq,)
    )
    for table in ("items", "deliveries"):
        connection.execute(f"DELETE FROM {table} WHERE envelope_seq = ?", (envelope_seq,))  # noqa: S608 two literals
    connection.execute("DELETE FROM envelopes WHERE seq = ?", (envelope_seq,))


async def keep_bounds(writer: Writer, bounds: Bounds) -> None:
    """
    Look after the bounds until cancelled; also saves counts that no transaction has carried yet.
    """
    while True:
        try:
            while removed := await writer.run(
                lambda connection, changes: trim(connection, changes, bounds, time.time())
            ):
                LOG.info("old envelopes were removed", extra={"envelopes": removed})
        except StoreUnavailableError:
            LOG.warning("the store could not be trimmed")
        await asyncio.sleep(_LOOK_EVERY_S)
