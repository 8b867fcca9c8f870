"""
Spins at a modest rate on the cluster: every one is answered, and no money is lost or invented.
"""

import json
import secrets
import subprocess
import sys

import pytest
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

RATE, FOR_S, PLAYERS = 20, 15, 10
RECORDED_WITHIN_S = 30


@pytest.fixture(scope="module")
def totals(gateway):
    """Read what analytics has added up."""
    return lambda: gateway.get("/api/v1/analytics/turnover").raise_for_status().json()


@pytest.fixture(scope="module")
def before(totals):
    return totals()


@pytest.fixture(scope="module")
def load(cluster, root, before):
    """What ``crashctl load`` says at the end, with players that nobody has had before."""
    first = 1 + secrets.randbelow(10**8 - PLAYERS - 1)
    told = {"--rate": RATE, "--for": FOR_S, "--players": PLAYERS, "--first-player": first}
    ended = subprocess.run(
        [
            sys.executable, "-m", "crashctl", "load", "--json", "--url", cluster.addresses["gateway"],
            *(part for name, value in told.items() for part in (name, str(value))),
        ],
        cwd=root, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert ended.returncode in {0, 1}, ended.stderr
    return json.loads(ended.stdout)


def test_every_spin_is_answered(cluster, load):
    """
    Each spin that was due is begun and answered well.
    """
    assert {"200": load["spins"]} == load["statuses"]
    assert (0, 0) == (load["failed"], load["not_begun"])
    assert load["spins"] == pytest.approx(RATE * FOR_S, rel=0.1)


def test_every_wallet_holds_what_its_player_won_and_lost(cluster, load):
    """
    Opening, stakes and wins add up to the balance of each wallet, to the unit.
    """
    assert [] == load["money"]
    assert load["good"]


def test_analytics_has_every_spin_once(cluster, before, load, totals):
    """
    The aggregates have grown by exactly the spins, stakes and wins that were played.
    """
    grown = {"spins": load["spins"], "turnover": load["staked"], "paid": load["won"]}

    def recorded():
        now = totals()
        return {name: now[name] - before[name] for name in grown} == grown

    assert wait_for(recorded, RECORDED_WITHIN_S, f"analytics to have grown by {grown}", 0.5)
