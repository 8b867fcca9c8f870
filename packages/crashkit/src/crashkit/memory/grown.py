"""
What grew: the lines that allocated, where Python traces them already, and else the kinds of objects.

Both are bounded in time and memory, because there is little left of either. Tracing is never begun here: it costs each
allocation, and what was there before is not seen.
"""

import gc
import mmap
import sys
import tracemalloc
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import Any

from crashkit.allocations import top_allocations

MIB = 1024 * 1024
TOP = 5
# A snapshot of traces takes at most so many times what the traces take.
SNAPSHOT_TIMES = 4
# With less time than this before the limit, nobody counts objects: the event must be on disk first.
LEAST_LEFT_S = 2.0
# A list of all objects takes so much for each.
POINTER_BYTES = 8
# Looking must not be the last straw itself.
MOST_OF_WHAT_IS_LEFT = 0.25
# Into containers it looks for so long, into the longest first: a leak is seldom in one of the many short ones.
WITHIN_S = 0.15
AT_ONCE = 256
# Of a longer one so many are looked at for all.
MOST_HELD = 1000
CONTAINERS = frozenset({list, dict, set, frozenset, tuple, deque})
# Not tracked by the collector, and of any size.
SIZED = (bytes, bytearray, str)


@dataclass
class Kinds:
    """
    How much there is, by kind.

    Args:
        count: of objects.
        bytes: that they take, without what they refer to.
    """

    count: Counter[type] = field(default_factory=Counter)
    bytes: Counter[type] = field(default_factory=Counter)


def what_grew(since: Kinds, left_mib: float, slope_mib_s: float = 0.0) -> Mapping[str, object]:
    """
    Say what grew.

    Args:
        since: what :func:`kinds` said at the start.
        left_mib: below the limit (MiB).
        slope_mib_s: how fast that gets less (MiB/s).

    Returns:
        ``grown_by`` (``line``, ``kind``, or why nothing can be said) and ``grown``, the largest first: of a line its
        ``file``, ``line``, ``mib`` and ``count`` since tracing began, of a kind its name, ``mib`` and ``count`` more
        than at the start.
    """
    most_bytes = left_mib * MIB * MOST_OF_WHAT_IS_LEFT
    if tracemalloc.is_tracing() and tracemalloc.get_tracemalloc_memory() * SNAPSHOT_TIMES < most_bytes:
        return {"grown_by": "line", "grown": top_allocations()}
    if left_mib < slope_mib_s * LEAST_LEFT_S:
        return {"grown_by": "nothing: it grows too fast to count", "grown": []}
    if sys.getallocatedblocks() * POINTER_BYTES > most_bytes:
        return {"grown_by": "nothing: there are too many objects to count", "grown": []}
    now = kinds()
    now.count.subtract(since.count)
    now.bytes.subtract(since.bytes)
    told = [
        {"kind": _name(kind), "mib": round(size / MIB, 2), "count": now.count[kind]}
        for kind, size in now.bytes.most_common(TOP)
        if size > 0
    ]
    return {"grown_by": "kind", "grown": told}


def kinds() -> Kinds:
    """
    Count objects by their kind.

    An object that the collector does not track, such as ``bytes``, is counted where a container holds it, and as often;
    in the longest containers first, as far as the time goes.
    """
    found = Kinds()
    objects = gc.get_objects()
    # No code of the application's is called, and little of Python's: a call for each object takes long.
    found.count.update(map(type, objects))
    for kind, count in found.count.items():
        found.bytes[kind] = count * kind.__basicsize__
    containers = [thing for thing in objects if type(thing) in CONTAINERS]
    mappings = [thing for thing in objects if type(thing) is mmap.mmap]
    del objects
    found.bytes[mmap.mmap] += sum(map(_mapped, mappings))
    for kind in CONTAINERS:
        found.bytes[kind] = sum(sys.getsizeof(thing) for thing in containers if type(thing) is kind)
    containers.sort(key=len, reverse=True)
    _look_into(containers, found)
    return found


def _look_into(containers: list[Any], found: Kinds) -> None:  # Any: whatever the process holds
    ends = perf_counter() + WITHIN_S
    long = sum(1 for thing in containers if len(thing) > MOST_HELD)
    for thing in islice(containers, long):
        _count_held(_some_of(thing), len(thing) / MOST_HELD, found)
        if perf_counter() > ends:
            return
    for begin in range(long, len(containers), AT_ONCE):
        _count_held(gc.get_referents(*islice(containers, begin, begin + AT_ONCE)), 1, found)
        if perf_counter() > ends:
            return


def _some_of(container: Any) -> list[Any]:  # Any: whatever it holds
    try:
        return list(islice(container.values() if type(container) is dict else container, MOST_HELD))
    except RuntimeError:
        return []  # somebody changed it meanwhile


def _count_held(held: list[Any], times: float, found: Kinds) -> None:  # Any: whatever the process holds
    for kind, count in Counter(map(type, held)).items():
        if kind in SIZED:
            found.count[kind] += round(count * times)
            sizes = sum(sys.getsizeof(thing) for thing in held if type(thing) is kind)
            found.bytes[kind] += round(sizes * times)
        elif not _is_tracked(kind):
            found.count[kind] += round(count * times)
            found.bytes[kind] += round(count * times) * kind.__basicsize__


def _is_tracked(kind: type) -> bool:
    return bool(kind.__flags__ & 1 << 14)  # Py_TPFLAGS_HAVE_GC


def _mapped(block: mmap.mmap) -> int:
    try:
        return len(block)
    except ValueError:
        return 0  # closed


def _name(kind: type) -> str:
    module = str(kind.__module__)
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
