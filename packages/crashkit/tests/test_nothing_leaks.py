"""
Values that nobody may read, planted where a program can come by them: the real SDK sends none of them.
"""

import json
import logging
import threading

import pydantic
import pytest
import sentry_sdk
from crashctl.proof.canaries import ADDRESSES, CARDS, CODE, TOKENS, found
from crashkit.logs import JsonLines
from crashkit.telemetry import capture_unhandled

SPACED, DASHED, PLAIN = (CARDS[f"card in {place}"] for place in ("the query", "a header", "a cookie"))
TOKEN, COOKIE, ADDRESS = TOKENS["token in a header"], TOKENS["cookie"], ADDRESSES["address in the body"]
SENTENCE = f"{ADDRESS} paid with {SPACED}, cvv {CODE}, token={TOKEN}, Cookie: session={COOKIE}"
ORDER = {"items": [{"card": {"number": PLAIN, "cvv": CODE}, "email": ADDRESS, "auth": {"token": TOKEN}}]}
HEADERS = [(b"cookie", f"session={COOKIE}".encode()), (b"x-card", DASHED.encode())]


class Request:
    """Shows itself as requests do."""

    def __repr__(self):
        return f"<Request headers={ {'Cookie': COOKIE, 'X-Api-Key': TOKEN}!r} card={PLAIN}>"


class Payment(pydantic.BaseModel):
    cvv: int


def in_a_message():
    raise ValueError(SENTENCE)


def in_a_cause():
    try:
        in_a_message()
    except ValueError as error:
        raise KeyError("reel") from error


def in_a_group():
    raise ExceptionGroup("two", [ValueError(SENTENCE), KeyError(TOKEN, {"token": TOKEN})])


def in_variables():
    number, spaced, cvv, access_token, cookie, mail = PLAIN, SPACED, CODE, TOKEN, COOKIE, ADDRESS
    raise KeyError(len((number, spaced, cvv, access_token, cookie, mail)))


def in_a_structure():
    order, headers, request, raw = ORDER, HEADERS, Request(), json.dumps(ORDER).encode()
    raise KeyError(len((order, headers, request, raw)))


def in_a_text_that_is_cut():
    text = "." * 1008 + PLAIN
    raise KeyError(len(text))


def in_a_variable_that_nothing_names():
    access_token, other = TOKEN, f"is it {TOKEN}?"
    raise KeyError(len((access_token, other)))


def in_a_log_line():
    logging.getLogger("game").error("%s: %s cvv=%s token=%s cookie %s", ADDRESS, DASHED, CODE, TOKEN, f"a={COOKIE}")


def in_breadcrumbs():
    logging.getLogger("game").info(SENTENCE)
    sentry_sdk.add_breadcrumb(message=SENTENCE, data={"card": PLAIN, "cvv": CODE, "cookie": COOKIE, **ORDER})
    raise KeyError("reel")


def in_contexts():
    sentry_sdk.set_context("order", {"card_number": PLAIN, "cvv": int(CODE), **ORDER})
    sentry_sdk.set_extra("told", SENTENCE)
    sentry_sdk.set_tag("card", DASHED)
    sentry_sdk.set_user({"id": "x", "email": ADDRESS})
    raise KeyError("reel")


def in_what_a_validator_says():
    Payment(cvv=f"{CODE} {TOKEN}")


def in_what_a_database_says():
    raise RuntimeError(f'E11000 duplicate key error dup key: {{ email: "{ADDRESS}", note: "{TOKEN}", n: {PLAIN} }}')


def in_spans():
    with sentry_sdk.start_transaction(name=f"GET /cards/{PLAIN}", op="http.server") as transaction:
        transaction.set_data("url.query", f"token={TOKEN}&email={ADDRESS}")
        with sentry_sdk.start_span(op="db", name=f"find {DASHED}") as span:
            span.set_data("statement", ORDER)


def in_the_head_of_a_trace():
    baggage = f"sentry-trace_id={'a' * 32},sentry-transaction={PLAIN},sentry-planted={TOKEN}"
    transaction = sentry_sdk.continue_trace(
        {"sentry-trace": f"{'a' * 32}-{'b' * 16}-1", "baggage": baggage}, name="spin"
    )
    with sentry_sdk.start_transaction(transaction):
        sentry_sdk.capture_message("The reels turn too slowly", level="warning")


def in_the_name_of_a_thread():
    thread = threading.Thread(target=in_spans, name=f"pay {PLAIN}")
    thread.start()
    thread.join()


PLACES = [
    in_a_message, in_a_cause, in_a_group, in_variables, in_a_structure, in_a_text_that_is_cut,
    in_a_variable_that_nothing_names, in_a_log_line, in_breadcrumbs, in_contexts, in_what_a_validator_says,
    in_what_a_database_says, in_spans, in_the_head_of_a_trace, in_the_name_of_a_thread,
]  # fmt: skip

FAILURES = (ValueError, KeyError, RuntimeError, ExceptionGroup)


def fire(place):
    try:
        place()
    except FAILURES as error:
        capture_unhandled(error, "test")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_nothing_that_nobody_may_read_is_sent(place, sentry, outbox):
    """
    Whatever a program put there, no byte of it is in an envelope; what took its place says so.
    """
    sentry.start()

    fire(place)

    raw = b"".join(outbox.raw)
    assert [] == found(raw)
    assert b"[Filtered]" in raw
    assert b"scrubbing_failed" not in raw


@pytest.mark.parametrize("place", [in_a_message, in_breadcrumbs, in_spans], ids=lambda place: place.__name__)
def test_what_cannot_be_scrubbed_is_sent_without_its_values(place, sentry, outbox, monkeypatch):
    """
    A mistake in the rules costs neither the event, nor its type and trace, nor a value.
    """
    sentry.start()
    monkeypatch.setattr("crashkit.scrubbing.event.is_secret", lambda _: 1 / 0)

    fire(place)

    (item,) = (payload for kind, payload in outbox.items if kind in {"event", "transaction"})
    assert [] == found(b"".join(outbox.raw))
    assert "ZeroDivisionError" == item["tags"]["scrubbing_failed"]
    assert 32 == len(item["contexts"]["trace"]["trace_id"])
    assert (item.get("exception") is None) == ("spans" in item)


@pytest.mark.parametrize("place", [in_a_message, in_a_cause, in_a_group], ids=lambda place: place.__name__)
def test_no_log_line_holds_it(place):
    """
    A line of the log, its traceback included, holds none of it: whoever keeps logs keeps them for long.
    """
    formatter = JsonLines("casino", lambda: None)
    record = logging.makeLogRecord({"name": "game", "msg": SENTENCE, "levelname": "ERROR"})
    try:
        place()
    except FAILURES as error:
        record.exc_info = (type(error), error, error.__traceback__)

    line = formatter.format(record)

    assert [] == found(line.encode())
    assert "test_nothing_leaks.py" in json.loads(line)["exception"]
