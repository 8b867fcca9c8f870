"""
Whatever the answers are, what was captured arrives once when the weather is over, and the sums close.
"""

import signal
from email.utils import formatdate
from time import time

import pytest
from crashctl.waiting import wait_for

from tests.integration.weather.senders import arrived, wait_sent
from tests.integration.weather.sky import Answer, Cut, Silence

pytestmark = pytest.mark.timeout(400)

NUMBER = 12
LIMITS = "X-Sentry-Rate-Limits"
WEATHER = {
    "refusals": {
        "503": [Answer(503)],
        "503 for a while": [Answer(503, {"Retry-After": "1"})],
        "503 until a date": [Answer(503, {"Retry-After": "Fri, 27 Nov 1970 10:00:00 GMT"})],
        "503 with nonsense": [Answer(503, {"Retry-After": "as soon as possible"})],
        "500, 502, 504": [Answer(500), Answer(502), Answer(504)],
        "a redirect": [Answer(302, {"Location": "http://127.0.0.1:9/"})],
        "408": [Answer(408)],
    },
    "limits": {
        "for a while": [Answer(429, {"Retry-After": "1"})],
        "for several": [Answer(429, {LIMITS: "1:transaction;error:organization:quota, 2:error:key:spikes"})],
        "for all": [Answer(429, {LIMITS: "1::organization"})],
        "for others": [Answer(429, {LIMITS: "1:session:organization"})],
        "with nonsense": [Answer(429, {LIMITS: "9e9:error, soon:error, 1:error", "Retry-After": "9" * 20})],
        "with a success": [Answer(200, {LIMITS: "1:error:organization"}), Answer(429, {LIMITS: "1:error"})],
    },
    "cut answers": {
        "at once": [Cut(b"HTTP")],
        "in the status": [Cut(b" OK")],
        "in the headers": [Cut(b"-Type")],
        "before the body": [Cut(b"{")],
        "in the body": [Cut(b"}")],
    },
}


@pytest.mark.parametrize("kind", WEATHER)
def test_all_arrive_once_when_it_is_over(kind, start, sky, sink, account):
    """
    One weather after the other: what is captured in the middle of it is stored once when it is over, none is lost, and
    in the end the sums say so.
    """
    process, taken = start(), 0
    for number, (name, weather) in enumerate(WEATHER[kind].items(), 1):
        before = sky.met
        sky.set(*weather)
        process.capture(NUMBER)
        wait_for(lambda: sky.met >= before + len(weather), 60, f"{name} to be met")  # noqa: B023 - waited for at once
        sky.clear_up()
        # Whoever answers 2xx has it: the road then, and not the sink.
        taken += sum(answer.status == 200 for answer in weather if isinstance(answer, Answer))
        wait_sent(sink, process, number * NUMBER - taken)
        assert number * NUMBER - taken == arrived(sink, process), name

    figures = process.figures()
    assert figures["written"] == figures["delivered"] >= NUMBER * len(WEATHER[kind])
    assert set() == set(figures) - {"written", "delivered"}
    process.end()
    code, found = account()
    events = found["services"][process.project]["items"]["event"]
    assert (figures["written"], taken, {}) == (events["captured"], events["missing"], events["discarded"])
    assert (int(taken > 0), bool(taken)) == (code, bool(found["not_closed"])), found["verdict"]


def test_no_answer_keeps_what_was_captured(start, sky, sink, account):
    """
    Requests are taken and never answered: captures return, the process ends in order, and its next start sends what is
    left.
    """
    process = start()
    sky.set(Silence())
    process.capture(NUMBER)
    wait_for(lambda: sky.met, 60, "the silence")
    process.end()
    sky.clear_up()

    last = start()
    wait_sent(sink, last, NUMBER)

    assert NUMBER == arrived(sink, last)
    last.end()
    code, found = account()
    assert (0, []) == (code, found["not_closed"]), found["verdict"]


