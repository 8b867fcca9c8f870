"""
Plays one case: begin clean, fire, wait for the contract, look at the pods.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from crashctl.drill.answers import Answer, answer_mismatches
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Comparison, Firing, compare
from crashctl.drill.gateway import Gateway
from crashctl.drill.outcome import Outcome
from crashctl.drill.pods import Snapshot, end_mismatches, unintended
from crashctl.drill.sink import Sink, SinkAwayError
from crashctl.drill.trace import Trace, new_run, new_trace
from crashctl.waiting import TooLateError, wait_for

CLEAN_WITHIN_S = 20.0
# One minute's window of a budget, and a little.
BUDGET_WITHIN_S = 70.0
BUSY_STEP_S = 0.5
REFUSED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT}


class Pods(Protocol):
    """Where the state of the pods comes from."""

    def snapshot(self) -> Snapshot:
        """Give every container of the release."""


class Listener(Protocol):
    """Who shows what the drill is doing."""

    def doing(self, what: str) -> None:
        """Show what takes time now."""


@dataclass(frozen=True)
class Stage:
    """
    What a case is played on.

    Args:
        gateway: to fire through.
        sink: to ask.
        pods: to look at; none where only answers and events count.
        listener: shows what takes time.
    """

    gateway: Gateway
    sink: Sink
    pods: Pods | None
    listener: Listener


def play(stage: Stage, case: DrillCase) -> Outcome:
    """
    Fire a case and wait for its contract.

    Args:
        stage: what it is played on.
        case: what to fire.

    Returns:
        What came of it. A broken contract is a result, not an error.

    Raises:
        CannotRunError: the cluster does not answer any more.
    """
    began = time.monotonic()
    trace = new_trace()
    firing = Firing(case, trace.id, new_run())
    if case.ends_pod and stage.pods is None:
        return Outcome(firing, 0, skipped="its container must end, which only --kube can see")
    if not _is_clean(stage, case.service):
        reason = f"{case.service} cannot be reached through the gateway, so nothing was fired"
        return Outcome(firing, 0, wrongs=(reason,), took_s=time.monotonic() - began)
    before = stage.pods.snapshot() if stage.pods else {}
    wrongs: list[str] = []
    fired = 0
    for call in range(1, case.calls + 1):
        answer = _fire(stage, firing, trace)
        fired += 1
        found = answer_mismatches(firing, answer, call)
        wrongs += found
        if found:
            break
    comparison, seconds = _await_contract(stage, firing)
    if stage.pods:
        wrongs += _pods(stage, stage.pods, case, before)
    took_s = time.monotonic() - began
    return Outcome(firing, fired, comparison, seconds, tuple(wrongs), took_s=took_s)


def look_again(stage: Stage, firing: Firing) -> Comparison:
    """
    Hold against the contract what is on a trace now.

    Args:
        stage: whose sink is asked.
        firing: what was fired.
    """
    try:
        items = stage.sink.trace(firing.trace_id)
        strays = stage.sink.strays(firing.run, firing.trace_id)
    except SinkAwayError as error:
        return Comparison(0, firing.case.due, 0, (f"the sink does not answer: {error}",))
    return compare(firing, items, strays)


def _is_clean(stage: Stage, service: str) -> bool:
    stage.listener.doing("stopping what is held")
    try:
        return wait_for(lambda: stage.gateway.stop_faults(service), CLEAN_WITHIN_S, f"{service} behind the gateway")
    except TooLateError:
        return False


def _fire(stage: Stage, firing: Firing, trace: Trace) -> Answer:
    """Fire once; wait while the budget says so, rather than count it as a failure."""
    deadline = time.monotonic() + BUDGET_WITHIN_S
    while True:
        stage.listener.doing("firing")
        answer = stage.gateway.fire(firing, trace)
        pause_s = answer.retry_after_s or BUSY_STEP_S
        if answer.status not in REFUSED or time.monotonic() + pause_s > deadline:
            return answer
        stage.listener.doing(f"waiting {pause_s:g} s, its budget is used up")
        time.sleep(pause_s)


def _await_contract(stage: Stage, firing: Firing) -> tuple[Comparison, float | None]:
    answered = time.monotonic()
    seconds: float | None = None

    def kept() -> bool:
        nonlocal seconds
        now = _on_trace(stage, firing)
        if now is not None and not now.lost and seconds is None:
            seconds = time.monotonic() - answered
        return now is not None and not now.mismatches

    stage.listener.doing("waiting for what must arrive")
    with suppress(TooLateError):
        wait_for(kept, firing.case.expect.within_s, "the contract")
    return look_again(stage, firing), seconds


def _on_trace(stage: Stage, firing: Firing) -> Comparison | None:
    try:
        return compare(firing, stage.sink.trace(firing.trace_id))
    except SinkAwayError:
        return None


def _pods(stage: Stage, pods: Pods, case: DrillCase, before: Snapshot) -> list[str]:
    if not case.ends_pod:
        return unintended(before, pods.snapshot(), {})
    pod = case.expect.pod
    stage.listener.doing("waiting until the service is ready again")
    began = time.monotonic()
    try:
        wait_for(
            lambda: not end_mismatches(case.service, pod.ends, before, pods.snapshot()),
            pod.recovers_within_s,
            "it",
            0.5,
        )
    except TooLateError:
        return end_mismatches(case.service, pod.ends, before, pods.snapshot()) + unintended(
            before, pods.snapshot(), {case.service: 1}
        )
    wrongs = unintended(before, pods.snapshot(), {case.service: 1})
    left_s = max(1.0, pod.recovers_within_s - (time.monotonic() - began))
    try:
        wait_for(lambda: stage.gateway.stop_faults(case.service), left_s, "the service behind the gateway")
    except TooLateError:
        wrongs.append(
            f"the gateway does not reach {case.service} {pod.recovers_within_s:g} s after its container ended"
        )
    return wrongs
