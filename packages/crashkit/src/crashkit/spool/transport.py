"""
The SDK's HTTP transport with a spool in front: events go through it, everything else goes the SDK's own way.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import urllib3
from sentry_sdk.consts import EndpointType
from sentry_sdk.envelope import Envelope, Item
from sentry_sdk.transport import HttpTransport

from crashkit.accounts.book import Book
from crashkit.accounts.transport import BookedTransport
from crashkit.forking import in_child
from crashkit.spool.form import event_id_of
from crashkit.spool.pace import Answer
from crashkit.spool.sender import Sender
from crashkit.spool.store import Store
from crashkit.wire.limits import retry_after

CATEGORY: Final = "error"
# The SDK's own queue gets at least this much of a flush, also when the spool has used up the time of the caller.
LEAST_FLUSH_S = 0.05


class SpoolTransport(BookedTransport):
    """
    Keeps events on disk until they are delivered.

    Of the SDK's transport it uses the pool, the address and its authorization, the rate limits, the client reports and
    the counting of what is lost; ``tests/test_sdk_transport.py`` holds each of them.

    Args:
        options: of the SDK.
        store: where events are kept.
        book: where they are counted; none: they are not.
    """

    # Any: as the SDK types it.
    def __init__(self, options: dict[str, Any], store: Store, book: Book | None = None) -> None:
        # Re-entrant: the SDK records the spans of a transaction while it records the transaction.
        self._lost_lock = threading.RLock()
        super().__init__(options, book)
        self.store = store
        # A pool of its own: an event does not wait for a large transaction, nor share its connection.
        self._event_pool = self._make_pool()
        self.sender = Sender(store, self._post, self._limited_s, self._lost)
        in_child(self._after_fork)

    def carry(self, envelope: Envelope) -> None:
        """
        Put an event on disk and send it; send what is no event, or cannot be put on disk, as the SDK does.
        """
        if not self._spooled(envelope):
            super().carry(envelope)

    def flush(self, timeout: float, callback: Callable[[int, float], None] | None = None) -> None:
        """
        Wait until everything is sent, for as long as the caller gives.

        Args:
            timeout: seconds.
            callback: is told how much is still waiting, as by the SDK.
        """
        if timeout <= 0:
            return
        deadline = time.monotonic() + timeout
        self._worker.submit(lambda: self._flush_client_reports(force=True))
        self.sender.flush(timeout)
        self._worker.flush(max(LEAST_FLUSH_S, deadline - time.monotonic()), callback)

    def record_lost_event(self, *arguments: Any, **named: Any) -> None:  # Any: whatever the SDK counts by
        """Count what is lost; two threads send here, and neither's count may be lost in turn."""
        with self._lost_lock:
            super().record_lost_event(*arguments, **named)

    def kill(self) -> None:
        """End the threads; what waits stays on disk."""
        self.sender.stop()
        super().kill()

    def _fetch_pending_client_report(self, force: bool = False, interval: int = 60) -> Item | None:
        with self._lost_lock:
            return super()._fetch_pending_client_report(force, interval)

    def _spooled(self, envelope: Envelope) -> bool:
        event = next((item for item in envelope.items if item.type == "event"), None)
        if event is None:
            return False
        try:
            event_id = event_id_of(envelope.headers.get("event_id") or (event.payload.json or {}).get("event_id"))
            if event_id is None:
                self.store.counts.add("unwritable")
                return False
            entry = self.store.write(event_id, envelope.serialize())
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the spool, the event goes the usual way
            with contextlib.suppress(Exception):  # with no memory left not even that may succeed
                self.store.failed(error)
            return False
        if entry is None:
            return False
        if self.book is not None:
            self.book.on_its_way("event")
        self.sender.add(entry)
        return True

    def _post(self, body: bytes) -> Answer:
        headers = {"Content-Type": "application/x-sentry-envelope"}
        self._update_headers(headers)
        address = self._auth.get_api_url(EndpointType.ENVELOPE)
        try:
            # Neither repeated nor sent elsewhere on the way: only a 2xx of this address is a delivery.
            response = self._event_pool.request(
                "POST", address, body=body, headers=headers, retries=False, redirect=False
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return Answer(None)
        try:
            answer = Answer(response.status, self._heed(response))
        finally:
            response.close()
        if answer.meaning != "delivered":
            # Who says no may be somebody else on the way, and would have the connection for ever.
            self._event_pool.clear()
        if self._discarded_events:
            # On the SDK's thread, as all its reports are.
            self._worker.submit(self._flush_client_reports)
        return answer

    def _heed(self, response: urllib3.BaseHTTPResponse) -> float:
        """Note what Sentry does not want for a while, and give the seconds after which it wants to be asked again."""
        self._update_rate_limits(response)
        return retry_after(response.headers.get("Retry-After", ""))

    def _limited_s(self) -> float:
        limits = (self._disabled_until.get(CATEGORY), self._disabled_until.get(None))
        ends = [until for until in limits if until is not None]
        return max(0.0, (max(ends) - datetime.now(UTC)).total_seconds()) if ends else 0.0

    def _lost(self, reason: str, number: int) -> None:
        with self._lost_lock:
            self.lost_from_disk(reason, number)

    def _after_fork(self) -> None:
        # Connections are the parent's: two processes that write into one would be understood by nobody.
        self._pool = self._make_pool()
        self._event_pool = self._make_pool()
        # What is queued is the parent's too, who may have held these locks.
        self._worker = self._create_worker(self.options)
        self._lost_lock = threading.RLock()
        self.store.after_fork()
        self.sender.after_fork()


def spooling(store: Store, book: Book | None = None) -> type[HttpTransport]:
    """Make the class of transport that the SDK shall use, bound to a store and a book."""

    class Spooling(SpoolTransport):
        def __init__(self, options: dict[str, Any]) -> None:  # Any: as the SDK types it
            super().__init__(options, store, book)

    return Spooling
