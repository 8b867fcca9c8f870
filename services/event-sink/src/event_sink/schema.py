"""
The tables of the store, and how a connection to them is made.
"""

import sqlite3
from pathlib import Path
from typing import Final

VERSION: Final = 2

TABLES: Final = """
CREATE TABLE envelopes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope_id TEXT NOT NULL UNIQUE,
    received_at REAL NOT NULL,
    project_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX envelopes_by_age ON envelopes (received_at);

CREATE TABLE items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope_seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    received_at REAL NOT NULL,
    project_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    service TEXT NOT NULL,
    event_id TEXT,
    trace_id TEXT,
    run TEXT,
    scenario TEXT,
    scenario_case TEXT,
    level TEXT,
    exception_type TEXT,
    title TEXT,
    handled INTEGER,
    names_profiler TEXT,
    own_profiler TEXT,
    unique_id TEXT
);
CREATE UNIQUE INDEX items_once ON items (type, unique_id, project_id) WHERE unique_id IS NOT NULL;
CREATE INDEX items_by_envelope ON items (envelope_seq, position);
CREATE INDEX items_by_event ON items (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX items_by_run ON items (run, seq) WHERE run IS NOT NULL;
CREATE INDEX items_by_scenario ON items (scenario, seq) WHERE scenario IS NOT NULL;
CREATE INDEX items_by_service ON items (service, seq);
CREATE INDEX items_by_type ON items (type, seq);
CREATE INDEX items_by_profiler ON items (own_profiler) WHERE own_profiler IS NOT NULL;

CREATE TABLE traces (
    trace_id TEXT NOT NULL,
    item_seq INTEGER NOT NULL,
    PRIMARY KEY (trace_id, item_seq)
) WITHOUT ROWID;
CREATE INDEX traces_by_item ON traces (item_seq);

CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    envelope_seq INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    category TEXT NOT NULL,
    positions TEXT NOT NULL,
    received_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_pending ON deliveries (target, due_at) WHERE state = 'pending';
CREATE INDEX deliveries_by_envelope ON deliveries (envelope_seq);

CREATE TABLE rate_limits (
    target TEXT NOT NULL,
    category TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (target, category)
) WITHOUT ROWID;
"""

# What came with version 2.
BOOKS: Final = """
CREATE TABLE counters (
    account TEXT NOT NULL,
    target TEXT NOT NULL,
    item_type TEXT NOT NULL,
    service TEXT NOT NULL,
    reason TEXT NOT NULL,
    book TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (account, target, item_type, service, reason, book)
) WITHOUT ROWID;

CREATE TABLE books (
    book TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    told_at REAL NOT NULL,
    figures TEXT NOT NULL
) WITHOUT ROWID;
"""
_FROM_1: Final = (
    "ALTER TABLE counters RENAME TO counters_1;",
    BOOKS,
    "INSERT INTO counters SELECT account, target, item_type, service, reason, '', n FROM counters_1;",
    "DROP TABLE counters_1;",
)


class StoreError(RuntimeError):
    """The store cannot be opened; the message says why and what to do."""


def open_writer(path: Path) -> sqlite3.Connection:
    """
    Open the store for its only writer, and make the tables if they are not there.

    Raises:
        StoreError: the folder is missing or read-only, or the file is no store of this version.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what was answered with 200 survives the node's crash as well.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 33554432")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} {BOOKS} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version == 1:
            connection.executescript(f"BEGIN IMMEDIATE; {' '.join(_FROM_1)} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise StoreError(f"{path} is a store of version {version}, this sink reads {VERSION}; move the file away")
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be opened as a store: {error}; its folder must exist and be writable"
        ) from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """
    Open the store for reading only; the writer made it before.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    return connection
