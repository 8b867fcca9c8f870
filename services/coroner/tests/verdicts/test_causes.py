"""
Deaths that look alike, told apart: each by what shows it, and never by exit code or reason alone.
"""

import pytest
from coroner.causes import Cause, classify
from coroner.evidence import happening
from coroner.pods import deaths_of, removed
from coroner.wording import TITLES
from crashkit.flight.reading import read_flight

from .kubelet import NOON, deleted, disrupted, event, flight, pod, running, terminated, waiting

LIVENESS = event("Killing", "Container payment failed liveness probe, will be restarted", 40)
UNHEALTHY = event("Unhealthy", 'Liveness probe failed: Get "http://10.244.0.7:8083/healthz/live": timeout', 20, 40, 3)
STARTUP = event("Killing", "Container payment failed startup probe, will be restarted", 40)
STOPPING = event("Killing", "Stopping container payment", 40)
FULL = flight(used_mib=250, limit_mib=256, peak_mib=256, oom_kills=0)
EMPTY = flight(used_mib=80, limit_mib=256, peak_mib=90, oom_kills=0)
CHILD = flight(used_mib=80, limit_mib=256, peak_mib=256, oom_kills=1)
HEAP_FULL = flight(heap_used_mib=95, heap_limit_mib=100)
HEAP_EMPTY = flight(heap_used_mib=9, heap_limit_mib=100)
BEFORE = event("Killing", "Container payment failed liveness probe, will be restarted", -90, -30, 6)
KEPT = {"restartPolicy": "Always"}
NEVER = {"restartPolicy": "Never"}


def ended(code, reason="Error", message="", **changes):
    return pod({"terminated": terminated(code, reason, message=message)}, **changes)


def again(code, reason="Error"):
    """A container whose start before this one is no longer told of."""
    return pod({"terminated": terminated(code, reason, of=1)}, terminated(0, of=0), restarts=1, spec=KEPT)


def verdict(found, events=(), language=""):
    *_, death = deaths_of(found)
    record = read_flight(death.ended.message) if death.ended else None
    return classify(death, [happening(one) for one in events], record, language)


