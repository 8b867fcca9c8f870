"""
Rollouts on the cluster under fault load: what was answered arrives, once.
"""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

RATE = 50
# One in Python and one in Node; `make rollouts` replaces all.
IN_TURN = ("game-engine", "payment")


@pytest.fixture(scope="module")
def rollouts(cluster, root):
    """What `crashctl rollouts` says."""
    ended = subprocess.run(
        [
            sys.executable, "-m", "crashctl", "rollouts", "--json", "--rate", str(RATE),
            *(part for name in IN_TURN for part in ("--service", name)),
        ],
        cwd=root, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    return json.loads(ended.stdout)


def test_nothing_is_lost_and_nothing_comes_twice(cluster, rollouts):
    """
    Every event of every fault that was answered is in the sink once, and all sums close.
    """
    assert [] == rollouts["problems"]
    assert (0, 0) == (rollouts["lost"], rollouts["twice"])
    assert rollouts["due"] == rollouts["received"] > 0
    assert rollouts["good"]


def test_each_was_replaced_while_faults_came(cluster, rollouts):
    """
    The rollouts were done, and faults were fired all the while.
    """
    assert list(IN_TURN) == list(rollouts["rollouts_s"])
    assert rollouts["fired_s"] > sum(rollouts["rollouts_s"].values())
