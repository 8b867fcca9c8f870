"""
Memory of the container, read often: the kernel's files stay open, and none is read whose figures the kernel must sum up
first.
"""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time

from crashkit.cgroup import MIB, MOUNT, NO_LIMIT_BYTES, kept_open, memory_files, number_of, text_of

# The slope is that of this long: shorter is noise, longer hides the beginning of a leak.
SLOPE_OVER_S = 3.0
# Limit and peak change seldom, and each reading is a call of the system that every process pays for all the time.
SELDOM_S = 1.0
# From this share of the limit on, or where it grows by so much between two readings, it is read often.
NEAR = 0.75
GROWS_MIB = 1.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Figures = dict[str, float | int | None]


class MemoryGauge:
    """
    Reads used memory, limit, peak and the kernel's count of kills, on cgroup v1 and v2; where there is no cgroup, the
    resident memory of this process.

    Args:
        mount: where the cgroups are mounted.
        clock: seconds that only go forward.
    """

    def __init__(self, mount: Path = MOUNT, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, float]] = deque()
        self._killed = 0
        self._killed_at: float | None = None
        self._seldom: tuple[float | None, float | None] = (None, None)
        self._seldom_at: float | None = None
        files = memory_files(mount)
        if files is None:
            # Pages; the second word is what is resident.
            self._used, self._word, self._unit = kept_open(Path("/proc/self/statm")), 1, PAGE_BYTES
            self._limit = self._peak = self._kills = -1
        else:
            self._used, self._word, self._unit = kept_open(files.used), 0, 1
            self._limit, self._peak, self._kills = map(kept_open, (files.limit, files.peak, files.kills))

    def read(self) -> Figures:
        """
        Give ``used_mib``, ``slope_mib_s`` and ``oom_kills`` as they are now, ``limit_mib`` and ``peak_mib`` as they
        were within the last second, the peak no less than what is used now; none for what the kernel does not say.
        ``oom_killed_at`` (unix seconds) is there once the kernel has killed a process of the container while this one
        lived.
        """
        now = self._clock()
        used = number_of(self._used, self._word)
        used_mib = None if used is None else used * self._unit / MIB
        if self._seldom_at is None or now - self._seldom_at >= SELDOM_S:
            self._seldom, self._seldom_at = self._limit_and_peak(), now
        limit_mib, peak_mib = self._seldom
        rounded = _rounded(used_mib)
        kills = _kills(self._kills)
        if kills is not None and kills > self._killed:
            self._killed, self._killed_at = kills, round(time(), 3)
        figures: Figures = {
            "used_mib": rounded,
            "limit_mib": limit_mib,
            "peak_mib": max(peak_mib, rounded) if peak_mib is not None and rounded is not None else peak_mib,
            "slope_mib_s": None if used_mib is None else self._slope(used_mib, now),
            "oom_kills": kills,
        }
        return figures if self._killed_at is None else {**figures, "oom_killed_at": self._killed_at}

    def _limit_and_peak(self) -> tuple[float | None, float | None]:
        limit, peak = number_of(self._limit), number_of(self._peak)
        return (
            None if limit is None or limit >= NO_LIMIT_BYTES else _rounded(limit / MIB),
            None if peak is None else _rounded(peak / MIB),
        )

    def _slope(self, used_mib: float, now: float) -> float:
        seen = self._seen
        seen.append((now, used_mib))
        while seen[0][0] < now - SLOPE_OVER_S:
            seen.popleft()
        then, used_then_mib = seen[0]
        return round((used_mib - used_then_mib) / (now - then), 2) if now > then else 0.0


def in_motion(figures: Figures, before: Figures) -> bool:
    """
    Say whether the memory may be full soon; where there is no limit, it is never.

    Args:
        figures: as :meth:`MemoryGauge.read` gave them.
        before: those before.
    """
    used, limit = figures.get("used_mib"), figures.get("limit_mib")
    if used is None or limit is None:
        return False
    return used >= NEAR * limit or used - (before.get("used_mib") or used) >= GROWS_MIB


def _kills(descriptor: int) -> int | None:
    words = text_of(descriptor).split()
    found = words.index(b"oom_kill") if b"oom_kill" in words else -1
    return int(words[found + 1]) if 0 <= found < len(words) - 1 else None


def _rounded(mib: float | None) -> float | None:
    return None if mib is None else round(mib, 1)
