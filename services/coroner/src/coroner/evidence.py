"""
What is known beside the pod's status: events of Kubernetes, and figures of the flight record. Pure.
"""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from crashkit.flight.reading import Flight

from coroner.death import Death, Ended, Json
from coroner.pods import seconds

SIGNALS = {one.value: one.name for one in signal.Signals}
LAST_SIGNAL = 64
FIRST_SIGNAL_CODE = 128
# Memory is told ten times a second; what is this near to the limit reaches it before it is told again.
NEAR = 0.9
SLACK_S = 2.0
# A child's death for memory explains the end of its parent for this long.
CHILD_EXPLAINS_S = 30.0
BY_PROBE = re.compile(r"failed (liveness|startup) probe")
PROBE_FAILED = re.compile(r"(liveness|startup) probe failed", re.IGNORECASE)


@dataclass(frozen=True)
class Happening:
    """
    One event of Kubernetes, about a pod.

    Args:
        reason: such as ``Killing`` or ``Unhealthy``.
        message: to it.
        container: that it is about; empty where it is about the pod.
        first: when it was first so (unix seconds).
        last: when it was so last.
        count: how often.
    """

    reason: str
    message: str
    container: str
    first: float
    last: float
    count: int = 1


def happening(found: Json) -> Happening:
    """
    Read an event of the API.

    Args:
        found: the event.
    """
    place = re.search(r"\{(.+)\}", (found.get("involvedObject") or {}).get("fieldPath") or "")
    series = found.get("series") or {}
    first = seconds(found.get("firstTimestamp") or found.get("eventTime")) or 0.0
    last = seconds(found.get("lastTimestamp") or series.get("lastObservedTime")) or first
    return Happening(
        reason=found.get("reason") or "",
        message=found.get("message") or "",
        container=place[1] if place else "",
        first=first,
        last=last,
        count=int(found.get("count") or series.get("count") or 1),
    )


def during(death: Death, happenings: Sequence[Happening]) -> list[Happening]:
    """
    Choose what happened to a container while it lived, and in the moments after.

    Args:
        death: of the container.
        happenings: of its pod.
    """
    began = (death.ended and death.ended.started_at) or 0.0
    finished = (death.ended and death.ended.finished_at) or float("inf")
    return [
        one
        for one in happenings
        if one.container in {"", death.container} and one.last >= began and one.first <= finished + SLACK_S
    ]


def kills_by_probe(death: Death, happenings: Sequence[Happening]) -> tuple[float | None, str, list[str]] | None:
    """
    Find that the kubelet ended this start of a container because a probe had failed.

    Args:
        death: of the container.
        happenings: of its pod.

    Returns:
        When it began to (none where several starts share one event), which probe, and what shows it; none where it
        did not.
    """
    own = [one for one in during(death, happenings) if one.container == death.container]
    for one in own:
        if one.reason == "Killing" and (probe := _probe_behind(death, one, own)):
            failed = next((other.message for other in own if other.reason == "Unhealthy" and _same(probe, other)), "")
            said = [f"the kubelet says: {one.message}"]
            finished = death.ended.finished_at if death.ended else None
            its_own = one.count == 1 or (finished is not None and one.last <= finished + SLACK_S)
            return one.last if its_own else None, probe, said + [f"the probe: {failed}"] * bool(failed)
    return None


def _probe_behind(death: Death, killing: Happening, own: Sequence[Happening]) -> str | None:
    """
    Say which probe made the kubelet kill. Of a container that it will not start again it says no more than that it
    stops it, in the same breath as that the probe failed.
    """
    if found := BY_PROBE.search(killing.message):
        return found[1]
    if death.pod.restarts_always or death.pod.delete_by is not None or death.pod.disruption:
        return None
    for one in own:
        failed = PROBE_FAILED.search(one.message) if one.reason == "Unhealthy" else None
        if failed and 0 <= killing.last - one.last <= SLACK_S:
            return failed[1].lower()
    return None


def earlier_kills_by_probe(death: Death, happenings: Sequence[Happening]) -> tuple[str, str] | None:
    """
    Find that the kubelet ended starts of this container before, because a probe had failed.

    Args:
        death: of the container.
        happenings: of its pod.

    Returns:
        Which probe, and what shows it; none where it did not.
    """
    for one in happenings:
        found = BY_PROBE.search(one.message) if one.reason == "Killing" and one.container == death.container else None
        if found and death.instance > 0:
            return found[1], f"the kubelet says {one.count} times of starts before this one: {one.message}"
    return None


def child_killed_before(flight: Flight | None, ended: Ended) -> bool:
    """
    Say whether the process saw the kernel kill one of its children, a while before its own end.

    Args:
        flight: what the process left behind.
        ended: how it ended.
    """
    killed_at = flight.memory("oom_killed_at") if flight else None
    return bool(killed_at and ended.finished_at and ended.finished_at > killed_at + SLACK_S)


def near_limit(flight: Flight | None) -> list[str]:
    """
    Say that the memory stood at its limit when that was last told.

    Args:
        flight: what the process left behind.
    """
    used, limit = (flight.memory("used_mib"), flight.memory("limit_mib")) if flight else (None, None)
    if used is None or not limit or used < NEAR * limit:
        return []
    return [f"at the last it used {used:g} of {limit:g} MiB"]


def oom_kills(flight: Flight | None, ended: Ended) -> list[str]:
    """
    Say that the kernel had killed a process of the container for memory, shortly before its end.

    Args:
        flight: what the process left behind.
        ended: how it ended.
    """
    kills = flight.memory("oom_kills") if flight else None
    if not kills:
        return []
    killed_at = flight.memory("oom_killed_at") if flight else None
    if killed_at and ended.finished_at and ended.finished_at > killed_at + CHILD_EXPLAINS_S:
        return []
    return [f"it saw the kernel kill {kills:g} of its processes for memory while it lived"]


def signal_of(exit_code: int) -> int | None:
    """
    Give the signal behind an exit code; none where there is none.

    Args:
        exit_code: of the main process.
    """
    number = exit_code - FIRST_SIGNAL_CODE
    return number if 0 < number <= LAST_SIGNAL else None


def _same(probe: str, other: Happening) -> bool:
    return other.message.lower().startswith(f"{probe} probe")
