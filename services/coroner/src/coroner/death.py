"""
What there is to know of one death from the pod's status, as plain values. Pure.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]  # Any: an object of the Kubernetes API, of which each part may be missing


class Kind(StrEnum):
    """How a death is known."""

    ENDED = "ended"
    """The status says how the container ended."""
    NOT_STARTED = "not-started"
    """The container cannot be started; there was no process."""
    REMOVED = "removed"
    """The pod went before anybody told how its container ended."""
    UNSEEN = "unseen"
    """Only the count of restarts says that there was one."""


@dataclass(frozen=True)
class Ended:
    """
    ``terminated`` of a container's status.

    Args:
        exit_code: of the main process; 128 and more is 128 plus a signal.
        reason: as the runtime or the kubelet has it; a hint, never a proof.
        message: what the container left behind: a flight record, or the end of its log.
        started_at: unix seconds; none where it is not known.
        finished_at: unix seconds; none where it is not known.
        container_id: of this instance.
    """

    exit_code: int
    reason: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    container_id: str = ""


@dataclass(frozen=True)
class Pod:
    """
    What all containers of a pod share.

    Args:
        uid: never used twice.
        name: of the pod.
        namespace: of the pod.
        workload: the component of the release that it belongs to.
        node: where it ran; empty where it was not placed.
        version: of the chart that made it; empty where it is not labelled.
        restarts_always: whether its containers are started again whatever their exit code.
        grace_s: seconds between SIGTERM and SIGKILL.
        phase: ``Running``, ``Failed``, …
        reason: why the pod as a whole failed, such as ``Evicted``; mostly empty.
        message: to that reason.
        delete_by: when its grace period ends, once somebody has deleted it (unix seconds).
        delete_grace_s: the seconds that its deletion grants.
        disruption: reason of the condition ``DisruptionTarget``, where it holds.
        disruption_message: to that reason.
        disrupted_at: since when (unix seconds).
    """

    uid: str
    name: str
    namespace: str
    workload: str
    node: str = ""
    version: str = ""
    restarts_always: bool = True
    grace_s: float = 30
    phase: str = ""
    reason: str = ""
    message: str = ""
    delete_by: float | None = None
    delete_grace_s: float | None = None
    disruption: str = ""
    disruption_message: str = ""
    disrupted_at: float | None = None


@dataclass(frozen=True)
class Death:
    """
    One death.

    Args:
        pod: whose container it was.
        container: its name.
        instance: which start of the container this was, counted from 0.
        kind: how it is known.
        ended: how it ended, where that is told.
        restarts: the count of restarts when it was seen.
        init: whether it is an init container.
        image: that it ran.
        image_id: the digest behind it.
        probe_grace_s: seconds between SIGTERM and SIGKILL where a probe failed.
        limit_mib: of its memory; none where there is no limit.
        waits_for: why it is not running now, such as ``CrashLoopBackOff`` or ``ErrImagePull``.
        waits_message: to that reason.
        not_before: earliest moment of an unseen death (unix seconds).
        not_after: latest moment of it.
    """

    pod: Pod
    container: str
    instance: int
    kind: Kind
    ended: Ended | None = None
    restarts: int = 0
    init: bool = False
    image: str = ""
    image_id: str = ""
    probe_grace_s: float = 30
    limit_mib: float | None = None
    waits_for: str = ""
    waits_message: str = ""
    not_before: float | None = None
    not_after: float | None = None

    @property
    def event_id(self) -> str:
        """
        The id of its event: the same however often and by whomever it is seen, so that a repeat is harmless.
        """
        what = "start" if self.kind is Kind.NOT_STARTED else "death"
        seed = f"{self.pod.uid}/{self.container}/{what}/{self.instance}"
        return hashlib.sha256(seed.encode()).hexdigest()[:32]

    @property
    def at(self) -> float | None:
        """When it was, as well as that is known (unix seconds)."""
        return (self.ended and self.ended.finished_at) or self.not_after
