"""
Waits until a container that had to end has ended and is back, while the drill goes on with something else.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Protocol

from crashkit.catalogue import ExpectedPod

from crashctl.drill.pods import Snapshot, end_mismatches, of, unintended
from crashctl.waiting import TooLateError, wait_for

STEP_S = 0.5
# The longest time that a kubelet, by its own default, puts off a restart.
BACK_OFF_S = 300.0


class Pods(Protocol):
    """Where the state of the pods comes from."""

    def snapshot(self) -> Snapshot:
        """Give every container of the release."""


def meanwhile(work: Callable[[], list[str]]) -> Future[list[str]]:
    """
    Do something while the drill goes on. An interrupted drill does not wait for it.

    Args:
        work: gives what is not as promised.
    """
    future: Future[list[str]] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)

    Thread(target=do, daemon=True).start()
    return future


def await_end(
    pods: Pods, service: str, pod: ExpectedPod, before: Snapshot, *, back_off_s: float = BACK_OFF_S
) -> list[str]:
    """
    Wait for the end and the return that the contract asks for.

    A kubelet puts off the restart of a container that ended several times lately. That is no fault of this firing, so
    the time of the contract begins when it is over.

    Args:
        pods: to look at.
        service: whose container must end.
        pod: the contract.
        before: all containers of the release before the firing.
        back_off_s: how long a restart may be put off (seconds).

    Returns:
        What is not as promised, one sentence each.
    """

    def amiss() -> list[str]:
        return end_mismatches(service, pod.ends, before, pods.snapshot())

    with suppress(TooLateError):
        wait_for(lambda: not amiss(), pod.recovers_within_s, "the return", STEP_S)
    if amiss() and _puts_off(pods.snapshot(), service):
        with suppress(TooLateError):
            wait_for(lambda: not _puts_off(pods.snapshot(), service), back_off_s, "the restart", STEP_S)
            wait_for(lambda: not amiss(), pod.recovers_within_s, "the return", STEP_S)
    after = pods.snapshot()
    said = end_mismatches(service, pod.ends, before, after)
    # Other services may be made to end meanwhile; the drill counts all restarts once more when it is over.
    return said + unintended(of(service, before), of(service, after), {service: 1})


def _puts_off(containers: Snapshot, service: str) -> bool:
    return any(container.put_off for container in of(service, containers).values())
