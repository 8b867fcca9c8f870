"""
The ``runtime`` context of every event: what the process was at that moment.
"""

import asyncio
import platform
import threading
import time
from collections.abc import Mapping

import psutil

from crashkit import cgroup
from crashkit.lifecycle import Lifecycle
from crashkit.settings import ServiceSettings

MIB = 1024 * 1024


class RuntimeContext:
    """
    Reads the figures anew for each event; costs some system calls and no lock.

    Args:
        settings: name of pod, namespace and node.
        lifecycle: open requests and restarts.
        versions: versions of what the service is built on, by name.
    """

    def __init__(self, settings: ServiceSettings, lifecycle: Lifecycle, versions: Mapping[str, str]) -> None:
        self._lifecycle = lifecycle
        self._process = psutil.Process()
        # psutil gives the share since the call before; without this one the first event would say 0.
        self._process.cpu_percent()
        named = {
            "pod": settings.pod_name,
            "namespace": settings.pod_namespace,
            "pod_uid": settings.pod_uid,
            "node": settings.node_name,
            "restart_count": lifecycle.restart_count,
        }
        known = {name: value for name, value in named.items() if value is not None}
        # What the context ``k8s`` of each event holds; empty outside of a pod.
        self.kubernetes: Mapping[str, object] = known if settings.pod_name else {}
        self._fixed = {"python": platform.python_version(), **versions, **known}

    def read(self) -> dict[str, object]:
        """
        Give the context as it is now. Sizes are MiB, times seconds.
        """
        with self._process.oneshot():
            memory = self._process.memory_info()
            cpu = self._process.cpu_times()
            figures: dict[str, object] = {
                **self._fixed,
                "resident_mib": _mib(memory.rss),
                "cpu_percent": self._process.cpu_percent(),
                "cpu_user_s": round(cpu.user, 2),
                "cpu_system_s": round(cpu.system, 2),
                "threads": threading.active_count(),
                "thread": threading.current_thread().name,
                "open_requests": self._lifecycle.open_requests,
                "uptime_s": round(time.monotonic() - self._lifecycle.started, 1),
            }
        figures.update(_tasks())
        figures.update(memory_figures())
        return figures


def memory_figures() -> dict[str, object]:
    """
    Give what the kernel counts for this container (MiB); empty where there is no cgroup to read.
    """
    memory = cgroup.read_memory()
    if memory is None:
        return {}
    figures: dict[str, object] = {"cgroup_version": memory.version, "memory_usage_mib": _mib(memory.usage_bytes)}
    if memory.limit_bytes is not None:
        figures["memory_limit_mib"] = _mib(memory.limit_bytes)
    if memory.peak_bytes is not None:
        figures["memory_peak_mib"] = _mib(memory.peak_bytes)
    if memory.oom_kills is not None:
        figures["oom_kills"] = memory.oom_kills
    return figures


def _tasks() -> dict[str, object]:
    try:
        return {"asyncio_tasks": len(asyncio.all_tasks())}
    except RuntimeError:
        return {}


def _mib(count: int) -> float:
    return round(count / MIB, 1)
