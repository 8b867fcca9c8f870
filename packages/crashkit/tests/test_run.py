from pathlib import Path

import pytest
from crashkit.loading import load_catalogue
from crashkit.run import BudgetExceeded, Run, RunStopped

STEP = load_catalogue(Path(__file__).parents[3] / "catalog").find("game-engine", "memory-leak", "step")


class Clock:
    """Seconds that a test moves."""

    now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def run(clock):
    return Run(STEP, "tag", clock)


def test_a_run_goes_on_within_its_budget(run, clock):
    """
    Up to the last second of its budget a run may go on; after it, it is ended, with its name and budget.
    """
    clock.now += STEP.budget.wall_s

    run.check()

    clock.now += 0.1
    with pytest.raises(
        BudgetExceeded, match=f"game-engine/memory-leak/step ran for .* budget of {STEP.budget.wall_s:g} s"
    ):
        run.check()


def test_a_run_that_is_stopped_does_not_go_on(run, clock):
    """
    Stop is seen at the next check, with the seconds it ran.
    """
    clock.now += 2.5
    run.stop()

    with pytest.raises(RunStopped, match=r"stopped after 2\.5 s"):
        run.check()


def test_the_time_left_is_of_the_budget_and_then_of_the_hold(run, clock):
    """
    Before the answer the budget's seconds count, after it those of the hold; neither falls below zero.
    """
    clock.now += 1
    assert STEP.budget.wall_s - 1 == run.ends_in_s

    run.hold(lambda: None)
    assert STEP.budget.hold_s == run.ends_in_s

    clock.now += STEP.budget.hold_s + 1
    assert 0 == run.ends_in_s


def test_what_is_held_is_freed_once(run):
    """
    However often a run is stopped, its release is called once; what failed to free is not tried again.
    """
    calls = []
    run.hold(lambda: calls.append(1))
    assert run.holding

    run.stop()
    run.stop()
    run.end_hold()

    assert [1] == calls
    assert not run.holding


def test_what_is_held_after_a_stop_is_freed_at_once(run):
    """
    A run that was stopped while it still worked does not begin to hold: what it would hold is freed.
    """
    calls = []
    run.stop()

    run.hold(lambda: calls.append(1))

    assert [1] == calls
    assert not run.holding
