"""
What grew.
"""

import collections
import mmap
import tracemalloc

from crashkit.memory import grown
from crashkit.memory.grown import Kinds, kinds, what_grew

MIB = 1024 * 1024
ROOMY_MIB = 10_000


class Spin:
    """Something of an application's."""

    __slots__ = ("reels",)


def grew(found, kind):
    """The row of a kind."""
    return next((row for row in found["grown"] if row["kind"] == kind), None)


def test_bytes_in_a_list_are_named_with_their_size():
    """
    What no collector tracks is found where a container holds it, with its MiB and its count.
    """
    since = kinds()
    held = [bytes(MIB) for _ in range(48)]

    found = what_grew(since, ROOMY_MIB)

    assert "kind" == found["grown_by"]
    assert found["grown"][0] == grew(found, "bytes")
    assert 45 <= grew(found, "bytes")["mib"] <= 60
    del held


def test_objects_of_the_application_are_named_as_they_are_written():
    """
    A kind of the application's own has its module, and as many as there are, counted or estimated.
    """
    since = kinds()
    held = collections.deque(Spin() for _ in range(300_000))

    row = grew(what_grew(since, ROOMY_MIB), f"{__name__}.Spin")

    assert 250_000 <= row["count"] <= 350_000
    del held


def test_a_mapping_counts_as_long_as_it_is():
    """
    Memory that is mapped by itself is told too, and no longer once it is closed.
    """
    since = kinds()
    held = [mmap.mmap(-1, MIB) for _ in range(20)]

    before = grew(what_grew(since, ROOMY_MIB), "mmap.mmap")
    for block in held:
        block.close()
    after = grew(what_grew(since, ROOMY_MIB), "mmap.mmap")

    assert (20, 20) == (round(before["mib"]), before["count"])
    assert after is None or after["mib"] == 0


def test_where_allocations_are_traced_the_lines_are_named():
    """
    A trace that somebody has begun says more than kinds: file and line.
    """
    tracemalloc.start(2)
    try:
        held = [bytes(MIB) for _ in range(8)]
        found = what_grew(Kinds(), ROOMY_MIB)
    finally:
        tracemalloc.stop()

    assert "line" == found["grown_by"]
    assert ("test_grown.py", 8) == (found["grown"][0]["file"].split("/")[-1], round(found["grown"][0]["mib"]))
    del held


def test_looking_is_not_the_last_straw():
    """
    Where a list of all objects would take much of what is left, it is not made.
    """
    found = what_grew(Kinds(), 0.01)

    assert [] == found["grown"]
    assert "too many" in found["grown_by"]


def test_looking_ends_in_time(monkeypatch):
    """
    When its time is up it has looked into the longest containers, and leaves the many short ones.
    """
    short = [(bytes(100), [number]) for number in range(50_000)]
    monkeypatch.setattr(grown, "WITHIN_S", 0.0)
    since = kinds()
    longest = [bytes(1000) for _ in range(400_000)]

    row = grew(what_grew(since, ROOMY_MIB), "bytes")

    assert 380 <= row["mib"] <= 450
    assert 400_000 == row["count"] + since.count[bytes]
    del short, longest


def test_no_code_of_the_application_runs_while_it_looks():
    """
    A kind that computes its own size, badly, is not asked for it.
    """

    class Rude:
        def __sizeof__(self):
            raise AssertionError("asked")

    held = [Rude() for _ in range(1000)]

    assert kinds().count[Rude] >= 1000
    del held
