"""
The memory that counts towards the kill, read often: the kernel's files stay open, and the one whose figures it must sum
up first is read only where it can matter.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from crashkit.cgroup import MIB, MOUNT, NO_LIMIT_BYTES, kept_open, memory_files, number_of, text_of

# Pages of files, used lately or not: the kernel takes both back before it kills.
OF_FILES = ("inactive_file", "active_file")
STAT_BYTES = 8192


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
        files = memory_files(mount)
        if files is None:
            self._used = self._limit = self._peak = self._stat = -1
            self._cache: frozenset[bytes] = frozenset()
            return
        self._used, self._limit = kept_open(files.used), kept_open(files.limit)
        self._peak, self._stat = kept_open(files.peak), kept_open(files.stat)
        self._cache = frozenset(f"{files.stat_prefix}{name}".encode() for name in OF_FILES)

    def read(self, closely_from: float) -> Reading | None:
        """
        Read use and limit.

        Args:
            closely_from: the share of the limit from which pages of files are told from the rest.

        Returns:
            What there is; none where there is no limit.
        """
        used, limit = number_of(self._used), number_of(self._limit)
        if used is None or limit is None or limit >= NO_LIMIT_BYTES:
            return None
        if used > limit * closely_from:
            used = max(0, used - self._of_files())
        return Reading(used / MIB, limit / MIB)

    def peak_mib(self) -> float | None:
        """Give the most that was ever counted, pages of files included (MiB); none where nobody keeps it."""
        peak = number_of(self._peak)
        return None if peak is None else peak / MIB

    def close(self) -> None:
        """Close the files."""
        for descriptor in (self._used, self._limit, self._peak, self._stat):
            if descriptor >= 0:
                os.close(descriptor)
        self._used = self._limit = self._peak = self._stat = -1

    def _of_files(self) -> int:
        words = text_of(self._stat, STAT_BYTES).split()
        names, numbers = words[::2], words[1::2]
        return sum(int(number) for name, number in zip(names, numbers, strict=False) if name in self._cache)
