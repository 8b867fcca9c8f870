"""
OOM kills on the cluster, by the kernel: each is one fatal event on the trace of the fault that grew the memory.
"""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

TIMES = 6
MOST_MIB = 60


@pytest.fixture(scope="module")
def kills(cluster, root):
    """What a few of the hundred of `make kills` say."""
    ended = subprocess.run(
        [sys.executable, "-m", "crashctl", "kills", "--times", str(TIMES), "--json"],
        cwd=root, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    return json.loads(ended.stdout)


def test_each_kill_is_one_event_on_its_trace(cluster, kills):
    """
    The three runtimes are killed twice each, the coroner tells six OOM kills and no more, and all sums close.
    """
    assert [] == kills["problems"]
    assert {"game-engine": 2, "payment": 2, "analytics": 2} == kills["told"]
    assert TIMES == kills["reports"]["oom-kill"]
    assert kills["good"]


def test_the_status_was_seen_before_the_report(cluster, kills):
    """
    A watch beside the coroner's has seen each end, so that the time until the report is known.
    """
    assert TIMES == kills["seen"]


def test_the_coroner_stays_small(cluster, kills):
    """
    Its resident memory after the kills is what the project promises.
    """
    assert 0 < kills["coroner_mib"] <= MOST_MIB
