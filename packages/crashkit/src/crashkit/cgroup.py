"""
What the kernel says of the memory of this container, on cgroup v1 and v2.

Files and their meaning: the kernel's documentation of the memory controller, ``admin-guide/cgroup-v2`` and
``admin-guide/cgroup-v1/memory``.
"""

from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
# v1 writes "no limit" as the largest number of whole pages; anything of this size is no limit of a container.
NO_LIMIT_BYTES = 1 << 60


@dataclass(frozen=True)
class CgroupMemory:
    """
    Memory of the container as the kernel counts it.

    Args:
        version: 1 or 2.
        limit_bytes: above this the kernel kills; none where there is no limit.
        usage_bytes: counted now, with the page cache.
        peak_bytes: the most that was counted; none where the kernel does not keep it.
        oom_kills: processes of this container that the kernel has killed for memory; none where it does not say.
        reclaimable_bytes: page cache that the kernel takes back before it kills.
    """

    version: int
    limit_bytes: int | None
    usage_bytes: int
    peak_bytes: int | None
    oom_kills: int | None
    reclaimable_bytes: int

    @property
    def left_bytes(self) -> int | None:
        """What may still be taken before the kernel kills; none where there is no limit."""
        if self.limit_bytes is None:
            return None
        return self.limit_bytes - self.usage_bytes + self.reclaimable_bytes


def read_memory(mount: Path = MOUNT) -> CgroupMemory | None:
    """
    Read the files of whichever version is mounted.

    Args:
        mount: where the cgroups are mounted.

    Returns:
        What they say, or none where there is no memory controller to read.
    """
    if (mount / "memory.current").is_file():
        return CgroupMemory(
            version=2,
            limit_bytes=_limit(mount / "memory.max"),
            usage_bytes=_number(mount / "memory.current") or 0,
            peak_bytes=_number(mount / "memory.peak"),
            oom_kills=_field(mount / "memory.events", "oom_kill"),
            reclaimable_bytes=_field(mount / "memory.stat", "inactive_file") or 0,
        )
    v1 = mount / "memory"
    if (v1 / "memory.usage_in_bytes").is_file():
        return CgroupMemory(
            version=1,
            limit_bytes=_limit(v1 / "memory.limit_in_bytes"),
            usage_bytes=_number(v1 / "memory.usage_in_bytes") or 0,
            peak_bytes=_number(v1 / "memory.max_usage_in_bytes"),
            oom_kills=_field(v1 / "memory.oom_control", "oom_kill"),
            reclaimable_bytes=_field(v1 / "memory.stat", "total_inactive_file") or 0,
        )
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.isdigit() else None


def _limit(file: Path) -> int | None:
    number = _number(file)
    return None if number is None or number >= NO_LIMIT_BYTES else number


def _field(file: Path, name: str) -> int | None:
    for line in _text(file).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdigit():
            return int(value)
    return None
