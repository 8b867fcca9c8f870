"""
Kills one thing, when its turn has come and it is there to be killed.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from crashctl.chaos.bag import Kill, Kind
from crashctl.chaos.cluster import Cluster, ClusterAwayError, KillFailedError
from crashctl.chaos.firing import NOT_FIRED, Fired, fire
from crashctl.chaos.lives import Json
from crashctl.chaos.told import Done, Fatal
from crashctl.chaos.watching import Watching
from crashctl.drill.cases import DrillCase
from crashctl.drill.gateway import Gateway
from crashctl.waiting import TooLateError, wait_for

SINK, GATEWAY = "event-sink", "gateway"
# A kubelet that puts off restarts waits for so long at the most by its own default, and the container must start.
READY_WITHIN_S = 330.0
STEP_S = 0.2


class Killer:
    """
    Kills.

    Args:
        cluster: where.
        watching: knows what is there.
        gateway: to fire through.
        cases: of the catalogue, by id.
        over: whether nobody wants anything killed any more.
    """

    def __init__(
        self, cluster: Cluster, watching: Watching, gateway: Gateway, cases: Mapping[str, DrillCase],
        over: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._cluster = cluster
        self._watching = watching
        self._gateway = gateway
        self._cases = cases
        self._over = over

    def kill(self, kill: Kill) -> Done | None:
        """
        Wait until it is its turn, and kill.

        Args:
            kill: what.

        Returns:
            What came of it; none where the time was over before its turn.
        """
        with suppress(TooLateError):
            wait_for(lambda: self._over() or self.may(kill), READY_WITHIN_S, str(kill), STEP_S)
        if self._over():
            return None
        pod = self._watching.stays(kill.component)
        if pod is None or not self.may(kill):
            return Done(kill, time.time(), f"{kill.component} was not ready within {READY_WITHIN_S:g} s")
        at = time.time()
        try:
            if kill.kind is Kind.FAULT:
                return self._fire(kill, at)
            self._end(kill, pod)
        except (KillFailedError, ClusterAwayError) as error:
            return Done(kill, at, str(error))
        return Done(kill, at)

    def may(self, kill: Kill) -> bool:
        """
        Whether its turn has come: it is whole; and no pod goes for good while the sink is away, because what it has on
        disk goes with it.

        Args:
            kill: what.
        """
        there = self._watching
        if there.stays(kill.component) is None:
            return False
        if kill.component == SINK:
            return not there.leaving
        if kill.kind is Kind.DELETE:
            return there.stays(SINK) is not None
        return kill.kind is not Kind.FAULT or there.stays(GATEWAY) is not None

    def _end(self, kill: Kill, pod: Json) -> None:
        if kill.kind is Kind.SIGKILL:
            self._cluster.sigkill(pod, kill.what)
        else:
            self._cluster.delete(pod["metadata"]["name"], force=kill.kind is Kind.FORCE)

    def _fire(self, kill: Kill, at: float) -> Done:
        case = self._cases[kill.what]
        calls: list[Fired] = []
        for call in range(1, case.calls + 1):
            found = fire(self._gateway, case, calls[0].firing.run if calls else None, call)
            if found.answer.status in NOT_FIRED:
                detail = found.answer.body.get("detail") or "no reason"
                return Done(kill, at, f"call {call} was refused with {found.answer.status}: {detail}")
            calls.append(found)
        traces = frozenset(found.firing.trace_id for found in calls)
        return Done(kill, at, fatal=Fatal(calls[-1].firing, traces, calls[0].at, calls[-1].answered_at))