ROWS = {
    "OOM kill of the main process": (ended(137, "OOMKilled", FULL), (), Cause.OOM_KILL, True),
    "OOM kill without a flight record": (ended(137, "OOMKilled"), (), Cause.OOM_KILL, True),
    "137 alone is no OOM kill": (ended(137), (), Cause.SIGKILL, False),
    "137 with memory far from its limit is none either": (ended(137, "Error", EMPTY), (), Cause.SIGKILL, False),
    "137 at the limit, without the label: likely": (ended(137, "Error", FULL), (), Cause.OOM_KILL, False),
    "OOM kill of a child, the main process leaves by itself": (
        ended(1, "OOMKilled", CHILD), (), Cause.OOM_KILL_CHILD, True,
    ),
    "OOM kill of a child that only the flight record saw": (ended(1, "Error", CHILD), (), Cause.OOM_KILL_CHILD, False),
    "a child killed long before explains nothing": (
        ended(1, "Error", flight(oom_kills=1, oom_killed_at=1)), (), Cause.EXIT, True,
    ),
    "liveness kill beyond its grace": (ended(137), (UNHEALTHY, LIVENESS), Cause.LIVENESS_KILL, True),
    "liveness kill, and the process obeys": (ended(0, "Completed"), (LIVENESS,), Cause.LIVENESS_KILL, True),
    "liveness kill, ended by SIGTERM": (ended(143), (LIVENESS,), Cause.LIVENESS_KILL, True),
    "liveness kill that carries the label of a child killed earlier": (
        ended(137, "OOMKilled", CHILD), (LIVENESS,), Cause.LIVENESS_KILL, True,
    ),
    "OOM kill while the kubelet waits for a process whose probe failed": (
        ended(137, "OOMKilled", FULL), (event("Killing", "Container payment failed liveness probe", 58),),
        Cause.OOM_KILL, True,
    ),
    "a liveness kill of the start before is not this one's": (
        ended(137), (event("Killing", "Container payment failed liveness probe", -30),), Cause.SIGKILL, False,
    ),
    "a liveness kill of another container is not this one's": (
        ended(137), ({**LIVENESS, "involvedObject": {"fieldPath": "spec.containers{proxy}"}},), Cause.SIGKILL, False,
    ),
    "several liveness kills in one event": (
        ended(137), ({**LIVENESS, "count": 4, "firstTimestamp": "2026-11-26T11:00:00Z",
                      "lastTimestamp": "2026-11-26T12:30:00Z"},), Cause.LIVENESS_KILL, True,
    ),
    "liveness kill of what is never started again": (
        ended(143, spec=NEVER), (event("Unhealthy", "Liveness probe failed: timeout", 40), STOPPING),
        Cause.LIVENESS_KILL, True,
    ),
    "a stop long after a failed probe is another matter": (
        ended(143, spec=NEVER), (event("Unhealthy", "Liveness probe failed: timeout", 20), STOPPING),
        Cause.SIGNAL, False,
    ),
    "startup probe": (ended(137), (STARTUP,), Cause.STARTUP_KILL, True),
    "SIGTERM within the grace period, obeyed": (
        ended(0, "Completed", metadata=deleted(55)), (STOPPING,), Cause.SIGTERM, True,
    ),
    "SIGTERM within the grace period, not caught": (ended(143, metadata=deleted(55)), (STOPPING,), Cause.SIGTERM, True),
    "SIGTERM beyond the grace period": (
        ended(137, metadata=deleted(40)), (STOPPING,), Cause.SIGTERM_BEYOND_GRACE, True,
    ),
    "beyond the grace period, with the label of a child killed earlier": (
        ended(137, "OOMKilled", EMPTY, metadata=deleted(40)), (), Cause.SIGTERM_BEYOND_GRACE, True,
    ),
    "OOM kill while it drains": (ended(137, "OOMKilled", FULL, metadata=deleted(55)), (), Cause.OOM_KILL, True),
    "killed while it drains, by nobody knows whom": (ended(137, metadata=deleted(55)), (), Cause.SIGKILL, False),
    "an error while it drains": (ended(1, metadata=deleted(55)), (), Cause.EXIT, True),
    "a crash before the pod was deleted": (ended(139, metadata=deleted(300)), (), Cause.SEGFAULT, True),
    "an exit with 143 that nobody asked for": (ended(143), (), Cause.SIGNAL, False),
    "segmentation fault": (ended(139), (), Cause.SEGFAULT, True),
    "illegal instruction": (ended(132), (), Cause.SIGNAL, True),
    "abort of a process that is not Node": (ended(134), (), Cause.ABORT, True),
    "heap abort by its last words": (
        ended(134, message="FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"), (),
        Cause.HEAP_ABORT, True,
    ),
    "heap abort by the heap": (ended(134, "Error", HEAP_FULL), (), Cause.HEAP_ABORT, True),
    "abort of Node with an empty heap": (ended(134, "Error", HEAP_EMPTY), (), Cause.ABORT, True),
    "heap abort of process 1, which ends by SIGSEGV": (
        ended(139, message="Reached heap limit - JavaScript heap out of memory"), (), Cause.HEAP_ABORT, True,
    ),
    "SIGSEGV with a full heap": (ended(139, "Error", HEAP_FULL), (), Cause.HEAP_ABORT, False),
    "the label of a child, and a SIGKILL of nobody knows whom": (
        ended(137, "OOMKilled", flight(used_mib=80, limit_mib=256, oom_kills=1, oom_killed_at=NOON + 20)), (),
        Cause.SIGKILL, False,
    ),
    "OOM kill of the main process after that of a child": (
        ended(137, "OOMKilled", flight(used_mib=250, limit_mib=256, oom_kills=1, oom_killed_at=NOON + 20)), (),
        Cause.OOM_KILL, True,
    ),
    "a liveness kill of which the kubelet says nothing any more": (
        again(137, "Error"), (BEFORE,), Cause.LIVENESS_KILL, False,
    ),
    "the same, obeyed": (again(0, "Completed"), (BEFORE,), Cause.LIVENESS_KILL, False),
    "an error of a container whose earlier starts were liveness kills": (again(1), (BEFORE,), Cause.EXIT, True),
    "exit 1": (ended(1), (), Cause.EXIT, True),
    "exit 0 of what is to stay": (ended(0, "Completed"), (), Cause.EXIT, True),
    "exit 1, never started again": (ended(1, spec=NEVER), (), Cause.EXIT, True),
    "image that is not there": (pod(waiting("ErrImagePull", "not found")), (), Cause.IMAGE_ERROR, True),
    "image name that is none": (pod(waiting("InvalidImageName", "")), (), Cause.IMAGE_ERROR, True),
    "image that may not be pulled": (pod(waiting("ErrImageNeverPull", "")), (), Cause.IMAGE_ERROR, True),
    "secret that is not there": (pod(waiting("CreateContainerConfigError", "")), (), Cause.CONFIG_ERROR, True),
    "runtime that cannot start anything": (
        ended(128, "StartError", "OCI runtime create failed: unable to freeze"), (), Cause.START_ERROR, True,
    ),
    "command that is not there": (ended(128, "StartError", "no such file"), (), Cause.CONFIG_ERROR, True),
    "eviction by the node": (
        ended(137, status={"phase": "Failed", "reason": "Evicted", "message": "disk"}), (), Cause.EVICTION, True,
    ),
    "eviction before anything ran": (
        pod(status={"phase": "Failed", "reason": "Evicted", "containerStatuses": []}), (), Cause.EVICTION, True,
    ),
    "eviction by the API": (
        ended(0, metadata=deleted(55), status=disrupted("EvictionByEvictionAPI", 55)), (), Cause.EVICTION, True,
    ),
    "preemption": (
        ended(143, metadata=deleted(55), status=disrupted("PreemptionByScheduler", 55)), (), Cause.PREEMPTION, True,
    ),
    "preemption beyond the grace period": (
        ended(137, metadata=deleted(40), status=disrupted("PreemptionByScheduler", 40)), (), Cause.PREEMPTION, True,
    ),
    "a crash before the preemption": (
        ended(139, metadata=deleted(300), status=disrupted("PreemptionByScheduler", 300)), (), Cause.SEGFAULT, True,
    ),
    "node that shuts down": (
        ended(137, status={"phase": "Failed", "reason": "NodeShutdown"}), (), Cause.NODE_SHUTDOWN, True,
    ),
    "longer than it may run": (
        ended(137, spec=NEVER, status={"phase": "Failed", "reason": "DeadlineExceeded"}), (), Cause.DEADLINE, True,
    ),
    "turned away by the node": (
        pod(status={"phase": "Failed", "reason": "OutOfcpu", "containerStatuses": []}), (), Cause.REJECTED, True,
    ),
    "lost by Kubernetes": (
        pod(waiting("ContainerCreating"), terminated(137, "ContainerStatusUnknown"), restarts=1), (),
        Cause.UNKNOWN, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_death_is_named_by_what_shows_it(row):
    """
    Each cause is told from those that look like it, with its evidence, and a guess is called one.
    """
    found, events, cause, sure = row

    said = verdict(found, events)

    assert (cause, sure) == (said.cause, said.sure)
    assert said.evidence
    assert all(said.evidence)


def test_a_heap_abort_of_node_without_figures_is_a_guess():
    """
    134 of a Node process is most likely its heap, and called no more than that.
    """
    said = verdict(ended(134), language="node")

    assert (Cause.HEAP_ABORT, False) == (said.cause, said.sure)


def test_the_probe_says_why():
    """
    The evidence of a liveness kill is what the kubelet said and how the probe had failed.
    """
    said = verdict(ended(137), (UNHEALTHY, LIVENESS))

    assert any("failed liveness probe" in line for line in said.evidence)
    assert any("/healthz/live" in line for line in said.evidence)


def test_an_oom_kill_says_where_the_memory_stood():
    """
    The evidence of an OOM kill are label, exit code and the last figures of the flight record.
    """
    said = verdict(ended(137, "OOMKilled", FULL))

    assert 3 == len(said.evidence)
    assert "at the last it used 250 of 256 MiB" == said.evidence[-1]


def test_what_nobody_saw_is_told_as_that():
    """
    A death that only the count tells of, and one whose pod went first, name no cause that nobody knows.
    """
    unseen, *_ = deaths_of(pod(running(200), terminated(1, start=150, end=199, of=1), restarts=2))
    gone, *_ = removed(pod())

    assert Cause.UNSEEN == classify(unseen, [], None).cause
    assert Cause.REMOVED == classify(gone, [], None).cause
    assert not classify(gone, [], None).sure


def test_what_an_event_may_still_explain_may_change():
    """
    A kill of which nothing is known yet is looked at again; one that is proven is not.
    """
    assert verdict(ended(137)).may_change
    assert verdict(ended(143)).may_change
    assert not verdict(ended(137, "OOMKilled")).may_change
    assert not verdict(ended(137), (LIVENESS,)).may_change


def test_each_cause_has_its_words():
    """
    Every cause has a type and a constant sentence of its own, without a number in it.
    """
    assert set(Cause) == set(TITLES)
    assert len(set(TITLES.values())) == len(TITLES)
    assert not any(digit in said for _, said in TITLES.values() for digit in "012345679")
