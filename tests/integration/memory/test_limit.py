"""
The warning before a real limit of the kernel's.
"""

import os
import signal

import pytest

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
LIMIT_MIB = 160
MIB = 1024 * 1024


@pytest.mark.timeout(600)
@pytest.mark.parametrize("per_s", [20, 100, 250])
def test_a_kill_is_warned_of_before_it_comes(per_s, box, start, sink):
    """
    However fast it leaks, each process that the kernel kills has said so once, on the trace of its request; what it
    could not send any more, its successor does.
    """
    limit, kills = box(LIMIT_MIB), 3
    for number in range(kills):
        casino = start(limit)
        casino.tell("open", trace=f"{number:032x}", span=SPAN, route="POST /spin")
        casino.order("grow", mib=LIMIT_MIB, per_s=per_s)
        assert -signal.SIGKILL == casino.ended()
    start(limit).tell("flush")

    warnings = sink.wait_for_warnings(kills)
    assert kills == limit.oom_kills
    assert [f"{number:032x}" for number in range(kills)] == sorted(
        warning["contexts"]["trace"]["trace_id"] for warning in warnings
    )
    for warning in warnings:
        memory = warning["contexts"]["memory"]
        assert LIMIT_MIB == memory["limit_mib"]
        assert 0.6 * LIMIT_MIB < memory["used_mib"] < LIMIT_MIB
        assert memory["slope_mib_s"] > 0
        assert "warning" == warning["level"]


def test_a_cache_of_files_is_no_memory_that_is_short(box, start, sink, tmp_path):
    """
    Pages of files that fill the container, used once or again and again, are taken back by the kernel: nobody is
    warned, and the process goes on to take that memory, and is warned then.
    """
    file, limit = tmp_path / "spins", box(LIMIT_MIB)
    with file.open("wb") as written:
        written.write(b"\x01" * (2 * LIMIT_MIB * MIB))
        os.fsync(written.fileno())
        # Pages belong to whoever touches them first, and that shall be the box.
        os.posix_fadvise(written.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    casino = start(limit)

    casino.tell("read", path=str(file), times=3)
    casino.tell("flush")
    quiet = sink.warnings()
    casino.tell("open", trace=TRACE, span=SPAN, route="POST /spin")
    casino.tell("grow", mib=int(0.7 * LIMIT_MIB), per_s=40)
    (warning,) = sink.wait_for_warnings(1)

    assert [] == quiet
    assert TRACE == warning["contexts"]["trace"]["trace_id"]
    assert warning["contexts"]["memory"]["peak_mib"] > 0.9 * LIMIT_MIB
    assert 0 == limit.oom_kills


def test_what_was_let_go_and_taken_again_is_told_again(box, start, sink):
    """
    Each approach to the limit is one warning, and one that stays is no more than one.
    """
    casino = start(box(LIMIT_MIB))
    for number in (1, 2):
        casino.tell("grow", mib=int(0.65 * LIMIT_MIB), per_s=60)
        sink.wait_for_warnings(number)
        casino.tell("let_go")
        casino.tell("flush")
        casino.tell("grow", mib=5, per_s=10)  # half a second: some looks below the floor

    assert 2 == len(sink.warnings())


def test_switched_off_nobody_is_warned(box, start, sink):
    """
    With the share 0 the kernel kills without a word.
    """
    limit = box(LIMIT_MIB)
    casino = start(limit, MEMORY_WARNING_PERCENT="0")
    casino.order("grow", mib=LIMIT_MIB, per_s=60)

    assert -signal.SIGKILL == casino.ended()
    start(limit).tell("flush")
    assert [] == sink.warnings()
