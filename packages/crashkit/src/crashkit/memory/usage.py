"""
The memory that counts towards the kill, read often: the kernel's files stay open, and the one whose figures it must sum
up first is read only where it can matter.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from crashkit.cgroup import MOUNT, NO_LIMIT_BYTES

MIB = 1024 * 1024
# Used, limit, peak, and the parts of the use, by version of the cgroups.
_FILES = (
    ("memory.current", "memory.max", "memory.peak", "memory.stat"),
    (
        "memory/memory.usage_in_bytes",
        "memory/memory.limit_in_bytes",
        "memory/memory.max_usage_in_bytes",
        "memory/memory.stat",
    ),
)
# Pages of files, used lately or not: the kernel takes both back before it kills. v1 gives those of the cgroups below
# under names of their own.
_CACHE = (
    (b"inactive_file", b"active_file"),
    (b"total_inactive_file", b"total_active_file"),
)
STAT_BYTES = 8192
NUMBER_BYTES = 64


@dataclass(frozen=True)
class Reading:
    """
    Memory at one moment.

    Args:
        used_mib: without pages of files, which the kernel takes back (MiB).
        limit_mib: above this it kills (MiB).
    """

    used_mib: float
    limit_mib: float


class Usage:
    """
    The files of the memory controller.

    Args:
        mount: where the cgroups are mounted.
    """

    def __init__(self, mount: Path = MOUNT) -> None:
        version = next((at for at, names in enumerate(_FILES) if (mount / names[0]).is_file()), None)
        if version is None:
            self._used = self._limit = self._peak = self._stat = -1
            self._cache = _CACHE[0]
            return
        self._used, self._limit, self._peak, self._stat = (_open(mount / name) for name in _FILES[version])
        self._cache = _CACHE[version]

    def read(self, closely_from: float) -> Reading | None:
        """
        Read use and limit.

        Args:
            closely_from: the share of the limit from which pages of files are told from the rest.

        Returns:
            What there is; none where there is no limit.
        """
        used, limit = _number(self._used), _number(self._limit)
        if used is None or limit is None or limit >= NO_LIMIT_BYTES:
            return None
        if used > limit * closely_from:
            used = max(0, used - self._of_files())
        return Reading(used / MIB, limit / MIB)

    def peak_mib(self) -> float | None:
        """Give the most that was ever counted, pages of files included (MiB); none where nobody keeps it."""
        peak = _number(self._peak)
        return None if peak is None else peak / MIB

    def close(self) -> None:
        """Close the files."""
        for descriptor in (self._used, self._limit, self._peak, self._stat):
            if descriptor >= 0:
                os.close(descriptor)
        self._used = self._limit = self._peak = self._stat = -1

    def _of_files(self) -> int:
        words = _text(self._stat, STAT_BYTES).split()
        names, numbers = words[::2], words[1::2]
        return sum(int(number) for name, number in zip(names, numbers, strict=False) if name in self._cache)


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _text(descriptor: int, most_bytes: int) -> bytes:
    try:
        return os.pread(descriptor, most_bytes, 0) if descriptor >= 0 else b""
    except OSError:
        return b""


def _number(descriptor: int) -> int | None:
    text = _text(descriptor, NUMBER_BYTES).strip()
    return int(text) if text.isdigit() else None
