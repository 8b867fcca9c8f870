"""
When a warning is due.
"""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from crashkit.memory import MESSAGE
from crashkit.memory.approach import Approach
from hypothesis import given
from hypothesis import strategies as st

CONTRACT = json.loads((Path(__file__).parents[4] / "tests" / "contract" / "memory.json").read_text())
LIMIT_MIB = 200
SHARE = 0.8
NEAR_MIB, FLOOR_MIB = 160, 120

steps = st.tuples(st.floats(0.01, 5), st.floats(0, LIMIT_MIB))


def test_the_message_is_that_of_the_contract():
    """
    The sink, the drill, the page and the twin for Node know the event by its words.
    """
    assert CONTRACT["message"] == MESSAGE


@pytest.mark.parametrize("row", CONTRACT["rows"], ids=lambda row: row["why"])
def test_it_warns_as_the_contract_says(row):
    """
    Warning, slope and pause after each reading are those of the contract.
    """
    approach = Approach(row["share"])

    for reading in row["readings"]:
        warns = approach.sees(reading["at_s"], reading["used_mib"], reading["limit_mib"])
        assert reading["warns"] == warns, reading
        assert reading["slope_mib_s"] == round(approach.slope_mib_s, 3)
        assert reading["pause_s"] == approach.pause_s


@given(st.lists(steps, min_size=1, max_size=60))
def test_there_is_one_warning_for_each_approach(readings):
    """
    Whatever the memory does: nothing is said at or below three quarters of the share; between two warnings it was below
    them; and above the share it is never silent about an approach.
    """
    approach, at_s, told, armed = Approach(SHARE), 0.0, [], True
    for number, (later_s, used_mib) in enumerate(readings):
        at_s += later_s
        armed = armed or used_mib < FLOOR_MIB
        if approach.sees(at_s, used_mib, LIMIT_MIB):
            assert armed
            told.append(number)
            armed = False
        assert not (armed and used_mib > NEAR_MIB)

    assert all(readings[number][1] > FLOOR_MIB for number in told)
    for one, other in pairwise(told):
        assert any(used_mib < FLOOR_MIB for _, used_mib in readings[one + 1 : other])


@given(st.floats(20, 10_000), st.floats(0.01, 0.1))
def test_a_steady_leak_is_told_with_two_seconds_or_a_fifth_of_the_limit_left(rate_mib_s, first_s):
    """
    However fast memory grows, as long as one look falls between the floor and the limit, that look or the next warns
    before the limit; and none comes earlier than two seconds before it, or at the share.
    """
    approach, at_s, used_mib = Approach(SHARE), first_s, 0.0
    while not approach.sees(at_s, used_mib, LIMIT_MIB):
        pause_s = approach.pause_s
        at_s += pause_s
        used_mib += rate_mib_s * pause_s

    last_step_mib = rate_mib_s * 0.1
    assert used_mib > NEAR_MIB or (LIMIT_MIB - used_mib) / approach.slope_mib_s <= 2
    assert used_mib <= FLOOR_MIB + last_step_mib or used_mib <= NEAR_MIB + last_step_mib
