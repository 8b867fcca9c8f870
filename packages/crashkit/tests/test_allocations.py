import mmap
import tracemalloc
from pathlib import Path

import sentry_sdk
from crashkit.allocations import note_allocations, traced_allocations, track, untrack

MIB = 1024 * 1024
HERE = "/".join(Path(__file__).parts[-3:])


def test_the_line_that_holds_the_most_is_the_first(sentry, outbox):
    """
    An event names the lines that hold memory, the largest first, with file, line, MiB and count.
    """
    sentry.start()

    with traced_allocations():
        pages = [b"x" * MIB for _ in range(3)]
        note_allocations()
        sentry_sdk.capture_message("full")

    (event,) = outbox.events
    found = event["contexts"]["allocations"]
    first = found["top"][0]
    assert 3 == len(pages)
    assert (HERE, 3.0) == (first["file"], round(first["mib"], 1))
    assert first["count"] in {3, 4}  # the list is of that line too
    assert first["line"] > 0
    assert 3 <= found["traced_mib"] <= found["traced_peak_mib"] < 4
    assert found["tracing_costs_mib"] < 1


def test_a_mapping_counts_when_it_is_told(sentry):
    """
    Memory that Python's allocator did not give is seen when it is told, at the line that tells it, until it is taken
    back.
    """
    block = mmap.mmap(-1, 2 * MIB)

    with traced_allocations():
        before = note_allocations()
        track(block)
        told = note_allocations()
        untrack(block)
        after = note_allocations()

    assert [] == [line for line in before + after if line["mib"] >= 1]
    assert (HERE, 2.0, 1) == tuple(told[0][name] for name in ("file", "mib", "count"))
    block.close()


def test_tracing_is_on_only_inside(sentry):
    """
    Two scenarios may trace at once; when the last has ended nothing is traced, and nothing is noted.
    """
    with traced_allocations():
        with traced_allocations():
            pass
        inside = tracemalloc.is_tracing()

    assert inside
    assert not tracemalloc.is_tracing()
    assert [] == note_allocations()
