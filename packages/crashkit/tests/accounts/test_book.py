"""
What becomes of the figures when a process ends in one way or another.
"""

import os

import pytest
from crashkit.accounts.book import Book
from crashkit.accounts.shown import BookMetrics
from prometheus_client import CollectorRegistry, generate_latest


@pytest.fixture
def again(tmp_path):
    """Give the book of the next process in the same pod; the one before is gone without a word."""
    made = []

    def make():
        if made:
            made[-1].close()
        made.append(Book(tmp_path))
        return made[-1]

    return make


def counts(book):
    return {name: number for name, number in book.figures()["counts"].items() if number}


def test_what_was_in_memory_when_its_process_died_is_in_doubt(again):
    """
    It may have arrived; it is neither waiting any more nor forgotten.
    """
    first = again()
    first.captured("transaction", 3)
    first.delivered("transaction")
    first.fired("payment/crash/handler")

    second = again()

    assert first.id == second.id
    assert {
        "starts": 2,
        "running": 1,
        "killed": 1,
        "captured/transaction": 3,
        "delivered/transaction": 1,
        "in_doubt/transaction": 2,
        "fired/payment/crash/handler": 1,
        "cut_off/payment/crash/handler": 1,
    } == counts(second)


def test_who_ends_in_order_was_not_killed(again):
    """
    An orderly end leaves in doubt what it could not send, and no more.
    """
    first = again()
    first.captured("event")
    first.captured("event")
    first.on_its_way("event")
    first.end()

    assert (0, 1) == (again().figures()["counts"].get("killed", 0), counts(first)["in_doubt/event"])


def test_a_stopped_firing_owes_nothing(again):
    """
    A firing that ran to its end owes its events; one that was stopped is told apart.
    """
    book = again()
    for stopped in (True, False):
        book.fired("a/b")
        book.fired_to_the_end("a/b", stopped=stopped)

    assert {"fired/a/b": 2, "stopped/a/b": 1} == {name: number for name, number in counts(book).items() if "/" in name}


def test_a_forked_child_has_a_book_of_its_own(again):
    """
    What a child counts is not in its parent's book.
    """
    book = again()
    book.captured("event")
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        book.captured("event")
        os.write(writes, f"{book.id} {counts(book)['captured/event']}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    said = os.read(reads, 200).decode().split()

    assert 1 == counts(book)["captured/event"] == int(said[1])
    assert said[0] != book.id


def test_the_figures_are_on_metrics(again):
    """
    Each count has its metric, with the names that docs/accounts.md lists.
    """
    book = again()
    book.fired("payment/crash/handler")
    book.captured("event", 2)
    book.discarded("event", "before_send")
    book.never_sent("transaction", "sample_rate", 4)
    registry = CollectorRegistry()
    registry.register(BookMetrics(book))

    lines = generate_latest(registry).decode().splitlines()

    assert {
        'crash_fired_total{case="payment/crash/handler"} 1.0',
        'crash_captured_total{item_type="event"} 2.0',
        'crash_captured_total{item_type="transaction"} 4.0',
        'crash_discarded_total{item_type="event",reason="before_send"} 1.0',
        'crash_discarded_total{item_type="transaction",reason="sample_rate"} 4.0',
        'crash_waiting{item_type="event"} 1.0',
        "crash_process_starts_total 1.0",
        f'crash_book{{book="{book.id}"}} 1.0',
    } == {line for line in lines if not line.startswith("#")}
