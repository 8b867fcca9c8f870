"""
What the gateway reports of its own failures: once, well-formed, and nothing of what was sent to it.
"""

import pytest
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import marks
from crashctl.proof.values import told

CRASH = "/api/v1/gateway/debug/crash"
SPIN = "/api/v1/game-engine/spin"
SENT = ["4000 1234 5678 9010", "a-session-of-player-7", "a-password-in-the-query", "the-fault-token"]


def _die(handler):
    handler.close_connection = True


@pytest.fixture
def failing(service):
    service.behaviours["/spin"] = _die


def _fail(watched, path):
    headers = {
        "sentry-trace": "", "Cookie": "session=a-session-of-player-7", "Authorization": "Bearer the-fault-token",
        "Content-Type": "application/json",
    }  # fmt: skip
    body = b'{"card": "4000 1234 5678 9010"}'
    answer = watched.ask(f"{path}?password=a-password-in-the-query", "POST", headers, body)
    return answer.status, answer.headers["x-trace-id"]


@pytest.mark.parametrize(("path", "status"), [(CRASH, 500), (SPIN, 502)])
def test_a_failure_is_well_formed_and_tells_nothing_that_was_sent(path, status, watched, failing, sentry):
    """
    The event and the transaction of an own crash and of a service that died are well-formed for Sentry; body, cookie,
    query and token of the request are in neither.
    """
    answered, trace_id = _fail(watched, path)

    items = [sentry.only_event(trace_id), sentry.only(trace_id, "transaction")]
    assert status == answered
    assert [[], []] == [marks(item) for item in items]
    assert [] == told(items, SENT)


def test_a_failure_twice_is_two_events_of_one_issue(watched, failing, sentry):
    """
    The same failure again is an event again, and what issues are grouped by is equal; another failure is another issue.
    """
    events = [sentry.only_event(_fail(watched, path)[1]) for path in (CRASH, CRASH, SPIN, SPIN)]

    keys = [key(event) for event in events]
    assert 4 == len({event["event_id"] for event in events})
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert keys[0] != keys[2]


def test_what_the_services_answer_is_said_by_nobody_else(watched, service, sentry):
    """
    A 5xx of a service is that service's event: the gateway's own part is a failed transaction.
    """

    def fails(handler):
        handler.send_response(500)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.behaviours["/spin"] = fails

    _, trace_id = _fail(watched, SPIN)

    transaction = sentry.only(trace_id, "transaction")
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert [] == sentry.of(trace_id, "event")
