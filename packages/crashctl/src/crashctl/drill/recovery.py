"""
Waits until a container that had to end has ended and is back.
"""

from contextlib import suppress
from typing import Protocol

from crashkit.catalogue import ExpectedPod

from crashctl.drill.pods import Snapshot, end_mismatches, unintended
from crashctl.waiting import TooLateError, wait_for

STEP_S = 0.5
# The longest time that a kubelet, by its own default, puts off a restart.
BACK_OFF_S = 300.0


class Pods(Protocol):
    """Where the state of the pods comes from."""

    def snapshot(self) -> Snapshot:
        """Give every container of the release."""


class Listener(Protocol):
    """Who shows what the drill is doing."""

    def doing(self, what: str) -> None:
        """Show what takes time now."""


def await_end(
    pods: Pods, listener: Listener, service: str, pod: ExpectedPod, before: Snapshot, *, back_off_s: float = BACK_OFF_S
) -> list[str]:
    """
    Wait for the end and the return that the contract asks for.

    A kubelet puts off the restart of a container that ended several times lately. That is no fault of this firing, so
    the time of the contract begins when it is over.

    Args:
        pods: to look at.
        listener: shows what takes time.
        service: whose container must end.
        pod: the contract.
        before: all containers of the release before the firing.
        back_off_s: how long a restart may be put off (seconds).

    Returns:
        What is not as promised, one sentence each.
    """
    listener.doing("waiting until the service is ready again")

    def amiss() -> list[str]:
        return end_mismatches(service, pod.ends, before, pods.snapshot())

    with suppress(TooLateError):
        wait_for(lambda: not amiss(), pod.recovers_within_s, "the return", STEP_S)
    if amiss() and _puts_off(pods.snapshot(), service):
        listener.doing("waiting for the kubelet, which puts off the restart (CrashLoopBackOff)")
        with suppress(TooLateError):
            wait_for(lambda: not _puts_off(pods.snapshot(), service), back_off_s, "the restart", STEP_S)
            wait_for(lambda: not amiss(), pod.recovers_within_s, "the return", STEP_S)
    after = pods.snapshot()
    return end_mismatches(service, pod.ends, before, after) + unintended(before, after, {service: 1})


def _puts_off(containers: Snapshot, service: str) -> bool:
    return any(container.put_off for container in containers.values() if container.component == service)
