import json
from pathlib import Path

import pytest
from analytics.settings import Settings
from crashkit.loading import load_catalogue

PER_MINUTE = load_catalogue(Path(__file__).parents[3] / "catalog").find("analytics", "crash").budget.per_minute


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/api/debug/crash", {}, 401),
        ("POST", "/api/debug/crash", {"Authorization": "Bearer wrong"}, 401),
        ("POST", "/api/debug/crash", {"Authorization": "Basic a-fault-token-of-the-tests"}, 401),
        ("GET", "/api/debug/crash", {}, 405),
        ("GET", "/api/debug/crash", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 405),
        ("POST", "/api/debug/validation-error?case=none", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 404),
        ("POST", "/api/debug/crash?case=none", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 404),
        ("POST", "/api/debug/nothing", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 404),
        ("POST", "/api/debug/crash?run=a%20b", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 400),
        ("DELETE", "/api/debug/faults", {}, 401),
        ("DELETE", "/api/debug/faults?run=a%20b", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 400),
        ("DELETE", "/api/debug/faults?run=", {"Authorization": "Bearer a-fault-token-of-the-tests"}, 400),
    ],
)
async def test_what_may_not_be_fired_is_a_problem_and_no_event(  # noqa: PLR0917 - four of them are one row
    method, path, headers, status, client, outbox
):
    """
    Each refusal has its status and a sentence, as problem+json, and nothing is reported.
    """
    answer = await client.call(method, path, **headers)

    problem = json.loads(answer.body)
    assert status == answer.code == problem["status"]
    assert "application/problem+json" == answer.headers["Content-Type"]
    assert len(problem["detail"]) > 10
    assert [] == outbox.of("event")


@pytest.mark.parametrize("settings", ["off"], indirect=True)
async def test_faults_are_off_unless_enabled(client, outbox):
    """
    Without FAULTS_ENABLED a right call answers 403, and so does the list.
    """
    fired = await client.fire("/api/debug/crash")
    listed = await client.call("GET", "/api/debug/faults")

    assert [403, 403] == [fired.code, listed.code]
    assert [] == outbox.of("event")


@pytest.mark.parametrize("settings", ["get"], indirect=True)
async def test_get_fires_behind_its_own_switch(client):
    """
    With FAULTS_ALLOW_GET a plain GET fires without a token; a wrong token is still refused.
    """
    plain = await client.call("GET", "/api/debug/crash")
    wrong = await client.call("GET", "/api/debug/crash", Authorization="Bearer wrong")

    assert [500, 401] == [plain.code, wrong.code]


async def test_the_rate_of_the_budget_is_kept(client):
    """
    The firing after the minute's last one answers 429 and says when to come back.
    """
    answers = [await client.fire("/api/debug/crash") for _ in range(PER_MINUTE)]

    over = await client.fire("/api/debug/crash")

    assert {500} == {answer.code for answer in answers}
    assert 429 == over.code
    assert 1 <= int(over.headers["Retry-After"]) <= 61


async def test_only_the_runs_of_one_tag_are_stopped(client, parts):
    """
    With ``?run=`` the stop takes the runs of that tag, and leaves those of others.
    """
    case = parts.catalogue.find("analytics", "memory-spike", "released")
    token = "Bearer a-fault-token-of-the-tests"
    with parts.guard.firing(case, "anna-1"):
        other = await client.call("DELETE", "/api/debug/faults?run=anna-10", Authorization=token)
        own = await client.call("DELETE", "/api/debug/faults?run=anna-1", Authorization=token)

    assert [{"stopped": 0}, {"stopped": 1}] == [json.loads(other.body), json.loads(own.body)]


async def test_the_token_is_in_no_envelope(client, outbox):
    """
    The fault token, a cookie and an authorization header reach no event.
    """
    await client.fire("/api/debug/crash", Cookie="session=a-cookie-value")

    assert outbox.of("event")
    sent = b"".join(outbox.raw)
    assert b"a-fault-token-of-the-tests" not in sent
    assert b"a-cookie-value" not in sent


@pytest.mark.parametrize("header", ["", "x", "zz-zz-1", "0" * 32, "a" * 500, f"{'0' * 32}-{'0' * 16}-1", "\xff\xfe"])
async def test_a_malformed_trace_header_starts_a_new_trace(header, client, outbox):
    """
    Whatever stands in sentry-trace, the fault is answered and captured on some trace.
    """
    answer = await client.fire("/api/debug/crash", sentry_trace=header, baggage="sentry-trace_id=;;,=,")

    (event,) = outbox.of("event")
    assert 500 == answer.code
    assert json.loads(answer.body)["trace_id"] == event["contexts"]["trace"]["trace_id"]


@pytest.fixture
def settings(settings, monkeypatch, request):
    switches = {"off": {"FAULTS_ENABLED": "false"}, "get": {"FAULTS_ALLOW_GET": "true"}}
    for name, value in switches.get(getattr(request, "param", ""), {}).items():
        monkeypatch.setenv(name, value)
    return Settings()
