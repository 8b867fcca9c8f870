"""
The first line of the README, as a person types it, and where it leads.
"""

import json
import re
import shlex
import subprocess

import httpx
import pytest
from crashctl.waiting import wait_for

pytestmark = pytest.mark.cluster

WITHIN_S = 15


@pytest.fixture(scope="module")
def fired(cluster, root):
    """The answer to the README's first curl line."""
    line = re.search(r"^curl .*$", (root / "README.md").read_text(), re.MULTILINE)
    assert line, "the README has no curl line"
    ended = subprocess.run(shlex.split(line[0]), capture_output=True, text=True, check=True, timeout=30)
    return json.loads(ended.stdout)


def test_it_answers_with_the_trace(fired):
    """
    The crash answers 500 as problem+json, and names its trace.
    """
    assert 500 == fired["status"]
    assert re.fullmatch(r"[0-9a-f]{32}", fired["trace_id"])


def test_it_is_an_issue_that_a_person_can_open(cluster, fired):
    """
    Bugsink's API finds the issue by the trace, with the title of the crash, and its page answers.
    """
    headers = {"Authorization": f"Bearer {cluster.secrets()['bugsink-api-token']}"}
    with httpx.Client(base_url=cluster.addresses["bugsink"], headers=headers) as bugsink:

        def issues():
            answer = bugsink.get("/api/canonical/0/issues/", params={"q": f"trace:{fired['trace_id']}"})
            return answer.raise_for_status().json()["results"]

        (issue,) = wait_for(issues, WITHIN_S, "the issue in Bugsink")

    assert "RuntimeError" == issue["calculated_type"]
    assert "dictionary changed size during iteration" == issue["calculated_value"]


def test_it_is_a_trace_through_both_services(replayed, fired):
    """
    Spotlight has the trace, with transactions of the gateway and of the game engine in it.
    """

    def services():
        found = set(replayed(fired["trace_id"]))
        return found if {"gateway", "game-engine"} <= found else None

    assert {"gateway", "game-engine"} == wait_for(services, WITHIN_S, "both transactions in Spotlight")


def test_the_span_of_the_game_engine_hangs_below_that_of_the_gateway(cluster, fired, sink):
    """
    The game engine's transaction has a span of the gateway as its parent.
    """

    def both():
        items = sink.get(f"/api/v1/traces/{fired['trace_id']}").json()["items"]
        found = {item["service"]: item["payload"] for item in items if item["type"] == "transaction"}
        return found if {"gateway", "game-engine"} <= found.keys() else None

    found = wait_for(both, WITHIN_S, "both transactions in the sink")

    spans = {span["span_id"] for span in found["gateway"]["spans"]}
    assert found["game-engine"]["contexts"]["trace"]["parent_span_id"] in spans
