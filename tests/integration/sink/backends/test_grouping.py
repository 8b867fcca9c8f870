"""
What ``crashctl.proof.grouping`` says of two events is what a real Bugsink makes of them.
"""

import json
import secrets

import httpx
import pytest
from crashctl.proof.grouping import key
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.backends, pytest.mark.timeout(600)]
API_TOKEN = "0123456789" * 4
GATEWAY, ENGINE = ("gateway", 1), ("game-engine", 2)


def event(kind, words, service=ENGINE, route="POST /spin", **more):
    """Make what matters of an event: a message where there is no kind."""
    told = {"exception": {"values": [{"type": kind, "value": words}]}} if kind else {"logentry": {"message": words}}
    contexts = {"trace": {"trace_id": secrets.token_hex(16), "span_id": "b" * 16}}
    made = {
        "event_id": secrets.token_hex(16), "platform": "python", "transaction": route, "level": "error",
        "timestamp": "2026-11-25T10:00:00Z", "tags": {"service": service[0]}, "contexts": contexts, **told, **more,
    }  # fmt: skip
    return made, service[1]


EVENTS = [
    event("KeyError", "machine 3 has no bell"),
    event("KeyError", "machine 12 has no bell"),
    event("KeyError", "machine 3 has no bell", route="GET /turnover"),
    event("KeyError", "machine 3 has no bell", GATEWAY),
    event("KeyError", "a machine has no books"),
    event("ValueError", "machine 3 has no bell"),
    event(None, "The history of spins grows and is never trimmed"),
    event(None, "The history of spins grows and is never trimmed"),
    event(None, "A reel never came to rest and blocked the event loop"),
    event("UpstreamDied", "one reason", fingerprint=["gateway", "game-engine", "upstream-died"]),
    event("UpstreamDied", "another reason", fingerprint=["gateway", "game-engine", "upstream-died"]),
    event("UpstreamDied", "one reason", fingerprint=["gateway", "payment", "upstream-died"]),
    event("RuntimeError", "id 0123456789abcdef0123456789abcdef is unknown"),
    event("RuntimeError", "id fedcba9876543210fedcba9876543210 is unknown"),
]


@pytest.fixture(scope="module")
def issues(bugsink):
    """Send every event to Bugsink, and give the issue that it made of each."""
    auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={'0123456789abcdef' * 2}"}
    with httpx.Client(base_url=bugsink, headers={"Authorization": f"Bearer {API_TOKEN}"}) as http:
        for payload, project_id in EVENTS:
            lines = ({"event_id": payload["event_id"]}, {"type": "event"}, payload)
            body = b"\n".join(json.dumps(line).encode() for line in lines)
            http.post(f"/api/{project_id}/envelope/", content=body, headers=auth).raise_for_status()

        def issue_of(payload):
            trace_id = payload["contexts"]["trace"]["trace_id"]
            found = http.get("/api/canonical/0/issues/", params={"q": f"trace:{trace_id}"}).json()["results"]
            return found[0]["id"] if found else None

        return [
            wait_for(lambda payload=payload: issue_of(payload), 30, "the issue of an event", 0.2)
            for payload, _ in EVENTS
        ]


def test_the_key_tells_issues_apart_as_bugsink_does(issues):
    """
    Two events are one issue in Bugsink exactly where their keys are equal.
    """
    keys = [key(payload) for payload, _ in EVENTS]

    assert [[one == other for other in issues] for one in issues] == [[one == other for other in keys] for one in keys]
    assert 9 == len(set(issues))
