"""
Chaos without a cluster: real processes are killed and started again under load, and held to what chaos proves.
"""

import signal
import threading
import time
from random import Random

import pytest
from crashctl.account.command import known_of
from crashctl.chaos.bank import Bank
from crashctl.chaos.counting import Counting
from crashctl.chaos.firing import Gunner
from crashctl.chaos.lives import Death, Key
from crashctl.chaos.rounds import Rounds
from crashctl.drill.cases import from_catalogue
from crashctl.drill.gateway import Gateway
from crashctl.drill.sink import Sink
from crashctl.load.plan import Order
from crashctl.load.play import play
from crashctl.proof.release import SERVICES, TOKEN, Release

pytestmark = pytest.mark.timeout(900)

SEED, KILLS = 7, 10
# Both a start and an end share the machine with players and faults.
SLOWEST_S = 180
# Above the longest that a stake is held, and the sweep after it.
SETTLE_S = 120.0
FATES = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)


def order(url):
    return Order(
        url=url, rate=5, players=5, first_player=1, seed=SEED, for_s=None, stake_min=10, stake_max=500,
        opening=1_000_000, connections=16, settle_s=SETTLE_S,
    )  # fmt: skip


def kill_all_along(stack):
    """Kill one service after the other, by SIGKILL or a SIGTERM; gives their deaths."""
    random, deaths = Random(SEED), []
    turns = [name for _ in range(KILLS // len(SERVICES) + 1) for name in random.sample(SERVICES, len(SERVICES))]
    for start, name in enumerate(turns[:KILLS]):
        stack.end(name, random.choice(FATES))
        deaths.append(Death(Key(name, name, start), name, name, "killed", 137, time.time()))
        stack.start(name)
    return deaths


@pytest.fixture
def everything(make_stack, monkeypatch):
    monkeypatch.setattr(Release, "ready_within_s", SLOWEST_S)
    monkeypatch.setattr(Release, "ends_within_s", SLOWEST_S)
    with make_stack(*SERVICES, TRACES_SAMPLE_RATE="0.2") as made:
        yield made


def test_nothing_is_lost_under_kills(everything, root_catalogue):
    """
    However its services end under load, and with them the sink: wallets, records, faults and items all add up.
    """
    services, due = known_of(root_catalogue)
    wanted = order(everything.url("gateway"))
    rounds, enough = Rounds(wanted.player_ids()), threading.Event()
    with Gateway(everything.url("gateway"), TOKEN) as gateway, Sink(everything.url("event-sink")) as sink:
        counting = Counting(sink, services, dict(due))
        bank = Bank(wanted.url, wanted.player_ids(), wanted.opening)
        players = threading.Thread(target=play, args=(wanted, rounds, enough, lambda _: None), daemon=True)
        gunner = Gunner(gateway, from_catalogue(root_catalogue), SEED, 2.0)
        players.start()
        gunner.start()

        deaths = kill_all_along(everything)

        enough.set()
        gunner.stop(60)
        players.join(60)
        purses = bank.purses(rounds.rounds(), SETTLE_S, lambda: False)
        # When nothing waits in a spool any more, what is not there is lost.
        account = counting.account()
        volley = counting.volley(gunner.fired(), deaths)
    assert "" == "\n".join(problem for purse in purses for problem in purse.problems)
    assert sum(purse.settled for purse in purses) > 20
    assert "" == "\n".join(volley.problems)
    assert volley.captured > 0
    assert "" == "\n".join(account.problems.values())
