"""
One minute of chaos on the cluster, in an order that a seed gives: all that was killed is told, and nothing is lost.
"""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MINUTES, SEED = "1", "11"


@pytest.fixture(scope="module")
def chaos(cluster, root):
    """What ``crashctl chaos`` says at the end."""
    ended = subprocess.run(
        [sys.executable, "-m", "crashctl", "chaos", "--json", "--minutes", MINUTES, "--seed", SEED],
        cwd=root, capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    return json.loads(ended.stdout)


def test_chaos_closes(chaos):
    """
    Deaths, money, faults and items all add up.
    """
    assert [] == chaos["problems"]
    assert chaos["closes"]


def test_something_was_killed_and_died(chaos):
    """
    Several turns succeeded, and containers died by them, each told by the coroner.
    """
    killed = [turn for turn in chaos["timeline"] if not turn["failed"]]

    assert len(killed) >= 3
    assert chaos["told"] == len(chaos["deaths"]) >= 3


def test_players_played_all_along(chaos):
    """
    There was money to lose, in good rounds and in rounds whose player was not told.
    """
    assert sum(player["settled"] for player in chaos["players"].values()) > 100
    assert chaos["faults"]["captured"] > 0
