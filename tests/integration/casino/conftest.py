"""
One casino for all tests of this folder; each test has players of its own, and leaves every road mended.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pymongo
import pytest
from crashctl.proof.release import SERVICES
from crashctl.waiting import wait_for

from .house import House
from .player import STAKE, Player

ROOT = Path(__file__).parents[3]
RECORDED_WITHIN_S = 25


@pytest.fixture(scope="session")
def lasting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        pytest.fail("MONGODB_URI names no database; run it as: scripts/with-database pytest tests/integration/casino")
    house = House(tmp_path_factory.mktemp("casino"), uri, f"casino_{secrets.token_hex(4)}", root=ROOT)
    try:
        house.start(*SERVICES)
        yield house
    finally:
        house.end_all()
        with pymongo.MongoClient(uri) as client:
            for suffix in "pa":
                client.drop_database(f"{house.database}_{suffix}")


@pytest.fixture
def house(lasting_house: House) -> Iterator[House]:
    yield lasting_house
    lasting_house.heal()


@pytest.fixture(scope="session")
def all_players() -> list[Player]:
    return []


@pytest.fixture
def enter(house: House, all_players: list[Player]) -> Callable[[], Player]:
    """Let another player in."""

    def make() -> Player:
        player = Player(house, f"player-{secrets.randbelow(10**9)}")
        player.enter()
        all_players.append(player)
        return player

    return make


@pytest.fixture
def player(enter: Callable[[], Player]) -> Player:
    return enter()


@pytest.fixture
def settled(house: House, all_players: list[Player]) -> Callable[[Player], dict[str, int]]:
    """Mend everything, wait until a player's spins are settled and recorded, and hold them against analytics."""

    def settle(player: Player) -> dict[str, int]:
        house.heal()
        paid = player.settle()
        for spin_id, win in paid.items():
            stored = wait_for(lambda spin_id=spin_id: _stored(house, spin_id), RECORDED_WITHIN_S, f"spin {spin_id}")
            assert (player.id, STAKE, win) == (stored["player_id"], stored["stake"], stored["win"])
        due = [sum(figures) for figures in zip(*(one.totals() for one in all_players), strict=True)]
        assert due == [house.ask("analytics", "/api/v1/turnover")[name] for name in ("spins", "turnover", "paid")]
        return paid

    return settle


def _stored(house: House, spin_id: str) -> dict[str, object] | None:
    answer = house.http.get(f"{house.url('analytics')}/api/v1/spins/{spin_id}")
    return answer.json() if answer.is_success else None
