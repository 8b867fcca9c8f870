"""
What the coroner told, held against the deaths that there were: each once, on the trace that it belongs to. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crashctl.chaos.bag import Kill
from crashctl.chaos.lives import Death, Key
from crashctl.drill.contract import Firing
from crashctl.drill.deaths import CAUSES, CORONER

# The coroner's word on a container that never ran is on no death.
NEVER_RAN = "not-started"
# The coroner's word where a pod went before it could look; that is no news where it was dead itself.
REMOVED = "removed"
# The longest back-off of a kubelet, and a start (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/).
LONGEST_AWAY_S = 320.0
# An end that a fault is for comes within this time of its firing.
ENDS_WITHIN_S = 20.0

Json = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Report:
    """
    One event of the coroner.

    Args:
        event_id: 32 hex digits.
        key: which start of which container it is about.
        trace_id: that it stands on.
        level: of the event.
        cause: that it names.
        known_by: how the coroner knew.
    """

    event_id: str
    key: Key
    trace_id: str
    level: str
    cause: str
    known_by: str

    @property
    def is_of_a_death(self) -> bool:
        """Whether anything died."""
        return self.known_by != NEVER_RAN


@dataclass(frozen=True)
class Fatal:
    """
    A fault that was fired to end its container, with all its calls.

    Args:
        firing: the last call.
        traces: of all calls.
        began: when the first was fired (unix seconds).
        ended: when the last was answered (unix seconds).
    """

    firing: Firing
    traces: frozenset[str]
    began: float
    ended: float


@dataclass(frozen=True)
class Done:
    """
    What came of one turn.

    Args:
        kill: that was wanted.
        at: when (unix seconds).
        failed: why nothing was killed; empty where it was.
        fatal: the firings, where it was a fault.
    """

    kill: Kill
    at: float
    failed: str = ""
    fatal: Fatal | None = None


@dataclass(frozen=True)
class Inquest:
    """
    What came of the comparison.

    Args:
        deaths: that there were.
        reported: of these, told at least once.
        blamed: of these, on the trace of a request.
        problems: what is amiss, one sentence each.
    """

    deaths: int
    reported: int
    blamed: int
    problems: tuple[str, ...]


def read_report(payload: Json) -> Report:
    """
    Read an event of the coroner's.

    Args:
        payload: as the sink has it.
    """
    contexts = payload["contexts"]
    death, kubernetes = contexts["death"], contexts["k8s"]
    return Report(
        event_id=payload["event_id"],
        key=Key(kubernetes["pod_uid"], kubernetes["container"], death["instance"]),
        trace_id=contexts["trace"]["trace_id"],
        level=payload["level"],
        cause=death["cause"],
        known_by=death["known_by"],
    )


def compare(
    deaths: Sequence[Death],
    reports: Iterable[Report],
    fatals: Sequence[Fatal],
    firsts: Mapping[tuple[str, str], int],
) -> Inquest:
    """
    Hold the reports against the deaths.

    Args:
        deaths: that there were.
        reports: that the sink has; those of what was not watched, or died before, do not matter.
        fatals: faults that were fired to end a container.
        firsts: the first start that counts, by pod and container.
    """
    told: dict[Key, list[Report]] = {}
    for report in reports:
        first = firsts.get((report.key.uid, report.key.container))
        if report.is_of_a_death and first is not None and report.key.start >= first:
            told.setdefault(report.key, []).append(report)
    known = {death.key: death for death in deaths}
    problems = [f"{death} was never told" for death in deaths if death.key not in told]
    blamed = 0
    for key, found in told.items():
        ids = ", ".join(report.event_id for report in found)
        death = known.get(key)
        if death is None:
            problems.append(f"start {key.start} of {key.container} was told as dead, and did not die ({ids})")
            continue
        if len(found) > 1:
            problems.append(f"{death} was told {len(found)} times ({ids})")
        blamed += any(report.trace_id != report.event_id for report in found)
        alone = _nobody_looked(death, deaths)
        problems += [
            f"{death}: {wrong} ({report.event_id})"
            for report in found
            for wrong in _wrongs(death, report, fatals, alone=alone)
        ]
    return Inquest(len(deaths), sum(death.key in told for death in deaths), blamed, tuple(problems))


def _nobody_looked(death: Death, deaths: Iterable[Death]) -> bool:
    """Whether the coroner itself was dead, or on its way back, when it happened."""
    ends = [one.at for one in deaths if one.component == CORONER and one.at is not None]
    return death.at is not None and any(end - 1 <= death.at <= end + LONGEST_AWAY_S for end in ends)


def _wrongs(death: Death, report: Report, fatals: Sequence[Fatal], *, alone: bool) -> list[str]:
    said = []
    if report.level != "fatal":
        said.append(f"told at level {report.level}, expected fatal")
    own = {report.event_id}
    if alone and report.cause == REMOVED and report.trace_id in own:
        return said
    if report.trace_id not in (death.traces or own):
        expected = " or ".join(sorted(death.traces)) or "a trace of its own"
        said.append(f"told on trace {report.trace_id}, expected {expected}")
    fatal = next((fatal for fatal in fatals if _is_end_of(death, report, fatal)), None)
    if fatal and report.trace_id not in fatal.traces:
        expected = " or ".join(sorted(fatal.traces))
        said.append(f"{fatal.firing.case.id} ended it, and it is told on {report.trace_id}, expected {expected}")
    return said


def _is_end_of(death: Death, report: Report, fatal: Fatal) -> bool:
    case = fatal.firing.case
    # Times of the API are whole seconds.
    within = death.at is not None and fatal.began - 1 <= death.at <= fatal.ended + ENDS_WITHIN_S
    return within and death.component == case.service and report.cause == CAUSES[case.expect.pod.ends]
