"""
What is said of kills, and when it is good.
"""

from collections import Counter
from dataclasses import replace

import pytest
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Firing
from crashctl.kills.outcome import Kill, Outcome, divided, share
from crashctl.kills.statuses import ends_of
from crashkit.catalogue import Expect

EXPECT = Expect.model_validate({"status": 200, "pod": {"ends": "oom", "after_calls": 1, "recovers_within_s": 60}})


def kill(service="payment", delay_s=1.0, *wrongs):
    case = DrillCase(f"{service}/memory-leak/kill", service, "memory-leak", "kill", "/", EXPECT)
    return Kill(case, (Firing(case, "a" * 32, "drill-1"),), wrongs, delay_s)


@pytest.fixture
def outcome():
    kills = [kill("payment", number / 10) for number in range(1, 51)]
    kills += [kill("analytics", number / 10) for number in range(51, 101)]
    wanted = {"payment": 50, "analytics": 50}
    return Outcome(wanted, kills, Counter({"oom-kill": 100, "sigterm": 3}), 51.2, "CLOSES: all", took_s=600)


def test_all_told_is_good_and_says_so(outcome):
    """
    The first line has the sum and each service, the second the median and the 99th of a hundred.
    """
    first, second, *_, last = outcome.lines()

    assert outcome.good
    assert "OOM kills 100/100 (payment 50/50, analytics 50/50): one fatal event each, on its trace" == first
    assert "from the kubelet's status to the report: median 5.05 s, p99 9.90 s, slowest 10.00 s (100 seen)" == second
    assert "GREEN after 600 s" == last
    assert "also told: 3 sigterm" in outcome.lines()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: replace(good, kills=[*good.kills[:-1], kill("analytics", None, "no death is told")]),
        lambda good: replace(good, kills=good.kills[:-1], reports=Counter({"oom-kill": 99})),
        lambda good: replace(good, reports=Counter({"oom-kill": 101})),
        lambda good: replace(good, unbalanced=("accounts: 1 event is nowhere",)),
    ],
    ids=["one not told", "one not tried", "one told that nobody killed", "a sum that does not close"],
)
def test_less_than_all_is_not_good(spoil, outcome):
    """
    What lacks, and what is too many, is not good.
    """
    spoiled = spoil(outcome)

    assert not spoiled.good
    assert spoiled.lines()[-1].startswith("NOT GREEN")


def test_kills_are_divided_among_services():
    """
    A hundred among three are 34, 33 and 33.
    """
    assert {"game-engine": 34, "analytics": 33, "payment": 33} == divided(100, ["game-engine", "analytics", "payment"])


@pytest.mark.parametrize(("part", "expected"), [(0.5, 2), (0.75, 3), (0.99, 4), (1, 4), (0.01, 1)])
def test_a_share_is_a_value_that_was_seen(part, expected):
    """
    The smallest value that so many of all do not exceed.
    """
    assert expected == share([1, 2, 3, 4], part)


def test_an_end_is_told_by_two_parts_of_a_status():
    """
    `state` before the next start, `lastState` behind it: the same end, by pod, container and second.
    """
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-27T10:00:01Z"}}
    before = {"name": "payment", "restartCount": 0, "state": ended}
    behind = {"name": "payment", "restartCount": 1, "state": {"running": {}}, "lastState": ended}

    for status in (before, behind):
        pod = {"metadata": {"uid": "u-1"}, "status": {"containerStatuses": [status]}}
        assert [("u-1", "payment", 1795773601.0)] == list(ends_of(pod))
