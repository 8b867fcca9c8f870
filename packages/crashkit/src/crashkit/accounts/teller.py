"""
Tells the book to the event sink, which holds it against what it has received.
"""

import contextlib
import json
import logging
import threading
import time
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from sentry_sdk.consts import EndpointType
from sentry_sdk.utils import Auth

from crashkit.accounts.book import Book

LOG = logging.getLogger(__name__)
# What has changed is told after so long, what has not changed now and then: who is silent for longer is gone.
EVERY_S: Final = 1.0
AT_LEAST_EVERY_S: Final = 20.0
CONNECT_S: Final = 0.5
ANSWER_S: Final = 1.0
# Answers of a Sentry that is not our sink.
KNOWS_NO_BOOKS: Final = frozenset({400, 401, 403, 404, 405})
SUCCESS: Final = 2


class Teller:
    """
    A thread that posts the figures of a book. Figures are sums from the beginning, so that one that is not heard costs
    nothing but time.

    Args:
        book: that is told.
        auth: says where Sentry is and what to show it.
        said: what else the sink is told: the name of the service, and of the pod.
    """

    def __init__(self, book: Book, auth: Auth, said: dict[str, str]) -> None:
        self._book = book
        self._said = said
        self._address = _beside_envelopes(str(auth.get_api_url(EndpointType.ENVELOPE)))
        self._headers = {"Content-Type": "application/json", "X-Sentry-Auth": str(auth.to_header())}
        self._pool = urllib3.PoolManager(
            num_pools=1, timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S), retries=False
        )
        self._ended = threading.Event()
        self._told: dict[str, Any] = {}  # Any: JSON
        self._told_at = 0.0
        self._heard = True
        self._thread = threading.Thread(target=self._run, name="crashkit.book", daemon=True)

    def start(self) -> None:
        """Begin."""
        # No more threads, or the interpreter ends: the figures stay in the file.
        with contextlib.suppress(RuntimeError):
            self._thread.start()

    def end(self) -> None:
        """Tell the last figures, and end."""
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(CONNECT_S + ANSWER_S)
        if self._heard:
            self._tell()

    def _run(self) -> None:
        while self._heard:
            figures = self._book.figures()
            if figures != self._told or time.monotonic() - self._told_at >= AT_LEAST_EVERY_S:
                self._tell()
            if self._ended.wait(EVERY_S):
                return

    def _tell(self) -> None:
        figures = self._book.figures()
        body = json.dumps({**self._said, **figures, "every_s": AT_LEAST_EVERY_S}).encode()
        try:
            answer = self._pool.request("POST", self._address, body=body, headers=self._headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError):
            return
        if answer.status in KNOWS_NO_BOOKS:
            self._heard = False
            LOG.info("whoever answers at the DSN keeps no books (%d): the figures are on /metrics only", answer.status)
        if answer.status // 100 == SUCCESS:
            self._told, self._told_at = figures, time.monotonic()


def _beside_envelopes(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(path=parts.path.removesuffix("envelope/") + "book/", query="").geturl()
