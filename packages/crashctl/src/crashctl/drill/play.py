"""
Plays one case: begin clean, fire, wait for the contract, look at the pods.

A case that ends its container is finished later: its return takes long, and other services can be fired at meanwhile.
"""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Protocol

from crashctl.drill.answers import Answer, answer_mismatches
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Comparison, Firing, compare, in_all
from crashctl.drill.deaths import CORONER, is_report
from crashctl.drill.gateway import Gateway
from crashctl.drill.outcome import Outcome
from crashctl.drill.pods import Snapshot, unintended, without
from crashctl.drill.recovery import Pods, await_end, meanwhile
from crashctl.drill.sink import Sink, SinkAwayError
from crashctl.drill.trace import Trace, new_run, new_trace
from crashctl.waiting import TooLateError, wait_for

CLEAN_WITHIN_S = 5.0
# One minute's window of a budget, and a little.
BUDGET_WITHIN_S = 70.0
BUSY_STEP_S = 0.5
# After the service is back: the coroner has seen the end long before that.
REPORTED_WITHIN_S = 15.0
REFUSED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT}


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


@dataclass(frozen=True)
class Played:
    """
    A case that was fired.

    Args:
        outcome: what came of it so far.
        began: when (seconds of the monotonic clock).
        back: what is amiss with the end and the return of its container; none when no container ended.
    """

    outcome: Outcome
    began: float
    back: Future[list[str]] | None = None


def play(stage: Stage, case: DrillCase, away: Collection[str] = ()) -> Played:
    """
    Fire a case and wait for its contract, all but the return of a container that ended.

    Args:
        stage: what it is played on.
        case: what to fire.
        away: other services whose container has ended and may be back or not.

    Returns:
        What came of it. A broken contract is a result, not an error.

    Raises:
        CannotRunError: the cluster does not answer any more.
    """
    began = time.monotonic()
    if case.ends_pod and stage.pods is None:
        return Played(Outcome(case, skipped="its container must end, which only --kube can see"), began)
    stage.listener.doing("stopping what is held")
    if missing := still_away(stage, case.service, CLEAN_WITHIN_S):
        wrongs = (f"nothing was fired: {missing}",)
        return Played(Outcome(case, wrongs=wrongs, took_s=time.monotonic() - began), began)
    before = stage.pods.snapshot() if stage.pods else {}
    run = new_run()
    firings: list[Firing] = []
    seconds: list[float | None] = []
    said: list[str] = []
    for call in range(1, case.calls + 1):
        trace = new_trace()
        firing = Firing(case, trace.id, run, call)
        firings.append(firing)
        said += answer_mismatches(firing, _fire(stage, firing, trace))
        seconds.append(_await_contract(stage, firing))
        if said:
            break
    pods, back = stage.pods, None
    if pods and firings[-1].ends_pod:
        back = meanwhile(partial(_await_back, stage, pods, firings[-1], before))
    elif pods:
        said += unintended(without(away, before), without(away, pods.snapshot()), {})
    outcome = Outcome(
        case=case,
        firings=tuple(firings),
        comparison=look_again(stage, firings),
        seconds=_slowest(seconds),
        wrongs=tuple(said),
        took_s=time.monotonic() - began,
    )
    return Played(outcome, began, back)


def finish(stage: Stage, played: Played) -> Outcome:
    """
    Wait until the container that a case ended is back, and say what came of the whole case.

    Args:
        stage: what it is played on.
        played: the case.

    Raises:
        CannotRunError: the cluster does not answer any more.
    """
    if played.back is None:
        return played.outcome
    wrongs = (*played.outcome.wrongs, *played.back.result())
    return replace(
        played.outcome,
        comparison=look_again(stage, played.outcome.firings),
        wrongs=wrongs,
        took_s=time.monotonic() - played.began,
    )


def look_again(stage: Stage, firings: Sequence[Firing]) -> Comparison:
    """
    Hold against the contract what is there now.

    Args:
        stage: whose sink is asked.
        firings: every call of one case.
    """
    traces = [firing.trace_id for firing in firings]
    try:
        strays = stage.sink.strays(firings[-1].run, traces)
        last = firings[-1]
        each = [
            compare(firing, stage.sink.trace(firing.trace_id), strays if firing is last else ()) for firing in firings
        ]
        told = tuple(wrong for trace in traces for wrong in stage.sink.told(trace))
    except SinkAwayError as error:
        due = sum(firing.case.due for firing in firings)
        return Comparison(0, due, 0, (f"the sink does not answer: {error}",))
    found = in_all(firings[-1].case, each)
    return replace(found, mismatches=(*found.mismatches, *told))


def still_away(stage: Stage, service: str, within_s: float, *, stopping: bool = True) -> str | None:
    """
    Wait until a service can be reached through the gateway.

    Args:
        stage: whose gateway is asked.
        service: its name.
        within_s: how long to wait at the most (seconds).
        stopping: whether to stop every fault of all services by it.

    Returns:
        None when it can; else why not, in words.
    """
    reason: str | None = None

    def is_reached() -> bool:
        nonlocal reason
        reason = stage.gateway.unreached(service, stopping=stopping)
        return reason is None

    with suppress(TooLateError):
        wait_for(is_reached, within_s, service, BUSY_STEP_S)
    return f"the gateway does not reach {service} ({reason})" if reason else None


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


def _await_contract(stage: Stage, firing: Firing) -> float | None:
    """Wait until the contract is kept or its time is up; give the seconds until no event was missing."""
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
    return seconds


def _slowest(seconds: Sequence[float | None]) -> float | None:
    known = [value for value in seconds if value is not None]
    return max(known) if known and len(known) == len(seconds) else None


def _on_trace(stage: Stage, firing: Firing) -> Comparison | None:
    try:
        return compare(firing, stage.sink.trace(firing.trace_id))
    except SinkAwayError:
        return None


def _await_back(stage: Stage, pods: Pods, firing: Firing, before: Snapshot) -> list[str]:
    service, pod = firing.case.service, firing.case.expect.pod
    wrongs = await_end(pods, service, pod, before)
    if missing := still_away(stage, service, pod.recovers_within_s, stopping=False):
        wrongs.append(f"{missing}, {pod.recovers_within_s:g} s after its container ended")
    if any(container.component == CORONER for container in before.values()):
        wrongs += _await_report(stage, firing)
    return wrongs


def _await_report(stage: Stage, firing: Firing) -> list[str]:
    """Wait for the coroner's word on the end; what it says is held against the contract with all else."""

    def reported() -> bool:
        with suppress(SinkAwayError):
            return any(is_report(item) for item in stage.sink.trace(firing.trace_id))
        return False

    with suppress(TooLateError):
        wait_for(reported, REPORTED_WITHIN_S, "the report of the death")
        return []
    return [f"the {CORONER} reported no death on the trace within {REPORTED_WITHIN_S:g} s"]
