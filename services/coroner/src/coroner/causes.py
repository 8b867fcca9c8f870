"""
Of what a container died, and what shows it. Pure.

Neither exit code nor reason is a proof by itself. 137 is any SIGKILL. ``OOMKilled`` is set by the runtime when the
kernel has killed any process of the container, at any time: a child may be dead for an hour when the main process
leaves by itself, and its end carries that label. So each verdict names what it rests on, and whether that is enough.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from crashkit.flight.reading import Flight

from coroner.death import Death, Ended, Kind
from coroner.evidence import (
    SIGNALS,
    Happening,
    child_killed_before,
    earlier_kills_by_probe,
    kills_by_probe,
    near_limit,
    oom_kills,
    signal_of,
)
from coroner.pods import CONFIG_REASONS, IMAGE_REASONS, LOST, asked_at

OOM_KILLED = "OOMKilled"
START_FAILED = frozenset({"StartError", "ContainerCannotRun"})
# What the runtime says of a command that cannot be run; anything else that it says is about the node.
BAD_COMMAND = re.compile(r"no such file|not found|permission denied|is a directory|exec format|invalid", re.IGNORECASE)
SIGKILLED, SIGTERMED, ABORTED, SEGFAULT = 137, 143, 134, 139
# Times of the API are whole seconds, and a kubelet is a moment late.
SLACK_S = 2.0
HEAP_FULL = 0.8
V8_SAYS = "JavaScript heap out of memory"


class Cause(StrEnum):
    """Of what a container died."""

    OOM_KILL = "oom-kill"
    OOM_KILL_CHILD = "oom-kill-child"
    HEAP_ABORT = "heap-abort"
    ABORT = "abort"
    SEGFAULT = "segfault"
    LIVENESS_KILL = "liveness-kill"
    STARTUP_KILL = "startup-kill"
    SIGTERM = "sigterm"
    SIGTERM_BEYOND_GRACE = "sigterm-beyond-grace"
    SIGKILL = "sigkill"
    SIGNAL = "signal"
    EXIT = "exit"
    IMAGE_ERROR = "image-error"
    CONFIG_ERROR = "config-error"
    START_ERROR = "start-error"
    EVICTION = "eviction"
    PREEMPTION = "preemption"
    NODE_SHUTDOWN = "node-shutdown"
    DEADLINE = "deadline"
    REJECTED = "rejected"
    REMOVED = "removed"
    UNSEEN = "unseen"
    UNKNOWN = "unknown"


# Reason of a pod that failed as a whole, or of its disruption.
OF_THE_POD = {
    "Evicted": Cause.EVICTION,
    "EvictionByEvictionAPI": Cause.EVICTION,
    "DeletionByTaintManager": Cause.EVICTION,
    "TerminationByKubelet": Cause.EVICTION,
    "PreemptionByScheduler": Cause.PREEMPTION,
    "Preempting": Cause.PREEMPTION,
    "NodeShutdown": Cause.NODE_SHUTDOWN,
    "Terminated": Cause.NODE_SHUTDOWN,
    "Shutdown": Cause.NODE_SHUTDOWN,
    "DeadlineExceeded": Cause.DEADLINE,
}
# Who may still tell more: an event of the kubelet's that has not come yet.
MAY_BE_TOLD_LATER = frozenset({Cause.EXIT, Cause.OOM_KILL_CHILD})


@dataclass(frozen=True)
class Verdict:
    """
    What a container died of.

    Args:
        cause: in one word.
        evidence: what shows it, one sentence each.
        sure: whether that is enough; else it is the likeliest.
    """

    cause: Cause
    evidence: tuple[str, ...]
    sure: bool = True

    @property
    def may_change(self) -> bool:
        """Whether an event of Kubernetes that is late could name a cause that nothing else shows."""
        return not self.sure or self.cause in MAY_BE_TOLD_LATER


def classify(death: Death, happenings: Sequence[Happening], flight: Flight | None, language: str = "") -> Verdict:
    """
    Say of what a container died.

    Args:
        death: as the pod's status has it.
        happenings: the pod's events in Kubernetes.
        flight: what the process left behind, if it did.
        language: of the workload, as the catalogue names it; empty where it does not.
    """
    if death.kind in {Kind.UNSEEN, Kind.REMOVED}:
        return _untold(death)
    return _of_the_pod(death) or _of_the_start(death) or _of_the_process(death, happenings, flight, language)


def _untold(death: Death) -> Verdict:
    if death.kind is Kind.REMOVED:
        return Verdict(Cause.REMOVED, ("the pod went while the container ran; nothing tells how it ended",), sure=False)
    started = f"the container was started again {death.restarts} times"
    return Verdict(Cause.UNSEEN, (started, f"nothing tells how start {death.instance} ended"))


def _of_the_pod(death: Death) -> Verdict | None:
    pod, ended = death.pod, death.ended
    finished = ended.finished_at if ended else None
    if pod.disrupted_at and finished and finished < pod.disrupted_at - SLACK_S:
        return None  # what died before that had a cause of its own
    for reason, message, where in (
        (pod.reason, pod.message, "the pod's reason"),
        (pod.disruption, pod.disruption_message, "the condition DisruptionTarget"),
    ):
        if cause := OF_THE_POD.get(reason):
            return Verdict(cause, (f"{where} is {reason}: {message}",))
    if death.kind is Kind.NOT_STARTED and not death.waits_for:
        return Verdict(Cause.REJECTED, (f"the kubelet turned the pod away: {pod.reason}: {pod.message}",))
    return None


def _of_the_start(death: Death) -> Verdict | None:
    ended = death.ended
    if ended is None:
        said = (f"the container waits for {death.waits_for}: {death.waits_message}",)
        known = {**dict.fromkeys(IMAGE_REASONS, Cause.IMAGE_ERROR), **dict.fromkeys(CONFIG_REASONS, Cause.CONFIG_ERROR)}
        return Verdict(known.get(death.waits_for, Cause.UNKNOWN), said)
    if ended.reason in START_FAILED:
        cause = Cause.CONFIG_ERROR if BAD_COMMAND.search(ended.message) else Cause.START_ERROR
        return Verdict(cause, (f"the runtime could not start it: {ended.reason}, {ended.message}",))
    return None


def _of_the_process(death: Death, happenings: Sequence[Happening], flight: Flight | None, language: str) -> Verdict:
    ended = death.ended or Ended(0)
    if ended.reason == LOST:
        return Verdict(Cause.UNKNOWN, (f"Kubernetes lost track of it: {ended.message}",), sure=False)
    return (
        _by_probe(death, ended, happenings)
        or _by_deletion(death, ended)
        or _by_memory(ended, flight)
        or _by_probe_as_before(death, ended, happenings)
        or _by_signal(ended, flight, language)
        or _by_itself(ended, flight, pod_is_going=asked_at(death.pod) is not None)
    )


def _by_probe(death: Death, ended: Ended, happenings: Sequence[Happening]) -> Verdict | None:
    """The kubelet asks a container to end whose probe failed, and kills it when the grace period is over."""
    kill = kills_by_probe(death, happenings)
    if kill is None:
        return None
    at, probe, said = kill
    finished = ended.finished_at
    by_kernel = ended.exit_code == SIGKILLED and ended.reason == OOM_KILLED
    if by_kernel and finished and at and finished < at + death.probe_grace_s - SLACK_S:
        return None  # the kubelet's own SIGKILL comes when the grace period is over
    evidence = [*said, f"exit code {ended.exit_code}"]
    if ended.reason == OOM_KILLED:
        evidence.append("the label OOMKilled is of a child that the kernel killed earlier")
    return Verdict(Cause.STARTUP_KILL if probe == "startup" else Cause.LIVENESS_KILL, tuple(evidence))


def _by_probe_as_before(death: Death, ended: Ended, happenings: Sequence[Happening]) -> Verdict | None:
    """The kubelet limits its events: after some in a row it kills without a word."""
    earlier = earlier_kills_by_probe(death, happenings)
    if earlier is None or ended.exit_code not in {0, SIGTERMED, SIGKILLED}:
        return None
    probe, said = earlier
    silent = "of this start Kubernetes has no event, as it limits those of a pod"
    cause = Cause.STARTUP_KILL if probe == "startup" else Cause.LIVENESS_KILL
    return Verdict(cause, (said, silent, f"exit code {ended.exit_code}"), sure=False)


def _by_deletion(death: Death, ended: Ended) -> Verdict | None:
    """Somebody deleted the pod: rollout, scale-down, kubectl."""
    asked, by, finished = asked_at(death.pod), death.pod.delete_by, ended.finished_at
    if asked is None or by is None or (finished is not None and finished < asked - SLACK_S):
        return None
    waited = f"the pod was deleted with {death.pod.delete_grace_s:g} s of grace"
    if ended.exit_code == SIGKILLED:
        if finished is not None and finished < by - SLACK_S:
            return None
        return Verdict(Cause.SIGTERM_BEYOND_GRACE, (waited, "it ran until SIGKILL, when that was over: exit code 137"))
    if ended.exit_code in {0, SIGTERMED}:
        return Verdict(Cause.SIGTERM, (waited, f"it ended within that: exit code {ended.exit_code}"))
    return None


def _by_memory(ended: Ended, flight: Flight | None) -> Verdict | None:
    labelled, code = ended.reason == OOM_KILLED, ended.exit_code
    full = near_limit(flight)
    if labelled and code == SIGKILLED:
        if not full and child_killed_before(flight, ended):
            return None  # the label may be the child's, and this SIGKILL anybody's
        said = (
            "the runtime saw the kernel kill for memory: OOMKilled",
            "the main process died by SIGKILL: exit code 137",
        )
        return Verdict(Cause.OOM_KILL, (*said, *full))
    kills = oom_kills(flight, ended)
    if labelled or kills:
        label = ["the runtime saw the kernel kill for memory, but not the main process: OOMKilled"] * labelled
        end = f"the main process ended by itself: exit code {code}"
        return Verdict(Cause.OOM_KILL_CHILD, (*label, end, *kills), sure=labelled)
    if code == SIGKILLED and full:
        said = ("the main process died by SIGKILL: exit code 137", "nobody else is known to have killed it")
        return Verdict(Cause.OOM_KILL, (*said, *full), sure=False)
    return None


def _by_signal(ended: Ended, flight: Flight | None, language: str) -> Verdict | None:
    number = signal_of(ended.exit_code)
    if number is None:
        return None
    said = f"the main process died by {SIGNALS.get(number, f'signal {number}')}: exit code {ended.exit_code}"
    if heap := _heap_is_full(said, ended, flight):
        return heap
    if ended.exit_code == SEGFAULT:
        return Verdict(Cause.SEGFAULT, (said,))
    if ended.exit_code == ABORTED:
        return _abort(said, flight, language)
    if ended.exit_code not in {SIGKILLED, SIGTERMED}:
        return Verdict(Cause.SIGNAL, (said,))
    cause = Cause.SIGKILL if ended.exit_code == SIGKILLED else Cause.SIGNAL
    nobody = "no probe is known to have failed, and the pod's grace period was not over"
    label = "the label OOMKilled may be of a child that the kernel killed earlier"
    return Verdict(cause, (said, *[label] * (ended.reason == OOM_KILLED), nobody), sure=False)


def _heap_is_full(said: str, ended: Ended, flight: Flight | None) -> Verdict | None:
    """Node aborts when V8's heap is full; as process 1, which no SIGABRT ends, it then ends by SIGSEGV."""
    if ended.exit_code not in {ABORTED, SEGFAULT}:
        return None
    if V8_SAYS in ended.message:
        return Verdict(Cause.HEAP_ABORT, (said, f"its last words: {V8_SAYS}"))
    used, limit = (flight.memory("heap_used_mib"), flight.memory("heap_limit_mib")) if flight else (None, None)
    if used is not None and limit and used >= HEAP_FULL * limit:
        share = f"V8's heap held {used:g} of {limit:g} MiB"
        return Verdict(Cause.HEAP_ABORT, (said, share), sure=ended.exit_code == ABORTED)
    return None


def _abort(said: str, flight: Flight | None, language: str) -> Verdict:
    if language == "node" and (flight is None or flight.memory("heap_used_mib") is None):
        guess = "it is a Node process, and nothing tells how full its heap was"
        return Verdict(Cause.HEAP_ABORT, (said, guess), sure=False)
    return Verdict(Cause.ABORT, (said,))


def _by_itself(ended: Ended, flight: Flight | None, *, pod_is_going: bool) -> Verdict:
    said = [f"the main process ended by itself: exit code {ended.exit_code}"]
    if flight and flight.ended:
        said.append(f"its flight record says how: {flight.ended}")
    if pod_is_going:
        said.append("the pod was being deleted")
    return Verdict(Cause.EXIT, tuple(said))
