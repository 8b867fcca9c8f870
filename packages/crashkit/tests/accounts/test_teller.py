"""
What becomes of the figures of a book, whoever answers and however.
"""

import json

from crashctl.waiting import wait_for
from crashkit.accounts import teller


def test_a_sentry_that_keeps_no_books_is_asked_now_and_then(start, book, sentry, monkeypatch):
    """
    Sentry itself answers 404, and so does whoever has the sink's place for a moment: the sink hears all when it is
    back.
    """
    monkeypatch.setattr(teller, "ASKED_AGAIN_AFTER_S", 0.5)
    sentry.book_status = 404
    client = start()
    client.transport.tell(service="casino", instance="casino-1")
    wait_for(lambda: 2 <= len(sentry.books), 10, "the book to be told again")
    sentry.book_status = 200
    told = len(sentry.books)

    wait_for(lambda: len(sentry.books) > told, 10, "the sink to hear it")

    client.close(timeout=2)


def test_a_sentry_that_keeps_no_books_is_not_asked_each_second(start, book, sentry):
    """
    It is asked once, and once more at the end.
    """
    sentry.book_status = 404
    client = start()
    client.transport.tell(service="casino", instance="casino-1")
    wait_for(lambda: sentry.books, 10, "the book to be told")
    book.captured("transaction")

    client.close(timeout=2)

    assert 2 == len(sentry.books)


def test_a_sink_that_has_heard_the_book_is_asked_again_soon(start, book, sentry):
    """
    While a sink is replaced, somebody else may answer in its place; who adds up does not wait a minute for what a
    process has to tell.
    """
    client = start()
    client.transport.tell(service="casino", instance="casino-1")
    book.captured("transaction")
    wait_for(lambda: _heard(sentry, 1), 10, "the book to be told")
    sentry.book_status = 404
    told = len(sentry.books)
    book.captured("transaction")
    wait_for(lambda: len(sentry.books) > told, 10, "somebody else to be told")
    sentry.book_status = 200
    told = len(sentry.books)

    wait_for(lambda: len(sentry.books) > told and _heard(sentry, 2), 15, "the sink to hear it")

    client.close(timeout=2)


def test_who_closes_the_connection_with_each_answer_hears_all(start, book, sentry):
    """
    A connection that is closed with its answer is made anew, for the next figures and for the last.
    """
    sentry.closes = True
    client = start()
    client.transport.tell(service="casino", instance="casino-1")
    for number in range(1, 4):
        book.captured("transaction")
        wait_for(lambda wanted=number: _heard(sentry, wanted), 20, "the figure")
    book.captured("transaction")

    client.close(timeout=2)

    assert _heard(sentry, 4)


def _heard(sentry, captured):
    return any(captured == json.loads(told)["counts"].get("captured/transaction") for told in sentry.books)
