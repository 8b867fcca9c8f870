"""
What must hold before anything is made: one line for each thing that does not, with the fix.
"""

import shutil
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from crashctl.cluster.road import Road

GIB = 1024**3
# Free disk that a first run needs, measured: node image, archives, Go's own caches, base images and service images.
DISK_GIB = {Road.IMAGES: 8.0, Road.PACKAGES: 25.0}
WARM_DISK_GIB = 5.0
MEMORY_GIB = 3.0


@dataclass(frozen=True)
class Finding:
    """
    One thing that does not hold.

    Args:
        found: The thing and what was found.
        fix: What to do.
        stops: Whether ``up`` must not go on.
    """

    found: str
    fix: str
    stops: bool = True

    def __str__(self) -> str:
        return f"{'error' if self.stops else 'note'}: {self.found} Fix: {self.fix}"


def check_ports(ports: Mapping[int, str]) -> list[Finding]:
    """
    Every port must be free on the loopback address.

    Args:
        ports: Port to what will listen there.
    """
    return [
        Finding(f"port {port} ({what}) is taken{_by(port)}.", f"stop what listens there (ss -ltnp 'sport = :{port}').")
        for port, what in ports.items()
        if not _is_free(port)
    ]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _by(port: int) -> str:
    try:
        holders = {
            found.pid
            for found in psutil.net_connections("tcp")
            if found.laddr and found.laddr.port == port and found.pid
        }
        names = sorted(f"{psutil.Process(pid).name()} (process {pid})" for pid in holders)
    except psutil.Error:
        return ""
    return f" by {', '.join(names)}" if names else ""


def check_disk(folder: Path, needed_gib: float) -> list[Finding]:
    """
    The disk below a folder must have room.

    Args:
        folder: It need not exist yet.
        needed_gib: Free space (GiB).
    """
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_gib = shutil.disk_usage(existing).free / GIB
    if free_gib >= needed_gib:
        return []
    return [
        Finding(
            f"{existing} has {free_gib:.1f} GiB free, {needed_gib:.0f} are needed.",
            "free some, or set CRASH_DEMO_CACHE to a larger disk.",
        )
    ]


def check_memory(total_bytes: int, available_bytes: int) -> list[Finding]:
    """
    Docker's machine must have memory for the cluster.

    Args:
        total_bytes: What Docker's machine has (bytes).
        available_bytes: What is not in use now (bytes).
    """
    available_gib = min(total_bytes, available_bytes) / GIB
    if available_gib >= MEMORY_GIB:
        return []
    return [
        Finding(
            f"{available_gib:.1f} GiB of memory are available, {MEMORY_GIB:.0f} are needed.",
            "close programs, or give Docker's machine more memory.",
        )
    ]


def check_swap(swaps: str) -> list[Finding]:
    """
    Swap lets a leaking pod live on past its limit on cgroup v1, so it is worth a note.

    Args:
        swaps: Text of ``/proc/swaps``.
    """
    devices = [line.split()[0] for line in swaps.splitlines()[1:] if line.strip()]
    if not devices:
        return []
    return [
        Finding(
            f"swap is on ({', '.join(devices)}): a leak may be slowed before it is killed.",
            "sudo swapoff -a",
            stops=False,
        )
    ]


def check_machine(docker_bytes: int) -> list[Finding]:
    """
    Memory and swap.

    Args:
        docker_bytes: Memory of Docker's machine, which need not be this one (bytes).
    """
    swaps = Path("/proc/swaps")
    return check_memory(docker_bytes, psutil.virtual_memory().available) + check_swap(
        swaps.read_text(encoding="ascii") if swaps.is_file() else ""
    )


def stopping(findings: Iterable[Finding]) -> list[Finding]:
    """Those that ``up`` cannot go on with."""
    return [finding for finding in findings if finding.stops]
