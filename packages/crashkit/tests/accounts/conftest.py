"""
The real SDK with a book, before a Sentry that answers as it is told.
"""

import threading
from http.server import ThreadingHTTPServer

import pytest
import sentry_sdk
from crashctl.proof.http import Handler, serving
from crashctl.proof.process import DECODERS
from crashkit.accounts.book import Book
from crashkit.accounts.transport import booking, count_captured

KEY = "0123456789abcdef" * 2


class Sentry(ThreadingHTTPServer):
    """Answers as told; keeps envelopes and books apart."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.more, self.book_status = 200, {}, 200
        self.closes = False
        self.held = threading.Event()
        self.held.set()
        self.envelopes, self.books = [], []
        self.dsn = f"http://{KEY}@127.0.0.1:{self.server_port}/7"


class _Handler(Handler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.body()
        body = DECODERS.get(self.headers.get("Content-Encoding"), bytes)(body)
        is_book = self.path == "/api/7/book/"
        (self.server.books if is_book else self.server.envelopes).append(body)
        self.server.held.wait(20)
        closes = {"Connection": "close"} if self.server.closes else {}
        self.answer(self.server.book_status if is_book else self.server.status, b"{}", {**self.server.more, **closes})


@pytest.fixture
def sentry():
    with serving(Sentry()) as server:
        yield server
        server.held.set()


@pytest.fixture
def book(tmp_path):
    made = Book(tmp_path)
    yield made
    made.close()


@pytest.fixture
def start(sentry, book):
    """Start the SDK with a book, as the client of this process."""

    def make(transport=None, **options):
        count_captured()
        sentry_sdk.init(sentry.dsn, transport=transport or booking(book), default_integrations=False, **options)
        return sentry_sdk.get_client()

    yield make
    sentry.held.set()
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.init()
