from collections import Counter
from itertools import islice, pairwise

import pytest
from crashctl.chaos.bag import DEFAULT_KINDS, Kill, Kind, every_kill, turns

RELEASE = {"game-engine": ["game-engine"], "mongodb": ["documentdb", "ferretdb"], "payment": ["payment"]}


@pytest.fixture
def kills(cases):
    return every_kill(RELEASE, cases.values(), DEFAULT_KINDS)


def test_everything_that_a_release_has_is_killed_in_every_way(cases, kills):
    """
    Each container by SIGKILL, each pod by a delete, and each case that ends a container of the release; no other.
    """
    ending = {case.id for case in cases.values() if case.ends_pod and case.service in RELEASE}

    by_kind = {kind: {kill.what for kill in kills if kill.kind is kind} for kind in Kind}

    assert {"documentdb", "ferretdb", "game-engine", "payment"} == by_kind[Kind.SIGKILL]
    assert set(RELEASE) == by_kind[Kind.DELETE]
    assert ending == by_kind[Kind.FAULT]
    assert set() == by_kind[Kind.FORCE]


def test_a_seed_is_an_order(kills):
    """
    The same seed kills the same things after the same pauses; another one does not.
    """
    first, again, other = (list(islice(turns(kills, seed), 100)) for seed in (7, 7, 8))

    assert first == again
    assert [turn.kill for turn in first] != [turn.kill for turn in other]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_comes_twice_before_everything_came_once(kills, seed):
    """
    Each bag has every kill once, and what was last in one is not first in the next.
    """
    order = [turn.kill for turn in islice(turns(kills, seed), 4 * len(kills))]

    for begin in range(0, len(order), len(kills)):
        assert Counter(kills) == Counter(order[begin : begin + len(kills)])
    assert all(one != next_one for one, next_one in pairwise(order))


def test_one_kind_of_kill_alone_still_has_an_order():
    """
    Where there is one thing to kill, it is killed again and again.
    """
    only = Kill(Kind.SIGKILL, "payment", "payment")

    assert [only] * 3 == [turn.kill for turn in islice(turns([only], 1), 3)]
