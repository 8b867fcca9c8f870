"""
Reading the answers of targets.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from event_sink.verdict import Verdict, judge


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        (200, {}, Verdict("delivered")),
        (
            200,
            {"X-Sentry-Rate-Limits": "86400:transaction;span:organization"},
            Verdict("delivered", limits={"transaction": 86400.0, "span": 86400.0}),
        ),
        (413, {}, Verdict("refused", "too_large")),
        (400, {}, Verdict("refused", "malformed")),
        (403, {}, Verdict("misconfigured", "http_403")),
        (404, {}, Verdict("misconfigured", "http_404")),
        (429, {}, Verdict("limited", "http_429", {"": 60.0})),
        (429, {"Retry-After": "7"}, Verdict("limited", "http_429", {"": 7.0})),
        (429, {"X-Sentry-Rate-Limits": "5:error", "Retry-After": "9"}, Verdict("limited", "http_429", {"error": 5.0})),
        (500, {}, Verdict("away", "http_500")),
        (503, {"Retry-After": "4"}, Verdict("away", "http_503", {}, 4.0)),
        (503, {"Retry-After": "999999"}, Verdict("away", "http_503", {}, 300.0)),
        (302, {}, Verdict("away", "http_302")),
    ],
)
def test_an_answer_means_one_thing(status, headers, verdict):
    """
    Delivered, refused for good, limited by category, wrong configuration, or away.
    """
    assert verdict == judge(status, headers)


def test_retry_after_may_be_a_date():
    """
    HTTP allows a date where Sentry sends seconds.
    """
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    (seconds,) = judge(429, {"Retry-After": later}).limits.values()

    assert 90 < seconds <= 100
