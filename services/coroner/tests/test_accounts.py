"""
The deaths that are told are counted as everybody's events are.
"""

from http.server import ThreadingHTTPServer

import pytest
from coroner.outbox import Outbox
from coroner.report import envelope_of
from crashctl.proof.http import Handler, serving
from crashkit.accounts.book import Book

ID = "ab" * 16


@pytest.fixture
def answers():
    """A sink that answers with what `status` says."""

    class Answers(Handler):
        def do_POST(self):
            self.body()
            self.answer(self.server.status)

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Answers)) as server:
        server.status = 200
        yield server


@pytest.fixture
def book(tmp_path):
    made = Book(tmp_path)
    yield made
    made.close()


@pytest.fixture
def outbox(answers, book, tmp_path):
    dsn = f"http://{'0' * 32}@127.0.0.1:{answers.server_port}/6"
    return Outbox(dsn, tmp_path / "outbox", lambda _: None, lambda _: None, book)


def events(book):
    figures = book.figures()
    counts = {name: number for name, number in figures["counts"].items() if number and "event" in name}
    return counts, figures["on_disk"]


def test_a_death_is_captured_once_and_waits_on_disk(outbox, answers, book):
    """
    It is told again under the same id, which is no second event; it waits until the sink has it.
    """
    answers.status = 503
    for _ in range(2):
        outbox.put(ID, envelope_of({"event_id": ID}, 0.0, outbox.book_id))
    outbox.send_all()
    waiting = events(book)
    answers.status = 200
    outbox.send_all()

    captured = {"captured/event": 1, "may_repeat/event": 1}
    assert (captured, 1) == waiting
    assert ({**captured, "delivered/event": 1}, 0) == events(book)


def test_a_death_that_is_refused_for_good_is_discarded(outbox, answers, book):
    """
    With the reason that the SDKs have for it.
    """
    answers.status = 400
    outbox.put(ID, envelope_of({"event_id": ID}, 0.0, outbox.book_id))

    outbox.send_all()

    counts, on_disk = events(book)
    assert (1, 0) == (counts["discarded/event/send_error"], on_disk)


def test_the_envelope_names_the_book(outbox, book):
    """
    So that the sink counts what it receives as the coroner's.
    """
    head = envelope_of({"event_id": ID}, 0.0, outbox.book_id).split(b"\n")[0]

    assert f'"book": "{book.id}"'.encode() in head
