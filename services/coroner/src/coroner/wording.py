"""
How each cause is called in an event: a type, and a sentence that never changes, so that all of a kind are one issue.
"""

from collections.abc import Mapping

from coroner.causes import Cause

TITLES: Mapping[Cause, tuple[str, str]] = {
    Cause.OOM_KILL: ("OutOfMemoryKill", "The kernel killed the container's main process: its memory limit was reached"),
    Cause.OOM_KILL_CHILD: (
        "OutOfMemoryKillOfChild",
        "The kernel killed a child process at the memory limit, and the main process ended by itself",
    ),
    Cause.HEAP_ABORT: ("HeapLimitAbort", "Node aborted itself: the heap limit of V8 was reached"),
    Cause.ABORT: ("Abort", "The process aborted itself (SIGABRT)"),
    Cause.SEGFAULT: ("SegmentationFault", "The process touched memory that is not its own (SIGSEGV)"),
    Cause.LIVENESS_KILL: ("LivenessKill", "The kubelet ended the container: its liveness probe had failed"),
    Cause.STARTUP_KILL: ("StartupKill", "The kubelet ended the container: it did not start in time"),
    Cause.SIGTERM: ("Terminated", "The pod was deleted, and the container ended within its grace period"),
    Cause.SIGTERM_BEYOND_GRACE: (
        "KilledAfterGrace",
        "The pod was deleted, and the container had not ended when its grace period was over",
    ),
    Cause.SIGKILL: ("Killed", "The process was killed (SIGKILL), and nothing tells by whom"),
    Cause.SIGNAL: ("EndedBySignal", "The process was ended by a signal"),
    Cause.EXIT: ("Exited", "The main process ended by itself, though it is to run for ever"),
    Cause.IMAGE_ERROR: ("ImageError", "The container cannot start: its image cannot be had"),
    Cause.CONFIG_ERROR: ("ConfigError", "The container cannot start: its configuration is wrong"),
    Cause.START_ERROR: ("StartError", "The container cannot start: the node's runtime failed"),
    Cause.EVICTION: ("Evicted", "The pod was put out of its node"),
    Cause.PREEMPTION: ("Preempted", "The pod had to make room for one of a higher priority"),
    Cause.NODE_SHUTDOWN: ("NodeShutdown", "The pod's node was shut down"),
    Cause.DEADLINE: ("DeadlineExceeded", "The pod ran longer than it may"),
    Cause.REJECTED: ("Rejected", "The node turned the pod away"),
    Cause.REMOVED: ("Removed", "The pod went before anybody told how its container ended"),
    Cause.UNSEEN: ("DiedUnseen", "The container died while nobody watched, and only its count of restarts tells"),
    Cause.UNKNOWN: ("Died", "The container ended, and nothing tells of what"),
}
