"""
Fires cases at a rate, in turn, from some threads; each firing has a trace of its own. A case that is refused is fired
again, so that the rate is one of faults that were fired.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from crashctl.drill.answers import Answer, answer_mismatches
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Firing
from crashctl.drill.gateway import Gateway
from crashctl.drill.trace import new_run, new_trace

THREADS = 48
# No answer; the budget says no; a gateway that cannot reach the service, or somebody before it who cannot reach it.
REFUSED = frozenset({0, 409, 429, 502, 503, 504})
ENDS_WITHIN_S = 90.0
# Before a refused case is fired again: long enough for others to end, short beside a rollout (s).
AGAIN_S = 1.0


@dataclass(frozen=True)
class Shot:
    """
    One firing.

    Args:
        firing: what, and on which trace.
        answer: to it.
    """

    firing: Firing
    answer: Answer

    @property
    def wrongs(self) -> list[str]:
        """What the answer has that the catalogue does not promise; where there is nothing, all its events are due."""
        return answer_mismatches(self.firing, self.answer)

    @property
    def is_refused(self) -> bool:
        """Whether somebody said that it could not be fired now, or nobody said anything."""
        return self.answer.status in REFUSED


class Volley:
    """
    Fires until it is told to end.

    Args:
        gateway: to fire through.
        cases: that are fired, in an order of their own.
        rate: firings a second.
        seed: of the order.
    """

    def __init__(self, gateway: Gateway, cases: Sequence[DrillCase], rate: float, seed: int) -> None:
        self.run = new_run()
        self.late = 0
        self._gateway = gateway
        self._cases = list(cases)
        Random(seed).shuffle(self._cases)
        self._rate = rate
        self._shots: list[Shot] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._taken = 0
        self._began = 0.0
        self._threads = [
            threading.Thread(target=self._work, name=f"gunner {number}", daemon=True) for number in range(THREADS)
        ]

    def start(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> float:
        """Fire no more, and wait for the answers that are due; give how long it fired (seconds)."""
        self._stopped.set()
        fired_s = time.monotonic() - self._began
        ends = time.monotonic() + ENDS_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return fired_s

    def shots(self) -> list[Shot]:
        """Give what was fired and answered so far."""
        with self._lock:
            return list(self._shots)

    def _work(self) -> None:
        while True:
            with self._lock:
                number, self._taken = self._taken, self._taken + 1
            due = self._began + number / self._rate
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                return
            case = self._cases[number % len(self._cases)]
            late = time.monotonic() - due > 1 / self._rate * THREADS
            with self._lock:
                self.late += late
            while self._fire(case).is_refused:
                if self._stopped.wait(AGAIN_S):
                    return

    def _fire(self, case: DrillCase) -> Shot:
        trace = new_trace()
        firing = Firing(case, trace.id, self.run)
        shot = Shot(firing, self._gateway.fire(firing, trace))
        with self._lock:
            self._shots.append(shot)
        return shot
