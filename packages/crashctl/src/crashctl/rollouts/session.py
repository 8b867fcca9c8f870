"""
All of it: fire, replace the pods of each component in turn, wait for what is due, compare.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from crashctl.drill.accounting import Accounting
from crashctl.drill.cases import DrillCase
from crashctl.drill.hands import AwayError, Pod, is_ready
from crashctl.drill.play import Stage
from crashctl.drill.sink import SinkAwayError
from crashctl.rollouts.outcome import Outcome, Sums, compared
from crashctl.rollouts.volley import Shot, Volley
from crashctl.waiting import TooLateError, wait_for

# Fired before the first rollout, between two, and after the last.
LULL_S = 4.0
ROLLED_OUT_WITHIN_S = 180.0
ARRIVED_WITHIN_S = 90.0
# A second event of one firing comes a moment after the first, if it comes.
SETTLE_S = 3.0
STEP_S = 0.5
MOST_SAID = 20


class Hands(Protocol):
    """Who can replace pods."""

    def pods(self, component: str) -> list[Pod]:
        """Give the pods of a component, also those on their way out."""

    def restart(self, component: str) -> None:
        """Have them replaced."""


def run(
    stage: Stage, hands: Hands, cases: Sequence[DrillCase], components: Sequence[str], *, rate: float, seed: int
) -> Outcome:
    """
    Do all of it.

    Args:
        stage: to fire through, and to ask.
        hands: that restart Deployments.
        cases: that are fired.
        components: whose pods are replaced, in this order.
        rate: firings a second.
        seed: of the order of the cases.

    Raises:
        CannotRunError: a Deployment cannot be restarted.
    """
    began = time.monotonic()
    books = Accounting.begin(stage, cases)
    volley = Volley(stage.gateway, cases, rate, seed)
    volley.start()
    rollouts: dict[str, float] = {}
    amiss: list[str] = []
    try:
        time.sleep(LULL_S)
        for component in components:
            stage.listener.doing(f"replacing the pods of {component}; {len(volley.shots())} faults fired")
            try:
                rollouts[component] = rolled_out(hands, component)
            except (TooLateError, AwayError) as error:
                amiss.append(f"the rollout of {component}: {error}")
                break
            time.sleep(LULL_S)
    finally:
        fired_s = volley.stop()
    shots = volley.shots()
    stage.listener.doing("waiting for what is due")
    sums, said = _arrived(stage, volley.run, shots)
    account, unbalanced = books.end(stage.listener)
    problems = (*amiss, *said[:MOST_SAID], *_more(said), *unbalanced)
    return Outcome(volley.run, rollouts, fired_s, sums, problems, account, volley.late, time.monotonic() - began)


def rolled_out(hands: Hands, component: str) -> float:
    """
    Replace the pods of a component, and wait until the new ones are ready and the old ones are gone.

    Args:
        hands: that can.
        component: whose.

    Returns:
        How long it took (seconds).

    Raises:
        CannotRunError: that is not allowed, or there is no such Deployment.
        TooLateError: it did not come to its end.
    """
    began = time.monotonic()
    old = {pod["metadata"]["uid"] for pod in hands.pods(component)}
    hands.restart(component)

    def is_done() -> bool:
        with suppress(AwayError):
            pods = hands.pods(component)
            return bool(pods) and all(pod["metadata"]["uid"] not in old and is_ready(pod) for pod in pods)
        return False

    wait_for(is_done, ROLLED_OUT_WITHIN_S, f"the pods of {component} to be replaced", STEP_S)
    return time.monotonic() - began


def _arrived(stage: Stage, tag: str, shots: Sequence[Shot]) -> tuple[Mapping[str, Sums], list[str]]:
    """Wait until everything that is due is there, and a moment for what is not, then compare."""

    def look() -> tuple[Mapping[str, Sums], list[str]]:
        return compared(shots, stage.sink.listed(run=tag, type="event"))

    def is_there() -> bool:
        with suppress(SinkAwayError):
            return not any(one.lost for one in look()[0].values())
        return False

    with suppress(TooLateError):
        wait_for(is_there, ARRIVED_WITHIN_S, "every event that is due", STEP_S * 2)
    time.sleep(SETTLE_S)
    try:
        return look()
    except SinkAwayError as error:
        return {}, [f"the sink does not say what arrived: {error}"]


def _more(said: Sequence[str]) -> list[str]:
    return [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
