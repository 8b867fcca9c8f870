"""
What processes told of themselves, beside what came from them.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from event_sink import books, schema
from event_sink.books import MOST_BOOKS, Figures, book_id
from event_sink.ledger import Ledger
from event_sink.schema import open_writer
from pydantic import ValidationError

BOOK = "ab" * 16
MESSAGE = json.loads((Path(__file__).parents[3] / "tests" / "contract" / "memory.json").read_text())["message"]
OTHER = "cd" * 16
OLD_COUNTERS = """
CREATE TABLE counters (account TEXT, target TEXT, item_type TEXT, service TEXT, reason TEXT, n INTEGER,
PRIMARY KEY (account, target, item_type, service, reason)) WITHOUT ROWID;
INSERT INTO counters VALUES ('received', '', 'event', 'payment', '', 7);
PRAGMA user_version = 1;
"""


def figures(book=BOOK, **counts):
    return Figures(book=book, lasting=True, on_disk=0, every_s=20, counts=counts)


def view(store):
    return books.view(books.read(store.read()), store.ledger.snapshot())


def tell(store, said, now=1.0):
    store.do(lambda connection, changes: books.keep(connection, changes, said, "game-engine", now))


def test_what_came_stands_beside_what_was_told(store, envelope_of, fresh_id):
    """
    Items, repetitions and the events of faults count under the book that their envelope names.
    """
    event = {"event_id": fresh_id(), "tags": {"scenario": "crash", "case": "handler", "service": "game-engine"}}
    raw = envelope_of({"book": BOOK}, ("event", event), ("client_report", {}))
    tell(store, figures(**{"captured/event": 1}))

    store.put(raw)
    store.put(raw)

    (found,) = view(store)["books"]
    assert {"captured/event": 1} == found["figures"]["counts"]
    assert {"client_report": 2, "event": 1} == found["received"]
    assert {"event": 1} == found["duplicates"]
    assert {"crash/handler": 1} == found["fault_events"]


def test_what_the_gateway_says_of_a_fault_is_no_event_of_it(store, envelope_of, fresh_id):
    """
    When a fault ends its service, the gateway reports that nobody answers, with the fault's tags.
    """
    tags = {"scenario": "crash", "case": "uncaught", "service": "gateway", "kind": "upstream-died"}

    store.put(envelope_of({"book": BOOK}, ("event", {"event_id": fresh_id(), "tags": tags})), 1, "gateway")

    (found,) = view(store)["books"]
    assert ({"event": 1}, {}) == (found["received"], found["fault_events"])


def test_the_warning_before_a_kill_is_no_event_of_the_fault(store, envelope_of, fresh_id):
    """
    Which firing of several brings it depends on the machine; it is counted as an event, and due for no firing.
    """
    tags = {"scenario": "memory-leak", "case": "kill", "service": "game-engine"}
    event = {"event_id": fresh_id(), "tags": tags, "message": MESSAGE, "level": "warning"}

    store.put(envelope_of({"book": BOOK}, ("event", event)))

    (found,) = view(store)["books"]
    assert ({"event": 1}, {}) == (found["received"], found["fault_events"])


def test_what_names_no_book_is_apart(store, envelope_of, fresh_id):
    """
    A page in a browser keeps no book, and an id of another form is none.
    """
    for header in ({}, {"book": "x"}, {"book": 7}, {"book": BOOK.upper()}):
        store.put(envelope_of(header, ("event", {"event_id": fresh_id()})))

    found = view(store)

    assert [] == found["books"]
    assert {"received": {"event": 4}, "duplicates": {}, "discarded_by_sdk": {}} == found["without_book"]["game-engine"]


def test_a_book_that_told_nothing_is_shown_without_figures(store, envelope_of, fresh_id):
    """
    What a process captured that never told of itself is not known, and is not 0.
    """
    store.put(envelope_of({"book": OTHER}, ("event", {"event_id": fresh_id()})))

    (found,) = view(store)["books"]

    assert (OTHER, None, {"event": 1}) == (found["book"], found["figures"], found["received"])


def test_old_books_become_a_part_of_the_sums(store, envelope_of, fresh_id):
    """
    Of many books the oldest are forgotten, and nothing that came from them.
    """
    for number in range(MOST_BOOKS + 2):
        book = f"{number:032x}"
        store.put(envelope_of({"book": book}, ("event", {"event_id": fresh_id()})))
        tell(store, figures(book), now=float(number))

    found = view(store)

    assert [f"{number:032x}" for number in range(2, MOST_BOOKS + 2)] == [book["book"] for book in found["books"]]
    assert {"event": 2} == found["without_book"]["game-engine"]["received"]


def test_books_outlive_the_sink(store, envelope_of, fresh_id):
    """
    Counts by book are read from the store again.
    """
    store.put(envelope_of({"book": BOOK}, ("event", {"event_id": fresh_id()})))

    with closing(schema.open_reader(store.path)) as connection:
        again = books.view(books.read(connection), Ledger(connection).snapshot())

    assert [(BOOK, {"event": 1})] == [(found["book"], found["received"]) for found in again["books"]]


def test_a_store_of_the_version_before_is_taken_over(tmp_path):
    """
    Its sums go on.
    """
    path = tmp_path / "sink.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(schema.TABLES)
        old.executescript(OLD_COUNTERS)

    with closing(open_writer(path)) as connection:
        counts = Ledger(connection).snapshot()

    assert {("received", "event", "payment", ""): 7} == {
        (key.account, key.item_type, key.service, key.book): n for key, n in counts.items()
    }


@pytest.mark.parametrize(
    "change",
    [{"book": "x"}, {"counts": {"": 1}}, {"counts": {"x" * 121: 1}}, {"counts": {"x": "1 "}}, {"on_disk": -1}],
)
def test_what_is_no_book_is_refused(change):
    """
    Nothing unbounded gets into the store.
    """
    with pytest.raises(ValidationError):
        Figures.model_validate({**figures().model_dump(), **change}, strict=True)


def test_ids_are_hex():
    """
    An id is 32 hex digits.
    """
    assert (BOOK, "", "") == (book_id(BOOK), book_id(BOOK[:-1]), book_id(None))
