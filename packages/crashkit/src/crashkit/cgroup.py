"""
What the kernel says of the memory of this container, on cgroup v1 and v2.

Files and their meaning: the kernel's documentation of the memory controller, ``admin-guide/cgroup-v2`` and
``admin-guide/cgroup-v1/memory``.
"""

import os
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
# v1 writes "no limit" as the largest number of whole pages; anything of this size is no limit of a container.
NO_LIMIT_BYTES = 1 << 60


MIB = 1024 * 1024
# More than any of the files has that are read whole; ``memory.stat`` is longer.
SHORT_BYTES = 512


@dataclass(frozen=True)
class MemoryFiles:
    """
    The files of the memory controller.

    Args:
        version: 1 or 2.
        used: counted now, with the page cache.
        limit: above this the kernel kills.
        peak: the most that was counted.
        kills: of processes of this container, in a field ``oom_kill``.
        stat: the parts of the use.
        stat_prefix: before the names of those parts that count the cgroups below, too.
    """

    version: int
    used: Path
    limit: Path
    peak: Path
    kills: Path
    stat: Path
    stat_prefix: str


def memory_files(mount: Path = MOUNT) -> MemoryFiles | None:
    """
    Name the files of whichever version is mounted.

    Args:
        mount: where the cgroups are mounted.

    Returns:
        The files, or none where there is no memory controller.
    """
    if (mount / "memory.current").is_file():
        return MemoryFiles(
            version=2,
            used=mount / "memory.current",
            limit=mount / "memory.max",
            peak=mount / "memory.peak",
            kills=mount / "memory.events",
            stat=mount / "memory.stat",
            stat_prefix="",
        )
    v1 = mount / "memory"
    if (v1 / "memory.usage_in_bytes").is_file():
        return MemoryFiles(
            version=1,
            used=v1 / "memory.usage_in_bytes",
            limit=v1 / "memory.limit_in_bytes",
            peak=v1 / "memory.max_usage_in_bytes",
            kills=v1 / "memory.oom_control",
            stat=v1 / "memory.stat",
            stat_prefix="total_",
        )
    return None


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
    files = memory_files(mount)
    if files is None:
        return None
    return CgroupMemory(
        version=files.version,
        limit_bytes=_limit(files.limit),
        usage_bytes=_number(files.used) or 0,
        peak_bytes=_number(files.peak),
        oom_kills=_field(files.kills, "oom_kill"),
        reclaimable_bytes=_field(files.stat, f"{files.stat_prefix}inactive_file") or 0,
    )


def kept_open(file: Path) -> int:
    """Open a file that is read often; -1 where that cannot be."""
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def text_of(descriptor: int, most_bytes: int = SHORT_BYTES) -> bytes:
    """
    Read a file that was kept open; nothing where it cannot be read.

    Args:
        descriptor: as :func:`kept_open` gave it.
        most_bytes: of the file.
    """
    try:
        return os.pread(descriptor, most_bytes, 0) if descriptor >= 0 else b""
    except OSError:
        return b""


def number_of(descriptor: int, word: int = 0) -> int | None:
    """
    Read a number of a file that was kept open; none where there is none, or it is ``max``.

    Args:
        descriptor: as :func:`kept_open` gave it.
        word: which one.
    """
    words = text_of(descriptor).split()
    return int(words[word]) if len(words) > word and words[word].isdigit() else None


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
