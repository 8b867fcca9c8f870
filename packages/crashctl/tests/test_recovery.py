from dataclasses import replace

import pytest
from crashctl.drill.pods import Container
from crashctl.drill.problems import CannotRunError
from crashctl.drill.recovery import await_end, meanwhile
from crashkit.catalogue import ExpectedPod, PodEnd

BEFORE = Container("engine-a", "game-engine", "game-engine", restarts=0, ready=True)
DOWN = replace(BEFORE, ready=False)
PUT_OFF = replace(DOWN, put_off=True, ended_by="OOMKilled", exit_code=137)
BACK = replace(BEFORE, restarts=1, ended_by="OOMKilled", exit_code=137)
CONTRACT = ExpectedPod(ends=PodEnd.OOM, recovers_within_s=0.6)


class Script:
    """Shows one state after the other, and the last one for ever."""

    def __init__(self, *states):
        self.states = list(states)

    def snapshot(self):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {state.key: state}


def wait(script, back_off_s=5):
    return await_end(script, "game-engine", CONTRACT, {BEFORE.key: BEFORE}, back_off_s=back_off_s)


def test_a_return_in_time_keeps_the_contract():
    """
    Down for a moment, then back with the right end: nothing is amiss.
    """
    assert [] == wait(Script(BEFORE, DOWN, BACK))


def test_a_restart_that_the_kubelet_puts_off_is_waited_for():
    """
    A container that ended several times lately comes back later; that is the kubelet's rule and no broken contract.
    """
    assert [] == wait(Script(*[PUT_OFF] * 7, DOWN, BACK))


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


@pytest.mark.parametrize(("ends", "code"), [(PodEnd.EXIT, 1), (PodEnd.HEAP_ABORT, 134), (PodEnd.LIVENESS, 137)])
def test_every_other_end_is_waited_for_too(ends, code):
    """
    A process that exits, an abort at the heap limit and a kill by the kubelet are awaited as an OOM kill is.
    """
    back = replace(BACK, ended_by="Error", exit_code=code)
    contract = ExpectedPod(ends=ends, recovers_within_s=0.6)

    said = await_end(Script(BEFORE, DOWN, back), "game-engine", contract, {BEFORE.key: BEFORE})

    assert [] == said


def test_a_restart_of_another_service_is_not_this_ones_matter():
    """
    While a service is away, another may be made to end: that is no second restart of this one.
    """
    other = Container("payment-a", "payment", "payment", restarts=0, ready=True)

    class Both(Script):
        def snapshot(self):
            return {**super().snapshot(), other.key: replace(other, restarts=1, ended_by="Error", exit_code=1)}

    before = {BEFORE.key: BEFORE, other.key: other}

    assert [] == await_end(Both(DOWN, BACK), "game-engine", CONTRACT, before)
    assert ["no container of payment restarted, expected one"] == await_end(
        Script(other), "payment", ExpectedPod(ends=PodEnd.EXIT, recovers_within_s=0.1), before
    )


def test_what_breaks_the_watching_reaches_who_asks():
    """
    A cluster that does not answer any more ends the drill, although it was asked beside it.
    """

    def ask():
        raise CannotRunError("the cluster does not answer")

    with pytest.raises(CannotRunError, match="the cluster does not answer"):
        meanwhile(ask).result(5)
