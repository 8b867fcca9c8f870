"""
The SDK's HTTP transport, with a book: every item that it is given is counted until it is delivered or discarded.
"""

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.scope import global_event_processors
from sentry_sdk.transport import HttpTransport

from crashkit.accounts.book import TYPE_OF, Book
from crashkit.accounts.teller import Teller
from crashkit.wire.limits import limits_of

if TYPE_CHECKING:
    import urllib3
    from sentry_sdk.types import Event, Hint

# Names the book in the header of an envelope.
HEADER: Final = "book"
REPORT: Final = "client_report"
TOO_MANY: Final = 429


class BookedTransport(HttpTransport):
    """
    Counts what the SDK sends by itself.

    Of the SDK's transport it uses the steps that an envelope goes through and the counting of what is lost;
    ``tests/accounts`` holds each of them.

    Args:
        options: of the SDK.
        book: where it counts; none: it does not.
    """

    # Seconds from the first byte to the answer. The SDK waits for 30, and sends nothing else meanwhile: a connection
    # that was kept to a pod that is gone is answered by nobody, not even with an error.
    TIMEOUT = 10

    def __init__(self, options: dict[str, Any], book: Book | None) -> None:  # Any: as the SDK types it
        self.book = book
        self._teller: Teller | None = None
        super().__init__(options)

    def tell(self, **said: str) -> None:
        """
        Tell the book to the sink from now on.

        Args:
            said: what is told besides.
        """
        if self.book is not None and self._teller is None:
            self._teller = Teller(self.book, self._auth, said)
            self._teller.start()

    def kill(self) -> None:
        """End the SDK's thread, close the book, and tell it for the last time."""
        super().kill()
        if self.book is not None:
            self.book.end()
        if self._teller is not None:
            self._teller.end()

    def capture_envelope(self, envelope: Envelope) -> None:
        """Count the items of an envelope, and send it."""
        if self.book is not None:
            envelope.headers[HEADER] = self.book.id
            for item in envelope.items:
                # Events were counted when they were captured, before anything could drop them.
                if item.type != "event":
                    self.book.captured(item.type or "")
        self.carry(envelope)

    def carry(self, envelope: Envelope) -> None:
        """Send an envelope that is counted, as the SDK does."""
        super().capture_envelope(envelope)

    # Any: as the SDK types them.
    def record_lost_event(self, reason: str, data_category: Any = None, item: Any = None, **named: Any) -> None:
        """Count what is lost, as the SDK does for its reports, and in the book."""
        super().record_lost_event(reason, data_category, item, **named)
        if self.book is None:
            return
        if item is not None:
            self.book.discarded(item.type or "", reason)
        elif data_category == "error":
            self.book.discarded("event", reason, named.get("quantity", 1))
        elif item_type := TYPE_OF.get(data_category):
            self.book.never_sent(item_type, reason, named.get("quantity", 1))

    def lost_from_disk(self, reason: str, number: int) -> None:
        """Count events that were given up after they lay on disk."""
        super().record_lost_event(reason, "error", quantity=number)
        if self.book is not None:
            self.book.discarded("event", reason, number, from_disk=True)

    def _prepare_envelope(self, envelope: Envelope) -> tuple[Envelope, io.BytesIO, dict[str, str]] | None:
        prepared = super()._prepare_envelope(envelope)
        if prepared is not None and self.book is not None:
            joined = [item for item in prepared[0].items if item.type == REPORT and item not in envelope.items]
            for _ in joined:
                self.book.captured(REPORT)
        return prepared

    def _update_rate_limits(self, response: "urllib3.BaseHTTPResponse") -> None:  # type: ignore[override] # as below
        # The SDK's own reading breaks off at a number or a date that it does not understand, and what is being sent is
        # lost uncounted; and it lets a shorter limit end a longer one.
        limits = limits_of(
            response.status, response.headers.get("X-Sentry-Rate-Limits"), response.headers.get("Retry-After")
        )
        now = datetime.now(UTC)
        for name, seconds in limits.items():
            key: Any = name or None  # Any: the SDK lists the categories that it knows
            until = now + timedelta(seconds=seconds)
            self._disabled_until[key] = max(until, self._disabled_until.get(key, until))

    def _handle_response(self, response: "urllib3.BaseHTTPResponse", envelope: Envelope | None) -> None:  # type: ignore[override] # the SDK names the answers of all its pools
        super()._handle_response(response, envelope)
        if response.status // 100 != 2:  # noqa: PLR2004 - success
            # Who says no may be somebody else on the way, and would have the connection for ever.
            self._pool.clear()
        if self.book is None or envelope is None:
            return
        for item in envelope.items:
            if response.status // 100 == 2:  # noqa: PLR2004 - success
                self.book.delivered(item.type or "")
            elif response.status == TOO_MANY:
                # The SDK does not count it: it takes for granted that whoever answers so has.
                self.book.discarded(item.type or "", "http_429")


def booking(book: Book | None) -> type[HttpTransport]:
    """Make the class of transport that the SDK shall use, bound to a book."""

    class Booking(BookedTransport):
        def __init__(self, options: dict[str, Any]) -> None:  # Any: as the SDK types it
            super().__init__(options, book)

    return Booking


def book_here() -> Book | None:
    """Give the book of the SDK that runs here; none without one."""
    transport = sentry_sdk.get_client().transport
    return transport.book if isinstance(transport, BookedTransport) else None


def count_captured() -> None:
    """See to it that each event is counted before anything can drop it; harmless when it is done already."""
    if _count not in global_event_processors:
        global_event_processors.insert(0, _count)


def _count(event: "Event", _hint: "Hint") -> "Event":
    if event.get("type") in {None, "error", "default"} and (book := book_here()) is not None:
        book.captured("event")
    return event