def test_a_sink_that_is_killed_in_the_middle_loses_nothing(start, sink, account):
    """
    Killed three times while events stream in: what was answered 2xx is there, what was not is sent again, each is
    stored once.
    """
    process = start()
    for _ in range(3):
        process.capture(40)
        wait_for(lambda: process.figures().get("delivered", 0) > 5, 60, "some answers")
        sink.end(signal.SIGKILL)
        answered = process.figures().get("delivered", 0)
        sink.start()
        assert sink.accounts()["received"]["event"] >= answered

    wait_sent(sink, process, 120)

    assert 120 == arrived(sink, process)
    process.end()
    code, found = account()
    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    assert {} == found["services"][process.project]["items"]["event"]["discarded"]


def test_what_is_too_large_is_trimmed_and_the_sums_close(start, sink, account):
    """
    One above the sink's limit is received like the others, with its mark; nothing is discarded.
    """
    process = start()
    process.capture_large()
    process.capture(3)

    wait_sent(sink, process, 4)

    assert 1 == process.figures()["trimmed"]
    process.end()
    code, found = account()
    events = found["services"][process.project]["items"]["event"]
    assert (0, [], {}) == (code, found["not_closed"], events["discarded"]), found["verdict"]
    assert events["captured"] == events["received"]


def test_what_is_refused_for_good_is_lost_by_reason(start, sky, sink, account):
    """
    Refused whole and in every size, and refused as malformed: the sums close, and say what is lost and why.
    """
    process = start()
    sky.set(Answer(413))
    process.capture(1)
    wait_for(lambda: process.figures().get("refused") == 1, 60, "the first refusal")
    sky.set(Answer(400))
    process.capture(2)
    wait_for(lambda: process.figures().get("refused") == 3, 60, "the others")
    sky.clear_up()
    process.capture(1)
    wait_sent(sink, process, 1)

    process.end()
    code, found = account()

    events = found["services"][process.project]["items"]["event"]
    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    assert ({"send_error": 3}, 3 + events["received"]) == (events["discarded"], events["captured"])
    assert "3 send_error" in found["verdict"]


@pytest.mark.parametrize(
    "headers",
    [{LIMITS: "20:transaction:organization"}, {LIMITS: "2:session;monitor:key, 20:transaction;span:key:quota"}],
    ids=["one", "several"],
)
def test_a_limit_of_one_category_is_obeyed_by_it_alone(headers, start, sky, sink, account):
    """
    While transactions are limited, none is sent, and events pass; what the SDK holds back is discarded with its reason,
    and when the limit is over transactions pass again.
    """
    process = start()
    process.transactions(1)
    sky.meets = lambda body: b'"type":"transaction"' in body
    sky.set(Answer(429, headers))
    process.transactions(1)
    wait_for(lambda: sky.met, 60, "the limit")
    over_at = time() + 21
    # What was on its way when the limit came has met it, too.
    process.transactions(1)
    met = sky.met
    process.transactions(2)
    process.capture(5)
    wait_sent(sink, process, 5)
    assert met == sky.met
    sky.clear_up()

    wait_for(lambda: time() > over_at, 30, "the end of the limit")
    received = sink.accounts()["received"]["transaction"]

    def passes():
        # One that was on its way may have met the limit later, and so prolonged it.
        process.transactions(1)
        return sink.accounts()["received"]["transaction"] > received

    wait_for(passes, 60, "transactions again", 1)

    process.end()
    code, found = account()
    items = found["services"][process.project]["items"]["transaction"]
    assert (0, []) == (code, found["not_closed"]), found["verdict"]
    assert {"ratelimit_backoff", "http_429"} <= set(items["discarded"])
    lost = sum(items["discarded"].values()) + items["lost_with_their_process"]
    assert items["captured"] == items["received"] + lost


def test_a_date_may_say_when_the_limit_is_over(start, sky, sink):
    """
    HTTP allows a date in Retry-After: nobody asks before it, and all arrive after it.
    """
    process = start()
    sky.set(Answer(429, {"Retry-After": formatdate(time() + 8, usegmt=True)}), Answer(200))
    process.capture(1)
    wait_for(lambda: sky.met, 60, "the limit")
    sky.clear_up()
    process.capture(NUMBER)

    wait_sent(sink, process, 1 + NUMBER)

    assert 1 == sky.met
    assert 1 + NUMBER == arrived(sink, process)
