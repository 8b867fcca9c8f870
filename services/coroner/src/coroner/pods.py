"""
Finds the deaths in a pod as the Kubernetes API gives it. Pure.

Which start of a container a status speaks of follows from the ids: where ``lastState`` names the same container as the
status itself, it is the newest start that died (the kubelet waits before it starts it again), else the one before. The
count of restarts says how many there were in all.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from coroner.death import Death, Ended, Json, Kind, Pod

COMPONENT = "app.kubernetes.io/component"
NAME = "app.kubernetes.io/name"
VERSION = "app.kubernetes.io/version"
IMAGE_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
CONFIG_REASONS = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
    }
)
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "m": 1e-3}
MIB = 2**20
# What the kubelet writes in place of the status of a container that it cannot find, whether or not there ever was one.
LOST = "ContainerStatusUnknown"
NOBODY: Mapping[str, int] = {}


def deaths_of(found: Json, ran: Mapping[str, int] = NOBODY) -> list[Death]:
    """
    Give every death that the pod's status tells of, or lets one count; completed work is none.

    Args:
        found: the pod.
        ran: which start of each container is known to have run, by its name.
    """
    pod = pod_of(found)
    statuses = [(status, init, ran.get(status["name"], -1)) for status, init in _statuses(found)]
    deaths = [death for status, init, newest in statuses for death in _deaths(pod, found, status, newest, init=init)]
    started = any(_has_started(status, newest) for status, _, newest in statuses)
    if not deaths and pod.phase == "Failed" and (pod.reason or pod.disruption) and not started:
        # The kubelet turned the whole pod away, or put it out before it had started anything.
        spec = found["spec"]["containers"][0]
        deaths.append(
            Death(pod, spec["name"], 0, Kind.NOT_STARTED, image=spec.get("image", ""), limit_mib=_limit_mib(spec))
        )
    return deaths


def living(found: Json) -> dict[str, int]:
    """
    Name the containers of a pod that run now, each with which start it is.

    Args:
        found: the pod.
    """
    return {
        status["name"]: int(status.get("restartCount", 0))
        for status, _ in _statuses(found)
        if "running" in (status.get("state") or {})
    }


def starts_of(found: Json) -> dict[str, int]:
    """
    Name the containers of a pod that have run, each with the newest start that did.

    Args:
        found: the pod.
    """
    starts = {}
    for status, _ in _statuses(found):
        state, restarts = status.get("state") or {}, int(status.get("restartCount", 0))
        if "running" in state or (state.get("terminated") or {}).get("containerID"):
            starts[status["name"]] = restarts
        elif status.get("lastState"):
            starts[status["name"]] = max(restarts - 1, 0)
    return starts


def removed(found: Json) -> list[Death]:
    """
    Give a death for each container that ran when its pod was last seen, for a pod that is gone.

    Args:
        found: the pod as it was last seen.
    """
    pod = pod_of(found)
    return [
        _death(pod, found, status, Kind.REMOVED, int(status.get("restartCount", 0)), init=init)
        for status, init in _statuses(found)
        if "running" in (status.get("state") or {})
    ]


def pod_of(found: Json) -> Pod:
    """
    Read what all its containers share.

    Args:
        found: the pod.
    """
    metadata, spec, status = found["metadata"], found["spec"], found.get("status") or {}
    labels = metadata.get("labels") or {}
    disruption: Json = next((c for c in status.get("conditions") or () if c.get("type") == "DisruptionTarget"), {})
    holds = disruption.get("status") == "True"
    return Pod(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=metadata.get("namespace", ""),
        workload=labels.get(COMPONENT) or labels.get(NAME) or metadata["name"],
        node=spec.get("nodeName") or "",
        version=labels.get(VERSION) or "",
        restarts_always=spec.get("restartPolicy", "Always") == "Always",
        grace_s=float(spec.get("terminationGracePeriodSeconds") or 0),
        phase=status.get("phase") or "",
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        delete_by=seconds(metadata.get("deletionTimestamp")),
        delete_grace_s=metadata.get("deletionGracePeriodSeconds"),
        disruption=disruption.get("reason", "") if holds else "",
        disruption_message=disruption.get("message", "") if holds else "",
        disrupted_at=seconds(disruption.get("lastTransitionTime")) if holds else None,
    )


def asked_at(pod: Pod) -> float | None:
    """
    Say when somebody asked for the pod to be deleted (unix seconds); none where nobody did.

    Args:
        pod: in question.
    """
    return None if pod.delete_by is None else pod.delete_by - (pod.delete_grace_s or 0)


def seconds(time: str | None) -> float | None:
    """
    Read a time of the API.

    Args:
        time: RFC 3339; none or empty where there is none.
    """
    return datetime.fromisoformat(time).timestamp() if time else None


def _statuses(found: Json) -> Iterator[tuple[Json, bool]]:
    status = found.get("status") or {}
    for one in status.get("initContainerStatuses") or ():
        # An init container that is always started again is a sidecar: it is to stay, as the others are.
        yield one, _spec_of(found, one["name"]).get("restartPolicy") != "Always"
    for one in status.get("containerStatuses") or ():
        yield one, False


def _deaths(pod: Pod, found: Json, status: Json, ran: int, *, init: bool) -> Iterator[Death]:
    restarts = int(status.get("restartCount", 0))
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    now, waits = None if _never_was(status, ran) else state.get("terminated"), state.get("waiting") or {}
    seen: dict[int, Json] = {}
    if last:
        same = bool(last.get("containerID")) and last.get("containerID") == status.get("containerID")
        # While it is terminated the newest start is told by `state`, and the one before by `lastState`.
        seen[restarts if same and not now else max(restarts - 1, 0)] = last
    if now:
        seen[restarts] = now
    newest = max(seen, default=restarts - 1)
    for instance in range(newest + 1):
        if instance in seen:
            ended = _ended(seen[instance])
            if not _is_done(ended, pod, init=init):
                yield _death(pod, found, status, Kind.ENDED, instance, init=init, ended=ended)
        elif not init:
            yield _unseen(pod, found, status, instance, seen)
    reason = waits.get("reason", "")
    told_as_death = (last or {}).get("reason") in {"StartError", "ContainerCannotRun"}
    if reason in IMAGE_REASONS | CONFIG_REASONS and not told_as_death:
        yield _death(pod, found, status, Kind.NOT_STARTED, newest + 1, init=init)


def _never_was(status: Json, ran: int) -> bool:
    """Whether the end that a status tells stands in place of a start that there never was."""
    now = (status.get("state") or {}).get("terminated") or {}
    return now.get("reason") == LOST and ran < int(status.get("restartCount", 0))


def _has_started(status: Json, ran: int) -> bool:
    state = set() if _never_was(status, ran) else set(status.get("state") or {})
    return bool({"running", "terminated"} & state or status.get("lastState"))


def _is_done(ended: Ended, pod: Pod, *, init: bool) -> bool:
    """Whether it ended as it is meant to: its work is done and nobody expects it to go on."""
    asked = asked_at(pod)
    before = asked is None or ended.finished_at is None or ended.finished_at < asked
    return ended.exit_code == 0 and (init or not pod.restarts_always) and before


def _unseen(pod: Pod, found: Json, status: Json, instance: int, seen: dict[int, Json]) -> Death:
    later = min((number for number in seen if number > instance), default=None)
    running = (status.get("state") or {}).get("running") or {}
    known = seen[later].get("startedAt") if later is not None else running.get("startedAt")
    return _death(
        pod,
        found,
        status,
        Kind.UNSEEN,
        instance,
        not_before=seconds(found.get("status", {}).get("startTime")),
        not_after=seconds(known),
    )


def _death(  # the parts of a status that every death has
    pod: Pod,
    found: Json,
    status: Json,
    kind: Kind,
    instance: int,
    *,
    init: bool = False,
    ended: Ended | None = None,
    not_before: float | None = None,
    not_after: float | None = None,
) -> Death:
    waits = (status.get("state") or {}).get("waiting") or {}
    return Death(
        pod=pod,
        container=status["name"],
        instance=instance,
        kind=kind,
        ended=ended,
        restarts=int(status.get("restartCount", 0)),
        init=init,
        image=status.get("image") or "",
        image_id=status.get("imageID") or "",
        probe_grace_s=_probe_grace_s(_spec_of(found, status["name"]), pod),
        limit_mib=_limit_mib(_spec_of(found, status["name"])),
        waits_for=waits.get("reason") or "",
        waits_message=waits.get("message") or "",
        not_before=not_before,
        not_after=not_after,
    )


def _ended(found: Json) -> Ended:
    return Ended(
        exit_code=int(found.get("exitCode", 0)),
        reason=found.get("reason") or "",
        message=found.get("message") or "",
        started_at=_known(found.get("startedAt")),
        finished_at=_known(found.get("finishedAt")),
        container_id=found.get("containerID") or "",
    )


def _known(time: str | None) -> float | None:
    # The kubelet writes the beginning of 1970 where it does not know.
    found = seconds(time)
    return found or None


def _spec_of(found: Json, name: str) -> Json:
    every = [*(found["spec"].get("initContainers") or ()), *(found["spec"].get("containers") or ())]
    return next((spec for spec in every if spec["name"] == name), {})


def _probe_grace_s(spec: Json, pod: Pod) -> float:
    own = [(spec.get(probe) or {}).get("terminationGracePeriodSeconds") for probe in ("livenessProbe", "startupProbe")]
    return min((float(grace) for grace in own if grace is not None), default=pod.grace_s)


def _limit_mib(spec: Json) -> float | None:
    quantity = ((spec.get("resources") or {}).get("limits") or {}).get("memory")
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)) if quantity else None
    if not found or found[2] not in UNITS:
        return None
    return round(float(found[1]) * UNITS[found[2]] / MIB, 1)
