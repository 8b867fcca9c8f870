"""
One drill on the cluster: each case of the catalogue is a test of its own.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import KNOWN, marks
from crashctl.proof.values import told
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

WITHIN_S = 300
CASES = list(load_catalogue(Path(__file__).parents[2] / "catalog").cases(runs_in="cluster"))
ENDING = [case for case in CASES if case.expect.pod.ends is not PodEnd.NONE]
SERVICES = sorted({case.service.name for case in ENDING})
# How the last end of a container may look.
ENDS = {
    PodEnd.OOM: ("OOMKilled", 137),
    PodEnd.HEAP_ABORT: ("Error", 134),
    PodEnd.EXIT: ("Error", 1),
    PodEnd.LIVENESS: ("Error", 137),
}


@pytest.fixture(scope="module")
def before(cluster):
    cluster.begin_anew(*SERVICES)
    return cluster.restarts()


@pytest.fixture(scope="module")
def drill(before, root, tmp_path_factory):
    """The report of one whole drill."""
    junit = tmp_path_factory.mktemp("drill") / "junit.xml"
    ended = subprocess.run(
        [sys.executable, "-m", "crashctl", "drill", "--json", "--junit", str(junit)],
        cwd=root, capture_output=True, text=True, check=False, timeout=360,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    assert junit.read_text().startswith("<?xml")
    return json.loads(ended.stdout)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_captured_exactly_once(case, cluster, drill):
    """
    Answer, events, tags, contexts, trace and pod are those that the catalogue promises; none lost, none twice.
    """
    (found,) = [outcome for outcome in drill["cases"] if outcome["id"] == case.id]

    assert [] == found["reasons"]
    assert "ok" == found["verdict"]
    assert (found["due"], 0, 0) == (found["captured"], found["lost"], found["duplicated"])


def test_the_drill_is_green_and_quick(cluster, drill):
    """
    The whole drill is green, restarts nothing that it should not, and takes less than five minutes.
    """
    assert drill["green"], drill["wrongs"]
    assert drill["took_s"] < WITHIN_S


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_ended_as_often_as_it_was_made_to(service, before, cluster, drill):
    """
    The container ended once for each case that ends it, the last time as one of them says, and is ready again.
    """
    ending = [case for case in ENDING if case.service.name == service]

    after = cluster.restarts()

    (status,) = cluster.pod(service)["status"]["containerStatuses"]
    last = status["lastState"]["terminated"]
    assert before[service] + len(ending) == after[service]
    assert (last["reason"], last["exitCode"]) in {ENDS[case.expect.pod.ends] for case in ending}
    assert status["ready"]


def test_nothing_else_restarted(before, cluster, drill):
    """
    No other container restarted during the drill.
    """
    after = cluster.restarts()

    assert {name: count for name, count in before.items() if name not in SERVICES} == {
        name: count for name, count in after.items() if name not in SERVICES
    }


@pytest.fixture(scope="module")
def items(drill, sink):
    """Everything that the drill left in the sink, by the case that was fired."""
    return {
        case["id"]: [
            item for trace in case["trace_ids"] for item in sink.get(f"/api/v1/traces/{trace}").json()["items"]
        ]
        for case in drill["cases"]
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_sentry_would_mark_nothing(case, items):
    """
    Sentry's own normaliser finds every event and every transaction of the case well-formed.
    """
    known = [item for item in items[case.id] if item["type"] in KNOWN]

    assert known
    assert [] == [mark for item in known for mark in marks(item["payload"], item["project_id"])]


def test_no_secret_of_the_release_is_told(cluster, items):
    """
    No value of the release's Secret is in any item of any case, but the public key that names the project of Sentry.
    """
    secrets = {name: value for name, value in cluster.secrets().items() if value and name != "ingest-key"}
    payloads = [item["payload"] for found in items.values() for item in found]

    assert secrets
    assert [] == told(payloads, secrets.values())


def test_two_faults_are_two_issues(items):
    """
    What issues are grouped by is shared by two cases only where they are one scenario's, fired in two ways.
    """
    cases = defaultdict(set)
    for case_id, found in items.items():
        for item in found:
            if item["type"] == "event" and item["service"] == case_id.partition("/")[0]:
                cases[key(item["payload"])].add("/".join(case_id.split("/")[:2]))

    assert {} == {one: shared for one, shared in cases.items() if len(shared) > 1}
