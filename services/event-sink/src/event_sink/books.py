"""
The books of processes: what each told of its own items, and what came from it. Whoever holds the one against the other
sees what is missing (docs/accounts.md).
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from event_sink.ledger import Changes, Key

# A book lives as long as its pod. What is older than this many is kept as a part of the sums only.
MOST_BOOKS: Final = 300
_ID: Final = re.compile(r"[0-9a-f]{32}")
_LARGEST: Final = 2**53

View = dict[str, Any]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Number = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]


class Figures(BaseModel):
    """What a process tells; sums since its book was begun."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    book: str = Field(pattern=r"^[0-9a-f]{32}$")
    instance: str = Field("", max_length=253, description="Name of the pod.")
    lasting: bool = Field(description="Whether the book outlives the process.")
    on_disk: int = Field(ge=0, le=_LARGEST, description="Events that wait in the spool.")
    every_s: float = Field(gt=0, le=3600, description="Who is silent for longer than this is gone (s).")
    counts: dict[Name, Number] = Field(max_length=600)


def book_id(found: object) -> str:
    """
    The book that an envelope's header names; empty where it names none.
    """
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def keep(connection: sqlite3.Connection, changes: Changes, figures: Figures, service: str, now: float) -> None:
    """
    Store what a process told, in place of what it told before.

    Args:
        connection: of the writer.
        changes: of the transaction.
        figures: what it told.
        service: name of its project.
        now: unix time (s).
    """
    connection.execute(
        "INSERT OR REPLACE INTO books (book, service, told_at, figures) VALUES (?, ?, ?, ?)",
        (figures.book, service, now, figures.model_dump_json()),
    )
    old = connection.execute("SELECT book FROM books ORDER BY told_at DESC LIMIT -1 OFFSET ?", (MOST_BOOKS,))
    for (book,) in old.fetchall():
        _fold(connection, changes, book)


def _fold(connection: sqlite3.Connection, changes: Changes, book: str) -> None:
    """
    Forget a book; what came from it stays in the sums of its service.
    """
    rows = connection.execute(
        "SELECT account, target, item_type, service, reason, book, n FROM counters WHERE book = ?", (book,)
    )
    for *parts, n in rows.fetchall():
        key = Key(*parts)
        changes[key] -= n
        if key.account != "fault_event":
            changes[key._replace(book="")] += n
    connection.execute("DELETE FROM books WHERE book = ?", (book,))


def read(connection: sqlite3.Connection) -> Mapping[str, sqlite3.Row]:
    """
    What was told, by book.
    """
    return {row["book"]: row for row in connection.execute("SELECT book, service, told_at, figures FROM books")}


def view(told: Mapping[str, sqlite3.Row], counts: Mapping[Key, int]) -> View:
    """
    Every book with what came from it, and what came from processes without one.
    """
    came: dict[str, list[tuple[Key, int]]] = {}
    for key, n in counts.items():
        if key.account in ("received", "duplicate", "fault_event"):
            came.setdefault(key.book, []).append((key, n))
    known = sorted({*told, *came} - {""})
    return {
        "books": [_of_book(book, told.get(book), came.get(book, [])) for book in known],
        "without_book": _by_service(came.get("", []), counts),
    }


def _of_book(book: str, row: sqlite3.Row | None, came: list[tuple[Key, int]]) -> View:
    services = [key.service for key, _ in came]
    return {
        "book": book,
        "service": row["service"] if row else services[0],
        "told_at": row["told_at"] if row else None,
        "figures": json.loads(row["figures"]) if row else None,
        "received": _sum(came, "received"),
        "duplicates": _sum(came, "duplicate"),
        "fault_events": _sum(came, "fault_event", "reason"),
    }


def _by_service(came: list[tuple[Key, int]], counts: Mapping[Key, int]) -> View:
    services = sorted({key.service for key, _ in came})
    own = {service: [(key, n) for key, n in came if key.service == service] for service in services}
    return {
        service: {
            "received": _sum(pairs, "received"),
            "duplicates": _sum(pairs, "duplicate"),
            "discarded_by_sdk": _reported(counts, service),
        }
        for service, pairs in own.items()
    }


def _reported(counts: Mapping[Key, int], service: str) -> dict[str, dict[str, int]]:
    """
    What the SDKs of a service reported as lost: category to reason to number.
    """
    found: dict[str, dict[str, int]] = {}
    for key, n in counts.items():
        if (key.account, key.service) == ("discarded_by_sdk", service):
            found.setdefault(key.item_type, {})[key.reason] = n
    return found


def _sum(came: Iterable[tuple[Key, int]], account: str, by: str = "item_type") -> dict[str, int]:
    total: dict[str, int] = {}
    for key, n in came:
        if key.account == account:
            total[getattr(key, by)] = total.get(getattr(key, by), 0) + n
    return dict(sorted(total.items()))
