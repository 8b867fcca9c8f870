"""
One drill on the cluster: each case of the catalogue is a test of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

WITHIN_S = 120
CASES = list(load_catalogue(Path(__file__).parents[2] / "catalog").cases())


@pytest.fixture(scope="module")
def before(cluster):
    return cluster.restarts()


@pytest.fixture(scope="module")
def drill(before, root, tmp_path_factory):
    """The report of one whole drill."""
    junit = tmp_path_factory.mktemp("drill") / "junit.xml"
    ended = subprocess.run(
        [sys.executable, "-m", "crashctl", "drill", "--json", "--junit", str(junit)],
        cwd=root, capture_output=True, text=True, check=False, timeout=240,
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
    The whole drill is green, restarts nothing that it should not, and takes less than two minutes.
    """
    assert drill["green"], drill["wrongs"]
    assert drill["took_s"] < WITHIN_S


def test_the_leak_was_killed_by_the_kernel(before, cluster, drill):
    """
    The container of the leak ended with reason OOMKilled and exit code 137, once, and is ready again.
    """
    kills = [case for case in CASES if case.expect.pod.ends is PodEnd.OOM]

    after = cluster.restarts()
    (pod,) = [
        pod for pod in cluster.pods() if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "game-engine"
    ]
    (status,) = pod["status"]["containerStatuses"]

    assert before["game-engine"] + len(kills) == after["game-engine"]
    assert "OOMKilled" == status["lastState"]["terminated"]["reason"]
    assert 137 == status["lastState"]["terminated"]["exitCode"]
    assert status["ready"]


def test_nothing_else_restarted(before, cluster, drill):
    """
    No other container restarted during the drill.
    """
    after = cluster.restarts()

    assert {name: count for name, count in before.items() if name != "game-engine"} == {
        name: count for name, count in after.items() if name != "game-engine"
    }
