import itertools

import psutil
import pytest
from crashctl.load.arguments import read_order
from crashctl.load.plan import sequence
from crashctl.load.tally import Durations
from crashctl.waiting import wait_for

MIB = 1024 * 1024
ORDER = {
    "rate": "10", "players": "5", "first_player": "1", "seed": "7", "for_s": None, "stake": "10-500",
    "opening": "1000", "connections": "4", "settle": "0",
}  # fmt: skip


def spins(**changes):
    order = read_order("http://127.0.0.1:8080", **{**ORDER, **changes})
    return list(itertools.islice(sequence(order), 200))


def test_the_same_seed_plays_the_same_spins():
    """
    Players and stakes follow from the seed alone, within what was asked for.
    """
    first, again, other = spins(), spins(rate="99"), spins(seed="8")

    assert first == again
    assert first != other
    assert {f"player-{number}" for number in range(1, 6)} == {player for player, _stake in first}
    assert all(10 <= stake <= 500 for _player, stake in first)


def test_what_is_sent_is_the_sequence(load, release):
    """
    With one connection the spins arrive in the order of the seed.
    """
    load("--rate", "100", "--for", "0.5", "--players", "5", "--connections", "1")

    assert len(release.spins) >= 10
    assert spins()[: len(release.spins)] == release.spins


def test_a_load_without_losses_is_good(load, release):
    """
    At a rate that can be kept every spin is played when it is due, and every wallet holds what it must.
    """
    status, report, _err = load("--rate", "100", "--for", "2", "--players", "5")

    assert (0, True, []) == (status, report["good"], report["money"])
    assert {"200": 200} == report["statuses"]
    assert (200, 0) == (report["spins"], report["not_begun"])
    assert sum(stake for _player, stake in release.spins) == report["staked"]


@pytest.mark.parametrize("way", ["open", "returned", "unsaid", "returned-unsaid"])
def test_a_spin_whose_end_is_not_told_is_looked_up(load, release, way):
    """
    Whether a failed spin was settled or given back, told or not: the wallets fit, and the load says that spins failed.
    """
    release.ways = dict.fromkeys((2, 3, 30), way)

    status, report, _err = load("--rate", "100", "--for", "0.5", "--players", "2")

    assert (1, []) == (status, report["money"])
    assert 3 == report["failed"]


def test_a_refused_spin_takes_nothing_and_is_no_failure(load, release):
    """
    A player without money is refused, and that is fine.
    """
    release.ways = {3: "refused"}

    status, report, _err = load("--rate", "100", "--for", "0.2")

    assert (0, 1) == (status, report["statuses"]["402"])


@pytest.mark.parametrize(("cheat", "word"), [(1, "lost"), (-1, "invented")])
def test_money_that_does_not_fit_is_said(load, release, cheat, word):
    """
    One minor unit a spin is noticed: who misses how much, and the load ends with 1.
    """
    release.cheat = cheat

    status, report, _err = load("--rate", "50", "--for", "0.2", "--players", "1")

    (said,) = report["money"]
    assert 1 == status
    assert f"player-1: 10 minor units {word}" in said


def test_a_load_that_is_told_to_end_gives_its_table(load, release, ended):
    """
    SIGTERM ends an endless load with its table, after the wallets were compared.
    """
    process = load.start("--rate", "50", "--players", "3")

    status, out = ended(process, release, 20)

    assert 0 == status
    assert "every wallet of 3 holds what its player had, staked and won" in out


def test_a_load_that_is_told_to_end_does_not_wait_for_a_release_that_hangs(load, release, ended):
    """
    Where no answer comes at all, SIGTERM still ends the load with its table, and says that spins had no answer.
    """
    process = load.start("--rate", "50", "--players", "3", "--connections", "8")
    wait_for(lambda: len(release.spins) > 10, 20, "10 spins")
    release.pause_s = 60
    wait_for(lambda: release.paused, 20, "a spin that hangs")

    status, out = ended(process, release, 10)

    assert 1 == status
    assert " x no answer" in out
    assert "every wallet of 3" in out


def test_a_slow_release_is_said_and_not_hidden(load, release):
    """
    Spins that begin late, or never, are counted, and how long they took is counted from when they were due.
    """
    release.pause_s = 0.05

    _status, report, _err = load("--rate", "100", "--players", "1", "--for", "1", "--connections", "1")

    assert 100 == report["spins"] + report["not_begun"]
    assert report["not_begun"] > 50
    assert report["late"] > 5
    assert report["max_ms"] > 500


def test_it_stays_small(load, release):
    """
    While it plays, it has less than 64 MiB resident.
    """
    process = load.start("--rate", "200", "--players", "20")
    wait_for(lambda: len(release.spins) > 200, 20, "200 spins")

    assert psutil.Process(process.pid).memory_info().rss < 64 * MIB


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "abc"], "--rate: found 'abc'"),
        (["--rate", "0"], "--rate: found '0'"),
        (["--players", "0"], "--players: found '0'"),
        (["--stake", "500-10"], "--stake: found '500-10'"),
        (["--seed", "-1"], "--seed: found '-1'"),
        (["--for", "nan"], "--for: found 'nan'"),
        (["--url", "127.0.0.1"], "--url: found '127.0.0.1'"),
        (["--url", "http://127.0.0.1:9"], "the gateway does not answer"),
    ],
)
def test_what_does_not_fit_is_one_line(load, arguments, said):
    """
    A bad argument, or a gateway that is not there, is one line that names it, and 2.
    """
    status, report, err = load(*arguments)

    assert (2, None) == (status, report)
    (line,) = err.splitlines()
    assert said in line


def test_a_share_of_durations_is_told_within_two_percent():
    """
    The classes of durations tell a share at most 2 % too long, and never longer than the longest.
    """
    durations = Durations()
    for ms in range(1, 1001):
        durations.add(ms)

    assert 500 <= durations.share_ms(0.5) <= 510
    assert 990 <= durations.share_ms(0.99) <= 1000
    assert 1000 == durations.share_ms(1)
