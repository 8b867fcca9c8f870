import json
from collections import Counter
from dataclasses import replace

import pytest
from crashctl.account.sheet import Sheet
from crashctl.account.verdict import judge
from crashctl.chaos.bag import Kill, Kind
from crashctl.chaos.bank import Recorded
from crashctl.chaos.firing import Volley
from crashctl.chaos.money import Purse
from crashctl.chaos.show import as_document
from crashctl.chaos.told import Done, Inquest
from crashctl.chaos.verdict import Outcome

PAYMENT, SINK = Kill(Kind.SIGKILL, "payment", "payment"), Kill(Kind.DELETE, "event-sink", "event-sink")


@pytest.fixture
def good():
    """Two players, one kill that was done and one that was not, and nothing amiss."""
    purses = [
        Purse("player-1", 1000, 1030, 2, 20, 50, Counter({"settled": 1, "given back": 2})),
        Purse("player-2", 1000, 990, 1, 10, 0, Counter()),
    ]
    return Outcome(
        seed=7, took_s=61.5, kills=[PAYMENT, SINK], done=[Done(PAYMENT, 1.0), Done(SINK, 2.0, "it is gone")], deaths=[],
        inquest=Inquest(1, 1, 1, ()), purses=purses, volley=Volley(9, 8, 8, 7, 1), recorded=Recorded(3, 30, 50),
        account=judge(Sheet(0, ()), [], {}),
    )  # fmt: skip


def test_a_good_end_closes_in_one_line(good):
    """
    Kills, deaths, spins in doubt, the house and the faults are in the line; a kill that failed counts as none.
    """
    line = good.line()

    assert good.closes
    assert [SINK] == good.never_killed
    assert line.startswith("CLOSES after 62 s, seed 7; 1 kills in 1 of 2 ways; 1 deaths, 1 told once each; ")
    assert "3 spins settled by 2 players, 3 in doubt: 1 settled and 2 given back; the house won -20" in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inquest": Inquest(2, 1, 1, ("start 1 of a/b was never told",))}, "start 1 of a/b was never told"),
        ({"recorded": Recorded(2, 20, 50)}, "analytics has 2 spins, staked 20, won 50; the ledger has 3 spins"),
        ({"recorded": None}, "analytics did not say"),
        ({"account": None}, "the sink did not give its accounts"),
        ({"not_quiet": ("waited 420 s",)}, "waited 420 s"),
        ({"volley": Volley(problems=["payment/crash: 1 events too many"])}, "payment/crash: 1 events too many"),
        ({"purses": [Purse("player-1", 1000, 1000, problems=("player-1: 7 lost",))]}, "player-1: 7 lost"),
        ({"purses": [Purse("player-1", 1000, 999)]}, "the wallets lost 1, the house won 0"),
    ],
)
def test_whatever_does_not_fit_is_said_and_does_not_close(good, change, said):
    """
    Each part alone can keep it from closing, and names what is amiss.
    """
    bad = replace(good, **change)

    assert not bad.closes
    assert any(said in problem for problem in bad.problems)
    assert bad.line().startswith("DOES NOT CLOSE")


def test_spins_that_the_game_engine_gave_up_are_counted_and_not_missed(good):
    """
    What the game engine said that analytics will not hear of explains as many spins that lack, and no more.
    """
    assert replace(good, recorded=Recorded(2, 20, 50), given_up=1).closes
    assert not replace(good, recorded=Recorded(1, 10, 0), given_up=1).closes
    assert not replace(good, recorded=Recorded(4, 40, 50), given_up=1).closes


def test_nothing_killed_proves_nothing(good):
    """
    Where no kill succeeded, nothing closes.
    """
    assert not replace(good, done=[]).closes


def test_the_document_is_json(good):
    """
    Everything that the tables have is in the document, too.
    """
    document = json.loads(json.dumps(as_document(good)))

    assert document["closes"]
    assert ["payment", "event-sink"] == [turn["what"] for turn in document["timeline"]]
    assert "it is gone" == document["timeline"][1]["failed"]
    assert {"before": 1000, "after": 990} == {
        name: document["players"]["player-2"][name] for name in ("before", "after")
    }
