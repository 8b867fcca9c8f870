"""
The embedded UIs themselves: a real Bugsink and a real Spotlight, started as their images start them.
"""

import re
import uuid

import httpx
import pytest
import sentry_sdk
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.backends, pytest.mark.timeout(600)]
KEY = "0123456789abcdef" * 2
API_TOKEN = "0123456789" * 4


@pytest.fixture
def crash(make_sink, bugsink, spotlight):
    """
    A crash inside a transaction, sent by the SDK to a sink that forwards to both UIs; returns sink and trace id.
    """
    sink = make_sink(SINK_BUGSINK_URL=bugsink, SINK_SPOTLIGHT_URL=spotlight).start()
    client = sentry_sdk.Client(sink.dsn(2), traces_sample_rate=1.0, default_integrations=False)
    with sentry_sdk.isolation_scope() as isolation, sentry_sdk.new_scope() as scope:
        isolation.set_client(client)
        scope.set_client(client)
        with sentry_sdk.start_transaction(name="POST /spin", op="http.server") as transaction:
            with sentry_sdk.start_span(op="casino", name="reels-turn"):
                pass
            try:
                int("seven")
            except ValueError:
                sentry_sdk.capture_exception()
        client.close(timeout=10)
    wait_for(
        lambda: all(of["pending"] == 0 for of in sink.accounts()["targets"].values()), 30, "both targets to have it"
    )
    return sink, transaction.trace_id


def test_a_crash_is_an_issue_and_a_trace(crash, bugsink, spotlight):
    """
    The issue is found through Bugsink's API by the trace, in the project of its id; the transaction with its span is in
    Spotlight's trace view; the accounts say so; the SDK lost nothing.
    """
    sink, trace_id = crash
    with httpx.Client(base_url=f"{bugsink}/api/canonical/0", headers={"Authorization": f"Bearer {API_TOKEN}"}) as api:
        (issue,) = api.get("/issues/", params={"q": f"trace:{trace_id}"}).json()["results"]
        (project,) = [one for one in api.get("/projects/").json()["results"] if one["id"] == issue["project"]]

    call = {"name": "get_traces", "arguments": {"traceId": trace_id}}
    shown = mcp(spotlight, "tools/call", call)

    assert ("ValueError", "game-engine") == (issue["calculated_type"], project["name"])
    assert "POST /spin" in shown
    assert "reels-turn" in shown
    accounts = sink.accounts()
    assert {"event": 1} == accounts["targets"]["bugsink"]["delivered"]
    assert {"event": 1, "transaction": 1} == accounts["targets"]["spotlight"]["delivered"]
    assert {} == accounts["discarded_by_sdk"] == accounts["rejected"]


def test_the_limit_of_a_day_stays_with_bugsink(crash):
    """
    Bugsink limits transactions for 24 h in each answer. The sink obeys it there, and answers SDKs without it.
    """
    sink, _ = crash

    answer = sink.post(f'{{}}\n{{"type":"event"}}\n{{"event_id":"{uuid.uuid4().hex}"}}'.encode())

    limits = sink.accounts()["targets"]["bugsink"]["rate_limited_until"]
    assert {"transaction"} <= set(limits)
    assert 80_000 < limits["transaction"] - sink.accounts()["store"]["now"] <= 86_400
    assert [] == [name for name in answer.headers if re.match("x-sentry-rate-limits|retry-after", name, re.IGNORECASE)]


def test_the_same_event_again_is_one_in_bugsink(crash, bugsink):
    """
    A sink that lost its store and gets everything again sends it again; Bugsink keeps one.
    """
    sink, trace_id = crash
    (found,) = sink.get("/api/v1/events", trace=trace_id, type="event")["items"]
    raw = sink.http.get(f"{sink.url}/api/v1/envelopes/{found['envelope_id']}").content
    sink.end()
    (sink.folder / "sink.sqlite3").unlink()
    sink.start()
    sink.post(raw)
    wait_for(lambda: sink.accounts()["targets"]["bugsink"]["delivered"] == {"event": 1}, 30, "the second delivery")

    with httpx.Client(base_url=f"{bugsink}/api/canonical/0", headers={"Authorization": f"Bearer {API_TOKEN}"}) as api:
        (issue,) = api.get("/issues/", params={"q": f"trace:{trace_id}"}).json()["results"]
        events = api.get("/events/", params={"issue": issue["id"]}).json()["results"]

    assert 1 == [event["event_id"].replace("-", "") for event in events].count(found["event_id"])


def test_bugsink_starts_again_with_other_secrets(start_bugsink, tmp_path):
    """
    A second start takes a new token and key over, keeps one project an id, and refuses the old token.
    """
    for token, key in ((API_TOKEN, KEY), ("f" * 40, "e" * 32)):
        with start_bugsink(tmp_path, BUGSINK_API_TOKEN=token, BUGSINK_DSN_KEY=key) as url:
            projects = httpx.get(f"{url}/api/canonical/0/projects/", headers={"Authorization": f"Bearer {token}"})
            old = httpx.get(f"{url}/api/canonical/0/projects/", headers={"Authorization": f"Bearer {API_TOKEN}"})
    assert {1, 2} <= {project["id"] for project in projects.json()["results"]}
    assert all(f"//{'e' * 32}@" in project["dsn"] for project in projects.json()["results"])
    assert 401 == old.status_code


@pytest.mark.parametrize("path", ["/contextlines", "/open", "//open/", "/%6fpen", "/OPEN"])
def test_spotlight_reads_no_files_and_opens_no_editor(spotlight, path):
    """
    The two paths that act on the machine are closed, however they are written; the UI is served.
    """
    assert {404} == {httpx.request(method, spotlight + path, json=[]).status_code for method in ("PUT", "POST")}
    assert "<title>Spotlight</title>" in httpx.get(spotlight).text


def mcp(url: str, method: str, params: dict) -> str:
    """
    Ask Spotlight's MCP endpoint, the only one that tells a trace as text.
    """
    headers = {"Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return httpx.post(f"{url}/mcp", json=body, headers=headers, timeout=30).text
