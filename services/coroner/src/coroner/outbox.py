"""
Events on their way to the sink: on disk before anything is sent, gone only when the sink has confirmed them.
"""

import contextlib
import logging
import random
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import urllib3
from crashkit.accounts.book import Book
from urllib3.exceptions import HTTPError

LOG = logging.getLogger(__name__)
SUFFIX = ".envelope"
CLIENT = "crash-demo.coroner/0.1.0"
ANSWER_S = urllib3.Timeout(connect=3, read=10)
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 30.0
# What the sink says of the envelope itself: to send it again would change nothing.
REFUSED_FOR_GOOD = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
MOST_REFUSED = 20

Count = Callable[[str], None]


class Outbox:
    """
    Sends, again and again. Safe to use from any thread.

    Args:
        dsn: of the coroner's project.
        folder: that outlives this process; none keeps events in this process only.
        count: is told each outcome: ``delivered``, ``away`` or ``refused``.
        delivered: is told the id of each event that the sink has confirmed.
        book: where events are counted; none: they are not.
    """

    def __init__(
        self,
        dsn: str,
        folder: Path | None,
        count: Count,
        delivered: Callable[[str], None],
        book: Book | None = None,
    ) -> None:
        parts = urlsplit(dsn)
        port = f":{parts.port}" if parts.port else ""
        self._url = f"{parts.scheme}://{parts.hostname}{port}/api{parts.path}/envelope/"
        self._headers = {
            "Content-Type": "application/x-sentry-envelope",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client={CLIENT}, sentry_key={parts.username}",
        }
        self._http = urllib3.PoolManager(retries=False, timeout=ANSWER_S)
        self._folder = folder
        self._count = count
        self._delivered = delivered
        self._book = book
        self._lock = threading.Lock()
        self._waiting: dict[str, bytes | None] = dict.fromkeys(self._found())
        self._woken = threading.Event()
        self._stopped = threading.Event()
        if book is not None:
            spooled = book.on_disk
            book.on_disk = lambda: spooled() + self._on_disk()

    @property
    def book_id(self) -> str | None:
        """Names the book in the header of an envelope."""
        return self._book.id if self._book else None

    def put(self, event_id: str, envelope: bytes) -> None:
        """
        Take an event; when this returns it is on disk, where there is one.

        Args:
            event_id: 32 hex digits.
            envelope: as it is sent.
        """
        with self._lock:
            is_new = event_id not in self._waiting
        if self._book and is_new:
            self._book.captured("event", may_repeat=True)
        kept: bytes | None = envelope
        if self._folder is not None:
            try:
                part = self._folder / f"{event_id}.part"
                part.write_bytes(envelope)
                part.replace(self._folder / f"{event_id}{SUFFIX}")
                kept = None
            except OSError as error:
                LOG.warning("an event is kept in memory only: %s: %s", self._folder, error.strerror)
        with self._lock:
            self._waiting[event_id] = kept
        if self._book and is_new and kept is None:
            self._book.on_its_way("event")
        self._woken.set()

    @property
    def waiting(self) -> int:
        """How many are not confirmed yet."""
        with self._lock:
            return len(self._waiting)

    def run(self) -> None:
        """Send until it is stopped."""
        wait_s = FIRST_WAIT_S
        while not self._stopped.is_set():
            if self.send_all():
                wait_s = FIRST_WAIT_S
                self._woken.wait()
                self._woken.clear()
            else:
                self._stopped.wait(wait_s * random.uniform(0.5, 1))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def send_all(self) -> bool:
        """
        Try once to send each that waits, the oldest first; where the sink is away, no further.

        Returns:
            Whether none waits any longer.
        """
        with self._lock:
            waiting = list(self._waiting.items())
        return all(self._settle(event_id, kept) for event_id, kept in waiting)

    def close(self, within_s: float) -> None:
        """
        Send what waits and end; what the sink does not take in time stays on disk.

        Args:
            within_s: how long to try (seconds).
        """
        self._stopped.set()
        self._woken.set()
        ends = monotonic() + within_s
        while not self.send_all() and monotonic() + FIRST_WAIT_S < ends:
            threading.Event().wait(FIRST_WAIT_S)

    def _settle(self, event_id: str, kept: bytes | None) -> bool:
        file = None if self._folder is None else self._folder / f"{event_id}{SUFFIX}"
        try:
            envelope = kept if kept is not None or file is None else file.read_bytes()
        except OSError as error:
            LOG.warning("an event of the outbox cannot be read: %s: %s", file, error.strerror)
            envelope = None
        outcome = "lost" if envelope is None else self._post(envelope)
        self._count(outcome)
        if outcome == "away":
            return False
        self._enter(outcome, from_disk=kept is None)
        with self._lock:
            self._waiting.pop(event_id, None)
        if outcome == "delivered":
            self._delivered(event_id)
        if file is not None:
            with contextlib.suppress(OSError):
                if outcome == "refused":
                    _put_aside(file)
                file.unlink(missing_ok=True)
        return True

    def _enter(self, outcome: str, *, from_disk: bool) -> None:
        """Count what became of an event."""
        if self._book is None:
            return
        if outcome == "delivered":
            self._book.delivered("event", from_disk=from_disk)
        else:
            reason = "send_error" if outcome == "refused" else "internal_sdk_error"
            self._book.discarded("event", reason, from_disk=from_disk)

    def _on_disk(self) -> int:
        with self._lock:
            return sum(kept is None for kept in self._waiting.values())

    def _post(self, envelope: bytes) -> str:
        try:
            answer = self._http.request("POST", self._url, body=envelope, headers=self._headers)
        except (HTTPError, OSError) as error:
            LOG.warning("the sink does not answer, and is asked again: %s", error)
            return "away"
        if answer.status // 100 == HTTPStatus.OK // 100:
            return "delivered"
        if answer.status in REFUSED_FOR_GOOD:
            LOG.error("the sink refuses an event for good: %d: %s", answer.status, answer.data[:200])
            return "refused"
        LOG.warning("the sink does not take an event now, and is asked again: %d", answer.status)
        # Whoever answered so need not be the sink: while its Service has no endpoint a connection may end anywhere, and
        # as long as it is kept, each next attempt would end there too.
        self._http.clear()
        return "away"

    def _found(self) -> list[str]:
        if self._folder is None:
            return []
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            files = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime)
        except OSError as error:
            LOG.warning("events are kept in memory only: %s: %s", self._folder, error.strerror)
            self._folder = None
            return []
        return [file.stem for file in files]


def _put_aside(file: Path) -> None:
    """Keep some of what the sink refuses, for whoever asks why."""
    refused = file.parent / "refused"
    refused.mkdir(exist_ok=True)
    if len(list(refused.iterdir())) < MOST_REFUSED:
        file.replace(refused / file.name)
