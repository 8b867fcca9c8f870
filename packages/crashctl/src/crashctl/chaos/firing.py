"""
Fires faults of the catalogue while everything is killed, and says afterwards what became of their events.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from crashctl.chaos.lives import Death
from crashctl.drill.answers import Answer, answer_mismatches
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Comparison, Firing, compare
from crashctl.drill.gateway import Gateway
from crashctl.drill.sink import Sink
from crashctl.drill.trace import new_run, new_trace

# What a fault leaves behind its answer, such as a task that fails later, may die with its process within this time.
LEAVES_BEHIND_S = 5.0
NOT_FIRED = {409, 429}
DATABASE = "mongodb"
# From the end of the database to when it runs again and everybody has found it; a back-off is part of it.
DATABASE_BACK_WITHIN_S = 120.0


@dataclass(frozen=True)
class Fired:
    """
    One firing.

    Args:
        firing: with its contract.
        answer: to it.
        at: when it was sent (unix seconds).
        answered_at: when its answer was there (unix seconds).
    """

    firing: Firing
    answer: Answer
    at: float
    answered_at: float

    @property
    def is_kept(self) -> bool:
        """Whether it was answered as the catalogue promises, so that all its events must come."""
        return not answer_mismatches(self.firing, self.answer)


@dataclass
class Volley:
    """
    What became of the events of all firings.

    Args:
        fired: how often something was fired.
        kept: of these, answered as promised.
        due: events for those.
        captured: of these.
        otherwise: of those, as another error, because the database was away.
        cut_off: of these, not captured: their process was killed while they ran.
        problems: what is amiss, one sentence each.
    """

    fired: int = 0
    kept: int = 0
    due: int = 0
    captured: int = 0
    otherwise: int = 0
    cut_off: int = 0
    problems: list[str] = field(default_factory=list)


class Gunner:
    """
    Fires in a thread of its own.

    Args:
        gateway: to fire through.
        cases: what may be fired; those that end a container are left to others.
        seed: of the order.
        rate: firings a second.
    """

    def __init__(self, gateway: Gateway, cases: Sequence[DrillCase], seed: int, rate: float) -> None:
        self._gateway = gateway
        self._cases = [case for case in cases if not case.ends_pod]
        self._random = Random(seed)
        self._rate = rate
        self._stopped = threading.Event()
        self._fired: list[Fired] = []
        self._thread = threading.Thread(target=self._run, name="gunner", daemon=True)
        self.refused: Counter[int] = Counter()

    def start(self) -> None:
        """Begin, if there is something to fire."""
        if self._cases and self._rate:
            self._thread.start()

    def stop(self, within_s: float) -> None:
        """
        Fire no more.

        Args:
            within_s: how long to wait for an answer that is due (seconds).
        """
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def fired(self) -> list[Fired]:
        """Give what was fired and answered."""
        return list(self._fired)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            due = max(due + 1 / self._rate, time.monotonic())
            found = fire(self._gateway, self._random.choice(self._cases))
            if found.answer.status in NOT_FIRED:
                self.refused[found.answer.status] += 1
            else:
                self._fired.append(found)


def fire(gateway: Gateway, case: DrillCase, run: str | None = None, call: int = 1) -> Fired:
    """
    Fire a case once.

    Args:
        gateway: to fire through.
        case: what.
        run: tag of all calls; a new one where there is none yet.
        call: which call of the case.
    """
    trace = new_trace()
    firing = Firing(case, trace.id, run or new_run(), call)
    at = time.time()
    answer = gateway.fire(firing, trace)
    return Fired(firing, answer, at, time.time())


def looked_at(fired: Iterable[Fired], sink: Sink, deaths: Sequence[Death]) -> Volley:
    """
    Hold every firing against its contract.

    Args:
        fired: all of them.
        sink: has the events.
        deaths: that there were.

    Raises:
        SinkAwayError: no answer.
    """
    return add_up(((one, compare(one.firing, sink.trace(one.firing.trace_id))) for one in fired), deaths)


def add_up(found: Iterable[tuple[Fired, Comparison]], deaths: Sequence[Death]) -> Volley:
    """
    Add up what became of firings. Pure.

    Args:
        found: each with what is on its trace.
        deaths: that there were.
    """
    volley = Volley()
    for one, compared in found:
        case = one.firing.case
        where = f"{case.id} on trace {one.firing.trace_id}"
        volley.fired += 1
        if compared.duplicated:
            volley.problems.append(f"{where}: {compared.duplicated} events too many")
        if not one.is_kept:
            continue
        volley.kept += 1
        volley.due += case.due
        volley.captured += compared.captured
        if not compared.lost:
            continue
        if any(_cuts_off(one, death) for death in deaths):
            volley.cut_off += compared.lost
        elif compared.others == compared.lost and any(_takes_the_database(one, death) for death in deaths):
            # The fault was that the database is away: one event, on its trace, that says so.
            volley.captured += compared.lost
            volley.otherwise += compared.lost
        else:
            volley.problems.append(
                f"{where}: {compared.lost} of {case.due} events are lost, and nothing died meanwhile"
            )
    return volley


def _cuts_off(one: Fired, death: Death) -> bool:
    # Times of the API are whole seconds.
    at = death.at
    return death.component == one.firing.case.service and (
        at is None or one.at - 1 <= at <= one.answered_at + LEAVES_BEHIND_S
    )


def _takes_the_database(one: Fired, death: Death) -> bool:
    at = death.at
    return death.component == DATABASE and at is not None and at - 1 <= one.answered_at <= at + DATABASE_BACK_WITHIN_S
