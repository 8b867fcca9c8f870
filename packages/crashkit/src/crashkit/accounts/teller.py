"""
Tells the book to the event sink, which holds it against what it has received.
"""

import contextlib
import http.client
import json
import logging
import os
import threading
import time
from typing import Final
from urllib.parse import urlsplit

from sentry_sdk.consts import EndpointType
from sentry_sdk.utils import Auth

from crashkit.accounts.book import Book, Figures

LOG = logging.getLogger(__name__)
# So often it is looked whether anything has changed. What goes on changing is told less often: each time costs about as
# much of the processor as a request. What has not changed is told now and then: who is silent for longer is gone.
LOOK_EVERY_S: Final = 1.0
CHANGING_EVERY_S: Final = 3.0
AT_LEAST_EVERY_S: Final = 20.0
CONNECT_S: Final = 0.5
ANSWER_S: Final = 1.0
# For the last figures: nobody tells them later, where a pod ends.
LAST_ANSWER_S: Final = 3.0
# Answers of a Sentry that is not our sink; or of somebody who has the sink's place while it is away, which is why it is
# asked again: now and then where nobody has ever heard the book, soon where somebody has.
KNOWS_NO_BOOKS: Final = frozenset({400, 401, 403, 404, 405})
ASKED_AGAIN_AFTER_S: Final = 60.0
ASKED_SOON_AFTER_S: Final = 5.0
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
        self._address = urlsplit(_beside_envelopes(str(auth.get_api_url(EndpointType.ENVELOPE))))
        self._headers = {"Content-Type": "application/json", "X-Sentry-Auth": str(auth.to_header())}
        self._connection: http.client.HTTPConnection | None = None
        self._ended = threading.Event()
        self._told: Figures = {}
        self._told_at = 0.0
        self._not_before = 0.0
        self._answer_s = ANSWER_S
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="crashkit.book", daemon=True)

    def start(self) -> None:
        """Begin."""
        # No more threads, or the interpreter ends: the figures stay in the file.
        with contextlib.suppress(RuntimeError):
            self._thread.start()

    def end(self) -> None:
        """
        Tell the last figures, and end; in a forked child, whose book is nobody's but its own, only end.

        The thread tells them: a name whose lookup takes long is not waited for.
        """
        self._ended.set()
        if os.getpid() != self._pid:
            return
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            # What it is telling now, and the last.
            self._thread.join(2 * CONNECT_S + ANSWER_S + LAST_ANSWER_S)
        elif self._thread.ident is None:
            self._tell()

    def _run(self) -> None:
        seen: Figures = {}
        while True:
            figures = self._book.figures()
            silent_s = time.monotonic() - self._told_at
            settled = figures == seen or silent_s >= CHANGING_EVERY_S
            seen = figures
            due = (figures != self._told and settled) or silent_s >= AT_LEAST_EVERY_S
            if due and time.monotonic() >= self._not_before:
                self._tell()
            if self._ended.wait(LOOK_EVERY_S):
                break
        self._answer_s = LAST_ANSWER_S
        self._tell()

    def _tell(self) -> None:
        figures = self._book.figures()
        body = json.dumps({**self._said, **figures, "every_s": AT_LEAST_EVERY_S}).encode()
        status = self._answer(body)
        if status is None:
            return
        if status // 100 == SUCCESS:
            self._told, self._told_at = figures, time.monotonic()
            return
        self._let_go()
        if status not in KNOWS_NO_BOOKS:
            return
        if not self._told and not self._not_before:
            LOG.info("whoever answers at the DSN keeps no books (%d): the figures are on /metrics only", status)
        self._not_before = time.monotonic() + (ASKED_SOON_AFTER_S if self._told else ASKED_AGAIN_AFTER_S)

    def _answer(self, body: bytes) -> int | None:
        kept = self._connection is not None
        try:
            return self._post(body)
        except ConnectionError:
            self._let_go()
            # One that was kept may have been closed meanwhile.
            return self._answer(body) if kept else None
        except (http.client.HTTPException, OSError):
            self._let_go()
            return None

    def _post(self, body: bytes) -> int:
        connection = self._connection
        if connection is None or connection.sock is None:  # the other side may close it with its answer
            connection = self._connect()
        connection.sock.settimeout(self._answer_s)
        connection.request("POST", self._address.path, body=body, headers=self._headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def _connect(self) -> http.client.HTTPConnection:
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._address.hostname or "", self._address.port, timeout=CONNECT_S)
        connection.connect()
        self._connection = connection
        return connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _beside_envelopes(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(path=parts.path.removesuffix("envelope/") + "book/", query="").geturl()
