"""
What came of faults that were fired while pods were replaced. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crashctl.drill.contract import GATEWAY
from crashctl.drill.deaths import CORONER
from crashctl.rollouts.volley import Shot

NO_ANSWER = "no answer"


@dataclass
class Sums:
    """
    The firings of one service.

    Args:
        answered: as the catalogue promises.
        due: events for these.
        received: of these.
        lost: of these, not received.
        twice: events beyond those that are due.
        refused: firings that were not, by what was answered.
        all_the_same: events of those, which were fired though nobody said so.
    """

    answered: int = 0
    due: int = 0
    received: int = 0
    lost: int = 0
    twice: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    all_the_same: int = 0


@dataclass(frozen=True)
class Outcome:
    """
    What came of all of it.

    Args:
        run: tag of all firings.
        rollouts: how long each took (seconds), in their order.
        fired_s: how long faults were fired (seconds).
        sums: by service.
        problems: what is not as promised, one sentence each.
        account: the sums of the books, in one line.
        late: firings that began late, because all threads waited for answers.
        took_s: how long all took (seconds).
    """

    run: str
    rollouts: Mapping[str, float]
    fired_s: float
    sums: Mapping[str, Sums]
    problems: tuple[str, ...]
    account: str
    late: int
    took_s: float

    @property
    def good(self) -> bool:
        """Whether something was fired, all of it arrived once, and all sums close."""
        return bool(self.total("due")) and not self.problems

    def total(self, name: str) -> int:
        """Add up a figure of all services."""
        return sum(int(getattr(one, name)) for one in self.sums.values())

    @property
    def refused(self) -> Counter[str]:
        """What was not fired, by what was answered."""
        return sum((one.refused for one in self.sums.values()), Counter())

    def lines(self) -> list[str]:
        """Say it in some lines, the first of which says all."""
        rate = self.total("answered") / self.fired_s if self.fired_s else 0.0
        first = (
            f"rollouts of {', '.join(self.rollouts)} under {rate:.1f} faults a second: {self.total('lost')} lost,"
            f" {self.total('twice')} twice; fired {self.total('answered')},"
            f" events due {self.total('due')} = received {self.total('received')}"
        )
        said = [first]
        for service, one in self.sums.items():
            said.append(
                f"  {service:<12} fired {one.answered}, due {one.due}, received {one.received}, lost {one.lost},"
                f" twice {one.twice}{_refused(one)}"
            )
        took = ", ".join(f"{component} {seconds:.0f} s" for component, seconds in self.rollouts.items())
        said.append(f"each rollout took: {took}; {self.late} firings began late")
        return [
            *said,
            f"accounts: {self.account}",
            f"{'GREEN' if self.good else 'NOT GREEN'} after {self.took_s:.0f} s",
        ]

    def document(self) -> dict[str, Any]:  # Any: JSON
        """Give it as JSON has it."""
        return {
            "good": self.good,
            "run": self.run,
            "rollouts_s": dict(self.rollouts),
            "fired_s": self.fired_s,
            "answered": self.total("answered"),
            "due": self.total("due"),
            "received": self.total("received"),
            "lost": self.total("lost"),
            "twice": self.total("twice"),
            "refused": dict(self.refused),
            "late": self.late,
            "services": {name: {**vars(one), "refused": dict(one.refused)} for name, one in self.sums.items()},
            "problems": list(self.problems),
            "account": self.account,
            "took_s": self.took_s,
        }


def compared(shots: Sequence[Shot], items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Sums], list[str]]:
    """
    Hold the events of a run against its firings.

    Args:
        shots: all of them.
        items: the events of the run, as the sink lists them.

    Returns:
        The sums by service, and what is not as promised, one sentence each.
    """
    on_trace = Counter((item["trace_id"], item["service"]) for item in items)
    sums: dict[str, Sums] = {}
    said = []
    for shot in shots:
        case = shot.firing.case
        one = sums.setdefault(case.service, Sums())
        found = on_trace.pop((shot.firing.trace_id, case.service), 0)
        where = f"({case.id}, trace {shot.firing.trace_id})"
        one.twice += max(0, found - case.due)
        said += [f"{found} events, due are {case.due} {where}"] * (found > case.due)
        if not (wrongs := shot.wrongs):
            one.answered += 1
            one.due += case.due
            one.received += min(found, case.due)
            one.lost += max(0, case.due - found)
            said += [f"{case.due - found} of {case.due} events did not arrive {where}"] * (found < case.due)
            continue
        one.refused[str(shot.answer.status or NO_ANSWER)] += 1
        one.all_the_same += min(found, case.due)
        # The gateway says on the same trace that it did not reach the service.
        on_trace.pop((shot.firing.trace_id, GATEWAY), None)
        if not shot.is_refused:
            said += [f"{wrong} {where}" for wrong in wrongs]
    # The coroner tells of each pod that ended on the trace of the last request that it had.
    said += [
        f"{count} events of {service} on trace {trace}, which was not fired"
        for (trace, service), count in on_trace.items()
        if service != CORONER
    ]
    return sums, said


def _refused(one: Sums) -> str:
    if not one.refused:
        return ""
    what = ", ".join(f"{count} x {status}" for status, count in sorted(one.refused.items()))
    came = f", of which {one.all_the_same} events came all the same" if one.all_the_same else ""
    return f"; not fired: {what}{came}"
