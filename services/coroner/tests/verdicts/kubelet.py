"""
Pods as the kubelet reports them, in the shape of the API's JSON; a test says what differs.
"""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
# Thursday noon; all times of these tests are seconds from here.
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
FLIGHT = (
    '{"format":"crash-demo-flight","version":1,"service":"payment","release":"crash-demo@0.1.0",'
    '"instance":"0123456789abcdef","updated_at":1795694455.0,"open":[%s],"opened":3,"memory":%s,"breadcrumbs":[],'
    '"last":null,"ended":null}\n'
)


def at(second: float) -> str:
    return datetime.fromtimestamp(NOON + second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def terminated(
    code: int, reason: str = "Error", *, start: float = 0, end: float = 60, message: str = "", of: int = 0
) -> Json:
    """``terminated`` of the start number ``of``."""
    return {
        "exitCode": code, "reason": reason, "startedAt": at(start), "finishedAt": at(end), "message": message,
        "containerID": f"containerd://{of}",
    }  # fmt: skip


def running(start: float = 61) -> Json:
    return {"running": {"startedAt": at(start)}}


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def pod(
    state: Json | None = None,
    last: Json | None = None,
    restarts: int = 0,
    newest: int | None = None,
    *,
    metadata: Json | None = None,
    spec: Json | None = None,
    status: Json | None = None,
    container: Json | None = None,
) -> Json:
    """
    Make a pod with one container.

    Args:
        state: of the container; running if not given.
        last: ``terminated`` of its ``lastState``.
        restarts: the count.
        newest: which start the status speaks of, where it is not that of the count.
        metadata: what differs there.
        spec: what differs there.
        status: what differs there.
        container: what differs in the container's spec.
    """
    of = restarts if newest is None else newest
    one = {
        "name": "payment", "state": state or running(), "lastState": {"terminated": last} if last else {},
        "restartCount": restarts, "containerID": f"containerd://{of}", "ready": True,
        "image": "crash-demo/payment:1", "imageID": "sha256:abc",
    }  # fmt: skip
    return {
        "metadata": {
            "name": "casino-payment-5c9d-abcde", "namespace": "casino", "uid": "uid-1",
            "labels": {"app.kubernetes.io/component": "payment", "app.kubernetes.io/version": "0.1.0"},
            "resourceVersion": "7", **(metadata or {}),
        },
        "spec": {
            "nodeName": "node-1", "restartPolicy": "Always", "terminationGracePeriodSeconds": 20,
            "containers": [
                {"name": "payment", "image": "crash-demo/payment:1", "resources": {"limits": {"memory": "256Mi"}},
                 **(container or {})}
            ],
            **(spec or {}),
        },
        "status": {"phase": "Running", "startTime": at(-10), "containerStatuses": [one], **(status or {})},
    }  # fmt: skip


def deleted(asked: float, grace_s: float = 20) -> Json:
    """Metadata of a pod that somebody asked to delete."""
    return {"deletionTimestamp": at(asked + grace_s), "deletionGracePeriodSeconds": grace_s}


def disrupted(reason: str, since: float) -> Json:
    """Conditions of a pod that has to go."""
    said = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "because"}
    return {"conditions": [{"type": "Ready", "status": "False"}, {**said, "lastTransitionTime": at(since)}]}


def flight(opened: str = "", **memory: float) -> str:
    """Make the flight record that a container left behind."""
    return FLIGHT % (opened, json.dumps(memory))


def event(reason: str, message: str, first: float, last: float | None = None, count: int = 1) -> Json:
    """An event of Kubernetes about the container."""
    return {
        "reason": reason, "message": message, "count": count, "firstTimestamp": at(first),
        "lastTimestamp": at(first if last is None else last), "type": "Warning",
        "involvedObject": {"kind": "Pod", "uid": "uid-1", "fieldPath": "spec.containers{payment}"},
    }  # fmt: skip
