"""
Kills the container of one service again and again, each time by a fault that takes more memory than it has.

A kubelet starts a container at once that died for the first time, and then waits 10 s, 20 s and so on. So its pod is
deleted after the second death: what is told of a pod that waits, and then goes, is a part of the proof.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Firing
from crashctl.drill.deaths import is_report, report_mismatches
from crashctl.drill.events import Event
from crashctl.drill.hands import AwayError, Hands, Pod, is_ready
from crashctl.drill.play import BUDGET_WITHIN_S, BUSY_STEP_S, REFUSED, Stage
from crashctl.drill.sink import SinkAwayError
from crashctl.drill.trace import Trace, new_run, new_trace
from crashctl.kills.outcome import Kill
from crashctl.kills.statuses import Statuses, unix_s
from crashctl.waiting import TooLateError, wait_for

DEATHS_A_POD = 2
PUT_OFF = "CrashLoopBackOff"
WHOLE_WITHIN_S = 240.0
REPORT_WITHIN_S = 60.0
SEEN_WITHIN_S = 5.0
STEP_S = 0.1


class Lane:
    """
    The kills of one service.

    Args:
        stage: to fire through, and to ask.
        hands: that delete its pods.
        statuses: what the kubelet says.
        cases: that kill, which take turns.
        stop: ends it early.
    """

    def __init__(
        self, stage: Stage, hands: Hands, statuses: Statuses, cases: Sequence[DrillCase], stop: threading.Event
    ) -> None:
        self.service = cases[0].service
        self.kills: list[Kill] = []
        self._stage = stage
        self._hands = hands
        self._statuses = statuses
        self._cases = cases
        self._stop = stop

    def run(self, times: int) -> None:
        """
        Kill.

        Args:
            times: how often.
        """
        for number in range(times):
            if self._stop.is_set():
                return
            case = self._cases[number % len(self._cases)]
            try:
                on_new_pod = self._await_whole()
            except TooLateError as error:
                self.kills.append(Kill(case, (), (f"nothing was fired: {error}",)))
                return
            self.kills.append(replace(self._kill(case), on_new_pod=on_new_pod))

    def _kill(self, case: DrillCase) -> Kill:
        run = new_run()
        firings: list[Firing] = []
        for call in range(1, case.calls + 1):
            trace = new_trace()
            firing = Firing(case, trace.id, run, call)
            status = self._fire(firing, trace)
            firings.append(firing)
            if call < case.calls and status != case.expect.status:
                return Kill(case, tuple(firings), (f"call {call} answered {status or 'nothing'} before the limit",))
        return self._told(case, tuple(firings))

    def _fire(self, firing: Firing, trace: Trace) -> int:
        ends = time.monotonic() + BUDGET_WITHIN_S
        while True:
            answer = self._stage.gateway.fire(firing, trace)
            if answer.status not in REFUSED or time.monotonic() > ends:
                return answer.status
            self._stop.wait(answer.retry_after_s or BUSY_STEP_S)

    def _told(self, case: DrillCase, firings: tuple[Firing, ...]) -> Kill:
        """Wait for the report, and say how long it took."""
        last = firings[-1]
        try:
            report, *_ = wait_for(lambda: self.reports(last), REPORT_WITHIN_S, "the coroner's report", STEP_S)
        except TooLateError as error:
            return Kill(case, firings, (str(error),))
        at = time.monotonic()
        contexts = self._stage.sink.payload(report.event_id)["contexts"]
        finished = contexts["death"]["finished_at"]
        if finished is None:
            return Kill(case, firings, ("the report does not say when the container ended",))
        key = (contexts["k8s"]["pod_uid"], contexts["k8s"]["container"], unix_s(finished))
        seen: float | None = None
        with suppress(TooLateError):
            seen = wait_for(lambda: self._statuses.seen(*key), SEEN_WITHIN_S, "the status", STEP_S)
        return Kill(case, firings, (), None if seen is None else max(0.0, at - seen))

    def reports(self, firing: Firing) -> list[Event]:
        """Give the coroner's reports on the trace of a firing."""
        with suppress(SinkAwayError):
            return [item for item in self._stage.sink.trace(firing.trace_id) if is_report(item)]
        return []

    def look_again(self) -> None:
        """Hold every kill against what is there now: one report on the trace that passed the limit, none on others."""
        self.kills = [replace(kill, wrongs=(*kill.wrongs, *self._mismatches(kill))) for kill in self.kills]

    def _mismatches(self, kill: Kill) -> list[str]:
        if not kill.firings:
            return []
        try:
            found = [self._stage.sink.trace(firing.trace_id) for firing in kill.firings]
        except SinkAwayError as error:
            return [f"the sink does not answer: {error}"]
        *before, last = found
        said = [
            f"call {number} is told as a death, and it did not pass the limit"
            for number, items in enumerate(before, 1)
            if any(is_report(item) for item in items)
        ]
        if not any(is_report(item) for item in last):
            said.append("no death is told on the trace that passed the limit")
        return said + list(report_mismatches(kill.case, last, ends_pod=True))

    def is_whole(self) -> bool:
        """Whether all of its pods are ready and it can be fired at."""
        with suppress(AwayError):
            pods = self._hands.pods(self.service)
            ready = bool(pods) and all(is_ready(pod) for pod in pods)
            return ready and self._stage.gateway.unreached(self.service, stopping=False) is None
        return False

    def _await_whole(self) -> bool:
        """Wait until it is whole; delete a pod whose restart the kubelet puts off, and say whether there was one."""
        deleted: set[str] = set()

        def is_whole() -> bool:
            with suppress(AwayError):
                for pod in self._hands.pods(self.service):
                    name = pod["metadata"]["name"]
                    if name not in deleted and _is_used_up(pod):
                        self._hands.delete(name)
                        deleted.add(name)
            return self.is_whole()

        wait_for(is_whole, WHOLE_WITHIN_S, f"{self.service} to be whole", BUSY_STEP_S)
        return bool(deleted)


def _is_used_up(pod: Pod) -> bool:
    """Whether the kubelet puts off its restart, or will the next one."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(
        status.get("restartCount", 0) >= DEATHS_A_POD
        or ((status.get("state") or {}).get("waiting") or {}).get("reason") == PUT_OFF
        for status in statuses
    )
