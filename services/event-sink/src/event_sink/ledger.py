"""
The accounts: how many items came, and what became of each.

Counts that describe rows change in the rows' own transaction, so that the sums are exact also after a kill.
"""

import sqlite3
import threading
from collections import Counter
from typing import Final, Literal, NamedTuple

# Whoever knows the DSN may name any book: so many are told apart.
_MOST_BOOKS: Final = 1000
Account = Literal[
    "received",
    "duplicate",
    "removed",
    "rejected",
    "discarded_by_sdk",
    "offered",
    "pending",
    "delivered",
    "refused",
    "filtered",
    "dropped",
    "fault_event",
]


class Key(NamedTuple):
    """What is counted. Parts that do not apply are empty."""

    account: str
    target: str = ""
    item_type: str = ""
    service: str = ""
    reason: str = ""
    # Of the process that sent it, where that keeps one (books.py).
    book: str = ""


class Changes(Counter[Key]):
    """Counts of one transaction."""

    def add(
        self,
        account: Account,
        n: int = 1,
        *,
        target: str = "",
        item_type: str = "",
        service: str = "",
        reason: str = "",
        book: str = "",
    ) -> None:
        self[Key(account, target, item_type, service, reason, book)] += n


class Ledger:
    """All counts, in memory as in the store; read by requests, changed by the writer's commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT account, target, item_type, service, reason, book, n FROM counters")
        self._saved: Counter[Key] = Counter({Key(*row[:6]): row[6] for row in rows})
        self._unsaved = Changes()
        self._books = {key.book for key, n in self._saved.items() if n}
        self._lock = threading.Lock()

    def takes(self, book: str) -> bool:
        """
        Whether a book is known, or there is room for one more.
        """
        with self._lock:
            return book in self._books or len(self._books) < _MOST_BOOKS

    def count(self, account: Account, *, item_type: str = "", service: str = "", reason: str = "") -> None:
        """
        Count what has no row of its own, such as a refused request. It reaches the store with the next commit.
        """
        with self._lock:
            self._unsaved.add(account, item_type=item_type, service=service, reason=reason)

    @property
    def has_unsaved(self) -> bool:
        return bool(self._unsaved)

    def take_unsaved(self) -> Changes:
        with self._lock:
            taken, self._unsaved = self._unsaved, Changes()
        return taken

    def give_back(self, taken: Changes) -> None:
        """
        Keep for the next commit what a failed one could not save.
        """
        with self._lock:
            self._unsaved.update(taken)

    def committed(self, changes: Changes) -> None:
        with self._lock:
            self._saved.update(changes)
            self._books.update(key.book for key in changes)
            if len(self._books) >= _MOST_BOOKS:
                # Those that were folded into the sums are not there any more.
                self._books = {key.book for key, n in self._saved.items() if n}

    def snapshot(self) -> dict[Key, int]:
        with self._lock:
            total = self._saved.copy()
            total.update(self._unsaved)
        return {key: n for key, n in total.items() if n}


def save(connection: sqlite3.Connection, changes: Changes) -> None:
    """
    Add the changes to the counters of the store, inside the caller's transaction.
    """
    connection.executemany(
        "INSERT INTO counters (account, target, item_type, service, reason, book, n) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n",
        [(*key, n) for key, n in changes.items() if n],
    )
