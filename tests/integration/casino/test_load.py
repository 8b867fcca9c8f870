"""
A load through the gateway, while parts of the casino die under it.
"""

import json
import subprocess
import sys

import pytest
from crashctl.waiting import wait_for

from .player import Player

PLAYERS = 8
PLAYS_WITHIN_S = 40
RECORDED_WITHIN_S = 30


@pytest.fixture
def load(house, all_players):
    """Start a load with players of its own."""
    started = []

    def start(first_player, *arguments):
        for number in range(PLAYERS):
            all_players.append(Player(house, f"player-{first_player + number}"))
        command = [sys.executable, "-m", "crashctl", "load", "--url", house.url("gateway"), "--json", *arguments]
        given = [*command, "--players", str(PLAYERS), "--first-player", str(first_player)]
        started.append(subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    out, err = process.communicate(timeout=100)
    assert out, err
    return process.returncode, json.loads(out)


def plays(house, player, entries):
    answer = house.http.get(f"{house.url('payment')}/ledger/{player}")
    return answer.is_success and len(answer.json()["entries"]) >= entries


def all_recorded(house, players):
    due = sum(player.totals()[0] for player in players)
    return house.ask("analytics", "/api/v1/turnover")["spins"] == due


def test_a_load_on_a_healthy_casino_is_good(load):
    """
    Every spin of the load is settled, and every wallet fits.
    """
    status, report = ended(load(1000, "--rate", "20", "--for", "5"))

    assert 0 == status, report
    assert {"200": 100} == report["statuses"]


def test_a_load_loses_no_money_while_services_die(house, load, all_players):
    """
    Payment, then the game engine, are killed and started again under load: spins fail, not one unit is lost, and
    analytics has every spin that counts.
    """
    process = load(2000, "--rate", "20", "--for", "25", "--settle", "40")
    for entries, name in ((10, "payment"), (20, "game-engine")):
        wait_for(
            lambda entries=entries: plays(house, "player-2000", entries),
            PLAYS_WITHIN_S,
            f"{entries} entries of a player",
        )
        house.kill(name)
        house.start(name)

    status, report = ended(process)

    assert (1, []) == (status, report["money"])
    assert report["failed"] > 0
    assert report["statuses"]["200"] > 0
    wait_for(lambda: all_recorded(house, all_players), RECORDED_WITHIN_S, "every spin that counts in analytics")
