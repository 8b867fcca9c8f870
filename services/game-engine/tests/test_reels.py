from fractions import Fraction
from itertools import product
from random import Random

import pytest
from game_engine import reels
from hypothesis import given
from hypothesis import strategies as st


def test_the_return_to_player_is_exactly_ninety_percent():
    """
    Weights and multipliers give back exactly nine tenths of what is staked.
    """
    assert Fraction(9, 10) == reels.return_to_player()


def test_counting_every_result_gives_the_same():
    """
    Going through all 8,000 results gives what the formula says.
    """
    results = list(product(reels.STRIP, repeat=reels.REELS))

    paid = sum(reels.multiplier(result) for result in results)

    assert 8_000 == len(results)
    assert Fraction(9, 10) == Fraction(paid, len(results))


def test_a_simulation_comes_near_it():
    """
    A million seeded spins give back 90 %, within four standard deviations of their mean.
    """
    random, spins = Random(7), 1_000_000
    mean = float(reels.return_to_player())
    second_moment = sum((s.weight / len(reels.STRIP)) ** reels.REELS * s.multiplier**2 for s in reels.SYMBOLS)
    deviation = ((second_moment - mean**2) / spins) ** 0.5

    paid = sum(reels.multiplier(reels.draw(random)) for _ in range(spins))

    assert paid / spins == pytest.approx(mean, abs=4 * deviation)


@given(st.lists(st.sampled_from(reels.STRIP), min_size=3, max_size=3))
def test_only_three_of_a_kind_pay(shown):
    """
    A result pays when all three reels show the same, and then what that symbol pays.
    """
    expected = reels.MULTIPLIERS[shown[0]] if len(set(shown)) == 1 else 0

    assert expected == reels.multiplier(tuple(shown))
