"""
A whole drill against the stack: each case of the catalogue is a test of its own, by the drill's one check.
"""

import json
from pathlib import Path

import pytest
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

pytestmark = pytest.mark.timeout(300)

CASES = list(load_catalogue(Path(__file__).parents[3] / "catalog").cases(runs_in="cluster"))
WITHIN_S = 120


@pytest.fixture
def drill(two_drills):
    return two_drills[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_captured_exactly_once(case, drill):
    """
    Answer, events, tags, contexts and trace are as promised; what must end its container is left out.
    """
    (found,) = [outcome for outcome in drill["cases"] if outcome["id"] == case.id]

    assert [] == found["reasons"]
    if case.expect.pod.ends is PodEnd.NONE:
        assert "ok" == found["verdict"]
        assert (found["due"], 0, 0) == (found["captured"], found["lost"], found["duplicated"])
        assert found["seconds_to_capture"] < case.expect.within_s
    else:
        assert ("skipped", 0) == (found["verdict"], found["fired"])


def test_the_drill_is_green_and_quick(drill):
    """
    The drill ends with 0 within two minutes, and each case was shown when it ended.
    """
    assert drill["green"]
    assert 0 == drill["exit code"]
    assert drill["took_s"] < WITHIN_S
    shown = [line.split()[-5] for line in drill["progress"].splitlines() if " … " in line]
    assert sorted(case.id for case in CASES) == sorted(shown)
    assert [case.id for case in CASES] == [case["id"] for case in drill["cases"]]


def test_each_case_has_a_run_and_traces_of_its_own(drill):
    """
    No two firings share a run tag or a trace, so that nothing of one is taken for another's.
    """
    fired = [case for case in drill["cases"] if case["fired"]]

    assert len(fired) == len({case["run"] for case in fired})
    assert sum(case["fired"] for case in fired) == len({trace for case in fired for trace in case["trace_ids"]})


def test_without_a_folder_the_gateways_catalogue_is_drilled(lasting_stack, tmp_path):
    """
    Where there is no catalogue on this side, the gateway's own says what to fire and what must come of it.
    """
    ended = lasting_stack.drill("--json", "--scenario", "gateway/crash", cwd=tmp_path)

    assert 0 == ended.returncode, ended.stderr
    (only,) = json.loads(ended.stdout)["cases"]
    assert ("gateway/crash", "ok") == (only["id"], only["verdict"])
