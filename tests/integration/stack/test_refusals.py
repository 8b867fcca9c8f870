"""
Bad input at the gateway, with the real service behind it: each has its answer, and none becomes an event.
"""

from pathlib import Path

import pytest
from crashctl.drill.trace import new_trace
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

PROBLEM = "application/problem+json"
MIB = 1024 * 1024
CRASH = "/api/v1/game-engine/debug/crash"
PER_MINUTE = load_catalogue(Path(__file__).parents[3] / "catalog").find("game-engine", "crash").budget.per_minute


@pytest.fixture
def clean(lasting_stack):
    """The stack, with nothing held before and after."""
    _stop(lasting_stack)
    yield lasting_stack
    _stop(lasting_stack)


def _stop(stack):
    headers = {"Authorization": "Bearer the-fault-token-of-the-tests"}
    stack.http.delete(stack.url("gateway") + "/api/v1/faults", headers=headers).raise_for_status()


def is_refused(stack, answer, trace, status, said):
    """Hold a refusal against what every refusal must be."""
    assert status == answer.status_code, answer.text
    assert PROBLEM == answer.headers["content-type"]
    assert trace.id == answer.headers["x-trace-id"] == answer.json()["trace_id"]
    assert said in answer.json()["detail"]
    assert [] == stack.events(trace.id)


@pytest.mark.parametrize("token", ["Bearer wrong", "", "Basic dTpw", "Bearer"])
def test_a_wrong_token_is_401(clean, token):
    """
    Without the right token nothing is fired.
    """
    trace = new_trace()

    answer = clean.fire(CRASH, trace, headers={"Authorization": token})

    is_refused(clean, answer, trace, 401, "Authorization: Bearer")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/debug/nothing", "GET /api/v1/catalog lists all"),
        ("/debug/error/nothing", "it has value-error"),
        ("/debug/memory-leak?case=nothing", "it has step"),
        ("/debug/crash?case=any", "has no cases"),
    ],
)
def test_an_unknown_fault_is_404(clean, path, said):
    """
    An unknown scenario or case is 404, and the answer says what there is.
    """
    trace = new_trace()

    answer = clean.fire(f"/api/v1/game-engine{path}", trace)

    is_refused(clean, answer, trace, 404, said)


def test_get_is_405_where_it_is_not_allowed(clean):
    """
    A browser's GET fires nothing unless that is switched on.
    """
    trace = new_trace()

    answer = clean.http.get(clean.url("gateway") + CRASH, headers=trace.headers)

    is_refused(clean, answer, trace, 405, "use POST with the token")
    assert "POST" == answer.headers["allow"]


def test_a_run_tag_of_strange_letters_is_400(clean):
    """
    What is no plain tag does not reach tags and logs.
    """
    trace = new_trace()

    answer = clean.fire(CRASH, trace, headers={"X-Crash-Run": "a b;c"})

    is_refused(clean, answer, trace, 400, "A run tag has 1 to 64 letters")


def test_a_second_leak_while_one_holds_is_409(clean):
    """
    While one leak holds what it took, the next is refused; it is listed, and DELETE frees it for the next.
    """
    path, trace = "/api/v1/game-engine/debug/memory-leak?case=budget", new_trace()
    assert 200 == clean.fire(path, headers={"X-Crash-Run": "first"}).status_code

    second = clean.fire(path, trace)

    is_refused(clean, second, trace, 409, "DELETE /api/v1/faults")
    listed = clean.http.get(clean.url("gateway") + "/api/v1/faults").json()["active"]
    assert [("game-engine/memory-leak/budget", "first")] == [(one["id"], one["run"]) for one in listed]
    _stop(clean)
    assert 200 == clean.fire(path).status_code


def test_the_minutes_firings_are_429(stack):
    """
    One firing more than the minute's budget is refused, with the seconds to wait.
    """
    trace = new_trace()
    fired = [stack.fire(CRASH).status_code for _ in range(PER_MINUTE)]

    answer = stack.fire(CRASH, trace)

    assert [500] * PER_MINUTE == fired
    is_refused(stack, answer, trace, 429, f"{PER_MINUTE} times a minute")
    assert 0 < int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("path", ["/api/v1/game-engine/spin", CRASH])
def test_a_body_too_large_is_413(clean, path):
    """
    A body above the gateway's limit is refused, on a healthy path as on a fault, and the service lives on.
    """
    trace = new_trace()

    answer = clean.fire(path, trace, content=b"x" * (2 * MIB))

    is_refused(clean, answer, trace, 413, "1048576 bytes at the most")
    assert wait_for(lambda: clean.http.get(clean.url("game-engine") + "/healthz/ready").status_code == 200, 5, "ready")
