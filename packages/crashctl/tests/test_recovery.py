from dataclasses import replace

import pytest
from crashctl.drill.pods import Container
from crashctl.drill.recovery import await_end
from crashkit.catalogue import ExpectedPod, PodEnd

BEFORE = Container("engine-a", "game-engine", "game-engine", restarts=0, ready=True)
DOWN = replace(BEFORE, ready=False)
PUT_OFF = replace(DOWN, put_off=True, ended_by="OOMKilled", exit_code=137)
BACK = replace(BEFORE, restarts=1, ended_by="OOMKilled", exit_code=137)
CONTRACT = ExpectedPod(ends=PodEnd.OOM, recovers_within_s=0.6)


class Script:
    """Shows one state after the other, and the last one for ever; keeps what the drill says it is doing."""

    def __init__(self, *states):
        self.states = list(states)
        self.said = []

    def snapshot(self):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {state.key: state}

    def doing(self, what):
        self.said.append(what)


def wait(script, back_off_s=5):
    return await_end(script, script, "game-engine", CONTRACT, {BEFORE.key: BEFORE}, back_off_s=back_off_s)


def test_a_return_in_time_keeps_the_contract():
    """
    Down for a moment, then back with the right end: nothing is amiss.
    """
    assert [] == wait(Script(BEFORE, DOWN, BACK))


def test_a_restart_that_the_kubelet_puts_off_is_waited_for():
    """
    A container that ended several times lately comes back later; that is the kubelet's rule and no broken contract.
    """
    script = Script(*[PUT_OFF] * 7, DOWN, BACK)

    assert [] == wait(script)
    assert any("CrashLoopBackOff" in what for what in script.said)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([BEFORE], "no container of game-engine restarted, expected one"),
        ([replace(BACK, ready=False)], "engine-a/game-engine is not ready again"),
        ([PUT_OFF], "no container of game-engine restarted, expected one"),
    ],
)
def test_what_does_not_end_or_return_is_said(states, said):
    """
    No end, no return, or a restart that is put off for ever: the wait ends and says which.
    """
    assert [said] == wait(Script(*states), back_off_s=0.6)
