"""
What Kubernetes shows of the release's pods before and after a firing. Pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from crashkit.catalogue import PodEnd

SIGKILLED = 137
ABORTED = 134
OOM_KILLED = "OOMKilled"


@dataclass(frozen=True)
class Container:
    """
    One container.

    Args:
        pod: name of its pod.
        name: its own.
        component: label of its pod, which is the name of the service.
        restarts: how often it was started again.
        ready: whether it is.
        ended_by: reason of its last end; none when it never ended.
        exit_code: of its last end.
        put_off: whether the kubelet waits before it starts it again (CrashLoopBackOff).
        told: what a drill has planted and its termination message holds, which is the flight record.
    """

    pod: str
    name: str
    component: str
    restarts: int
    ready: bool
    ended_by: str | None = None
    exit_code: int | None = None
    put_off: bool = False
    told: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Tells it from all others."""
        return f"{self.pod}/{self.name}"


Snapshot = Mapping[str, Container]


def of(service: str, containers: Snapshot) -> Snapshot:
    """Leave out the containers of all other services."""
    return {key: container for key, container in containers.items() if container.component == service}


def without(services: Collection[str], containers: Snapshot) -> Snapshot:
    """Leave out the containers of some services."""
    return {key: container for key, container in containers.items() if container.component not in services}


def unintended(before: Snapshot, after: Snapshot, intended: Mapping[str, int]) -> list[str]:
    """
    Find the restarts that no case asked for.

    Args:
        before: all containers of the release then.
        after: and now.
        intended: restarts that the contract asks for, by service.

    Returns:
        One sentence each.
    """
    said = [f"pod {before[key].pod} is gone" for key in before if key not in after]
    spent: dict[str, int] = {}
    for key, container in after.items():
        more = container.restarts - (before[key].restarts if key in before else 0)
        allowed = intended.get(container.component, 0) - spent.get(container.component, 0)
        spent[container.component] = spent.get(container.component, 0) + min(more, max(allowed, 0))
        if more > max(allowed, 0):
            end = f" (last: {container.ended_by}, exit code {container.exit_code})" if container.ended_by else ""
            said.append(f"{key} restarted {more - max(allowed, 0)} times unintended{end}")
    return said


def end_mismatches(service: str, ends: PodEnd, before: Snapshot, after: Snapshot) -> list[str]:
    """
    Say in what the end of a container, and its return, are not as promised.

    Args:
        service: whose container must end once.
        ends: how.
        before: all containers of the release then.
        after: and now.

    Returns:
        One sentence each; empty when it ended so, once, and all of the service is ready again.
    """
    ours = of(service, after)
    more = {key: container.restarts - before[key].restarts for key, container in ours.items() if key in before}
    restarted = [ours[key] for key, count in more.items() if count]
    total = sum(more.values())
    if not restarted:
        return [f"no container of {service} restarted, expected one"]
    said = [] if total == 1 else [f"containers of {service} restarted {total} times, expected once"]
    for container in restarted:
        said += _wrong_end(container, ends)
        if container.told:
            said.append(f"the flight record of {container.key} holds the planted {', '.join(container.told)}")
    said += [f"{key} is not ready again" for key, container in ours.items() if not container.ready]
    return said


def _wrong_end(container: Container, ends: PodEnd) -> list[str]:
    code, reason = container.exit_code, container.ended_by
    found = f"{container.key} ended by {reason}, exit code {code}"
    right, wanted = {
        PodEnd.OOM: (reason == OOM_KILLED and code == SIGKILLED, f"{OOM_KILLED}, exit code {SIGKILLED}"),
        PodEnd.LIVENESS: (reason != OOM_KILLED and code == SIGKILLED, f"the kubelet, exit code {SIGKILLED}"),
        PodEnd.HEAP_ABORT: (reason != OOM_KILLED and code == ABORTED, f"an abort, exit code {ABORTED}"),
        PodEnd.EXIT: (reason != OOM_KILLED and code not in {None, 0}, "an exit with a code other than 0"),
        PodEnd.NONE: (False, "nothing"),
    }[ends]
    return [] if right else [f"{found}; expected {wanted}"]
