"""
The real Python SDK, sending to the sink.
"""

import logging
import time

import pytest
import sentry_sdk
from crashctl.waiting import wait_for
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.profiler.continuous_profiler import teardown_continuous_profiler


@pytest.fixture
def sdk(sink):
    """
    A client of its own in a scope of its own, so that no other test hears of it.
    """
    client = sentry_sdk.Client(
        sink.dsn(2),
        traces_sample_rate=1.0,
        enable_logs=True,
        default_integrations=False,
        integrations=[LoggingIntegration(event_level=None)],
        profile_session_sample_rate=1.0,
        profile_lifecycle="manual",
    )
    client.integrations["logging"] = LoggingIntegration
    with sentry_sdk.isolation_scope() as isolation, sentry_sdk.new_scope() as scope:
        isolation.set_client(client)
        scope.set_client(client)
        yield client
    client.close(timeout=5)
    teardown_continuous_profiler()


def test_a_crash_in_a_transaction_is_one_trace(sink, sdk):
    """
    Error, transaction and log of one request are found under its trace id, with the tags that were set.
    """
    with sentry_sdk.start_transaction(name="POST /spin", op="http.server") as transaction:
        sentry_sdk.set_tag("service", "game-engine")
        sentry_sdk.set_tag("run", "r-7")
        sentry_sdk.logger.warning("the reels are slow")
        try:
            int("seven")
        except ValueError:
            event_id = sentry_sdk.capture_exception()
    sdk.flush(timeout=5)

    trace = sink.get(f"/api/v1/traces/{transaction.trace_id}")

    assert ["event", "log", "transaction"] == sorted(item["type"] for item in trace["items"])
    (found,) = sink.get("/api/v1/events", run="r-7", type="event")["items"]
    assert (event_id, "game-engine", "ValueError") == (found["event_id"], found["service"], found["exception_type"])
    assert {"log": 1, "event": 1, "transaction": 1} == sink.accounts()["received"]


def test_a_profile_is_found_by_the_event_that_names_its_profiler(sink, sdk):
    """
    A chunk knows no trace; the sink shows it with the transaction that was profiled.
    """
    sentry_sdk.profiler.start_profiler()
    with sentry_sdk.start_transaction(name="spin") as transaction:
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            sum(range(1000))
    sentry_sdk.profiler.stop_profiler()
    sdk.flush(timeout=5)

    def types():
        sdk.flush(timeout=5)
        found = sorted(item["type"] for item in sink.get(f"/api/v1/traces/{transaction.trace_id}")["items"])
        return found if "profile_chunk" in found else None

    assert ["profile_chunk", "transaction"] == wait_for(types, 15, "the profile chunk to arrive")


def test_what_the_sdk_lost_is_in_the_accounts(sink, sdk):
    """
    Refused for one category on command, the SDK throws away events and says so in its next client report.
    """
    sink.misbehave(mode="429", categories=["error"], retry_after_s=1, count=1)
    for _ in range(3):
        sentry_sdk.capture_message("lost")
        sdk.flush(timeout=5)
    time_left = time.monotonic() + 1.1
    while time.monotonic() < time_left:
        logging.getLogger(__name__).debug("the limit of one second must pass")
    sdk.transport._last_client_report_sent = 0
    sentry_sdk.capture_message("arrives")
    sdk.flush(timeout=5)

    accounts = sink.accounts()

    assert {"misbehaviour:429": 1} == accounts["rejected"]
    assert 1 == accounts["received"]["event"]
    assert 2 <= sum(by.get("error", 0) for by in accounts["discarded_by_sdk"].values())
