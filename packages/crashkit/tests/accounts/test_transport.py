"""
Every item that the real SDK is given is counted until it is delivered or discarded, whatever it meets. A new version of
the SDK that goes another way must fail here.
"""

import json

import pytest
import sentry_sdk
from crashctl.waiting import wait_for
from crashkit.accounts.transport import BookedTransport
from crashkit.spool.opening import BookedCounts
from crashkit.spool.store import Store
from crashkit.spool.transport import spooling


def figures(book):
    wanted = ("captured", "delivered", "discarded", "memory")
    counts = book.figures()["counts"]
    return {name: number for name, number in counts.items() if number and name.partition("/")[0] in wanted}


def event(**more):
    sentry_sdk.capture_event({"message": "it failed", **more})


def test_what_is_answered_2xx_is_delivered(start, book, sentry):
    """
    Events and transactions are captured, then delivered; each envelope names the book.
    """
    client = start(traces_sample_rate=1.0)
    event()
    with sentry_sdk.start_transaction(name="spin"):
        pass
    client.flush(5)

    assert {
        "captured/event": 1, "delivered/event": 1, "captured/transaction": 1, "delivered/transaction": 1
    } == figures(book)  # fmt: skip
    assert {book.id} == {json.loads(body.split(b"\n")[0])["book"] for body in sentry.envelopes}


def drop(*_):
    return None


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"before_send": drop}, "before_send"), ({"sample_rate": 0.0}, "sample_rate")],
)
def test_what_the_sdk_drops_before_it_sends_is_discarded(start, book, options, reason):
    """
    Captured and discarded with the reason; nothing waits.
    """
    start(**options)

    event()

    assert {"captured/event": 1, f"discarded/event/{reason}": 1} == figures(book)


def test_what_a_processor_drops_is_discarded(start, book):
    """
    An event is counted before any processor can drop it.
    """
    start()
    with sentry_sdk.new_scope() as scope:
        scope.add_event_processor(drop)

        event()

    assert {"captured/event": 1, "discarded/event/event_processor": 1} == figures(book)


def test_a_trace_that_is_not_kept_is_discarded(start, book):
    """
    An unsampled transaction is one that was made, and discarded by the rate.
    """
    start(traces_sample_rate=0.0)

    with sentry_sdk.start_transaction(name="spin"):
        pass

    assert {"captured/transaction": 1, "discarded/transaction/sample_rate": 1} == figures(book)


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "network_error"), (400, "network_error"), (413, "send_error"), (429, "http_429")]
)
def test_what_is_refused_is_discarded(start, book, sentry, status, reason):
    """
    Also what is answered 429, which the SDK's own reports leave out.
    """
    sentry.status = status
    client = start()

    event()
    client.flush(5)

    assert {"captured/event": 1, f"discarded/event/{reason}": 1} == {
        name: number for name, number in figures(book).items() if "client_report" not in name
    }


def test_what_is_held_back_by_a_rate_limit_is_discarded(start, book, sentry):
    """
    After a limit the SDK drops by itself.
    """
    sentry.more = {"X-Sentry-Rate-Limits": "60:error:organization"}
    client = start()
    event()
    client.flush(5)

    event()
    client.flush(5)

    assert {
        "captured/event": 2, "delivered/event": 1, "discarded/event/ratelimit_backoff": 1,
        "captured/client_report": 1, "delivered/client_report": 1,
    } == figures(book)  # fmt: skip


def test_what_nobody_answers_is_discarded(start, book, sentry):
    """
    A Sentry that is away.
    """
    client = start()
    sentry.server_close()

    event()
    client.flush(5)

    assert 1 == figures(book)["discarded/event/network_error"]


def test_what_waits_is_in_memory_and_what_overflows_is_discarded(start, book, sentry):
    """
    Captured is at any moment what is delivered, discarded or in memory.
    """
    sentry.held.clear()
    client = start(transport_queue_size=3)
    for _ in range(10):
        event()
    waiting = figures(book)
    sentry.held.set()
    client.flush(10)
    sent = figures(book)

    assert 10 == waiting["captured/event"] == waiting["memory/event"] + waiting["discarded/event/queue_overflow"]
    assert 10 == sent["delivered/event"] + sent["discarded/event/queue_overflow"]
    assert "memory/event" not in sent


def test_a_report_that_rides_along_is_counted_once(start, book, sentry):
    """
    Client reports join another envelope when they are due.
    """
    client = start()
    client.transport.record_lost_event("before_send", data_category="error", quantity=2)
    client.transport._last_client_report_sent = 0.0

    event()
    client.flush(5)

    types = [json.loads(line)["type"] for body in sentry.envelopes for line in body.split(b"\n")[1::2] if line]
    assert types.count("client_report") == figures(book)["captured/client_report"]
    assert figures(book)["captured/client_report"] == figures(book)["delivered/client_report"]


def test_an_event_on_disk_is_not_in_memory(start, book, sentry, tmp_path):
    """
    With a spool: captured, on disk, delivered; what is refused for good is discarded.
    """
    store = Store(tmp_path / "spool", 1 << 20, 100, BookedCounts(book))
    book.on_disk = lambda: store.files
    sentry.held.clear()
    client = start(spooling(store, book))
    event()
    wait_for(lambda: sentry.envelopes, 10, "the event to be on its way")
    waiting = (figures(book), book.figures()["on_disk"])
    sentry.held.set()
    client.flush(5)
    sentry.status = 400
    event()
    client.flush(5)

    assert ({"captured/event": 1}, 1) == waiting
    after = figures(book)
    assert (2, 1, 1) == (after["captured/event"], after["delivered/event"], after["discarded/event/send_error"])
    assert 0 == book.figures()["on_disk"]


def test_the_book_is_told_and_closed(start, book, sentry):
    """
    The sink hears the figures while the process lives, and the last ones when it ends.
    """
    client = start()
    assert isinstance(client.transport, BookedTransport)
    client.transport.tell(service="casino", instance="casino-1")
    event()
    wait_for(lambda: sentry.books, 10, "the book to be told")
    client.close(timeout=2)

    first, last = json.loads(sentry.books[0]), json.loads(sentry.books[-1])
    assert ("casino-1", book.id, 1) == (first["instance"], first["book"], first["counts"]["running"])
    assert (0, 1, 1) == tuple(last["counts"][name] for name in ("running", "captured/event", "delivered/event"))
