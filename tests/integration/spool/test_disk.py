"""
A disk that is full, read-only, damaged or gone: the event goes out as without a spool, and the service hears nothing.
"""

import os
import shutil
import signal
import stat
import subprocess

import pytest
from crashctl.waiting import wait_for

from tests.integration.disks import small_disk

# What is captured without a spool has only the process to live in: it must be sent before the end.
SENT_BY_ITSELF = {"within_s": 20}


def test_a_full_disk_is_counted_and_loses_nothing_that_can_be_sent(start, sink):
    """
    Where files cannot grow to the size of an event, events are sent from memory; said once, nothing half is left.
    """
    process = start()
    process.tell("limit_file_size", limit_bytes=1000)

    process.tell("capture", run="full", number=8)
    process.tell("flush", **SENT_BY_ITSELF)

    assert 8 == sink.arrived("full")
    assert {"unwritable": 8} == process.counts()
    assert [] == list(process.spool.iterdir())
    assert 1 == process.logged().count("the spool takes no event")
    process.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a file system")
def test_a_full_file_system_keeps_what_fits(start, sink, tmp_path):
    """
    On a disk of 64 KiB some events fit and are kept over a kill, the others are sent from memory; with room again the
    spool is used again.
    """
    with small_disk(tmp_path / "small", "64k") as state:
        sink.misbehave(mode="slow", ms=50, for_s=600)
        process = start(state)
        process.tell("capture", run="small", number=60)
        counts = process.counts()
        assert 60 == counts["written"] + counts["unwritable"]
        assert min(counts["written"], counts["unwritable"]) >= 5

        process.tell("flush", within_s=30)
        process.wait_delivered()
        process.tell("capture", run="again", number=1)

        assert 60 == sink.arrived("small")
        assert 1 + counts["written"] == process.counts()["written"]
        process.end()


def test_a_folder_that_cannot_be_one_stops_nobody(start, sink, tmp_path):
    """
    A file stands where the spool shall be: the service starts, and events are sent from memory.
    """
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "spool").write_text("in the way")
    process = start()

    process.tell("capture", run="blocked", number=3)
    process.tell("flush", **SENT_BY_ITSELF)

    assert 3 == sink.arrived("blocked")
    assert {"unwritable": 3} == process.counts()
    process.end()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a file system")
def test_a_read_only_folder_is_read_and_not_written(start, sink, tmp_path):
    """
    What a read-only spool holds is sent, again at each start since it cannot be struck out, and stored once; what is
    captured goes from memory.
    """
    state = tmp_path / "state"
    start(state).die("left")
    if _mount(state, "bind,ro"):
        pytest.skip("this machine mounts nothing read-only")
    try:
        process = start(state)

        process.tell("capture", run="read-only", number=3)
        process.tell("flush", **SENT_BY_ITSELF)

        assert (1, 3) == (sink.arrived("left"), sink.arrived("read-only"))
        assert {"recovered": 1, "delivered": 1, "unwritable": 3} == process.counts()
        assert 1 == process.logged().count("the spool cannot remove")
        process.end()
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


def _mount(state, options):
    bound = subprocess.run(["mount", "--bind", str(state), str(state)], capture_output=True, check=False)
    if bound.returncode:
        return bound.returncode
    return subprocess.run(
        ["mount", "-o", f"remount,{options}", str(state)], capture_output=True, check=False
    ).returncode


def test_a_folder_that_is_removed_while_it_runs_is_made_again(start, sink):
    """
    Somebody deletes the spool with events in it: what is still in memory is sent, and the next events have a spool.
    """
    process = start()
    sink.end(signal.SIGKILL)
    process.tell("capture", run="before", number=10)
    shutil.rmtree(process.spool)

    process.tell("capture", run="after", number=10)
    assert 10 == len(process.files())
    sink.start()
    process.wait_delivered()

    assert (10, 10) == (sink.arrived("before"), sink.arrived("after"))
    process.end()


def test_damaged_files_are_set_aside_and_the_rest_is_sent(start, sink):
    """
    Zeros, half a file, a foreign one, a pipe and a folder in the way of five good events: each is counted, logged once
    for its kind, and out of the way; the five arrive.
    """
    sink.end(signal.SIGKILL)
    process = start()
    process.tell("capture", run="good", number=7)
    process.kill()
    first, second, *_ = process.files()
    (process.spool / first).write_bytes(b"\0" * 4096)
    (process.spool / second).rename(process.spool / f"{second}.part")
    with (process.spool / f"{second}.part").open("r+b") as file:
        file.truncate(300)
    (process.spool / "notes.txt").write_text("not of the spool")
    os.mkfifo(process.spool / first.replace(first[:3], "100"))
    (process.spool / first.replace(first[:3], "101")).mkdir()
    sink.start()

    last = start()
    last.wait_delivered()

    assert 5 == sink.arrived("good")
    assert {"recovered": 5, "delivered": 5, "corrupt": 3, "half_written": 1} == last.counts()
    assert {"bad", "notes.txt"} == {file.name for file in last.spool.iterdir()}
    assert 3 == len(list((last.spool / "bad").iterdir()))
    assert 1 == last.logged().count("is corrupt and set aside")
    assert 1 == last.logged().count("was half written")
    last.end()


def test_what_was_only_not_renamed_is_sent(start, sink):
    """
    A process that was killed between the last byte and the name has left a whole event.
    """
    sink.end(signal.SIGKILL)
    process = start()
    process.tell("capture", run="part", number=1)
    process.kill()
    (file,) = process.spool.glob("*.envelope")
    file.rename(file.with_suffix(".envelope.part"))
    sink.start()

    last = start()

    assert 1 == sink.arrived("part")
    last.end()


def test_the_spool_keeps_to_its_bounds(start, sink):
    """
    Of more files than may wait the rest is sent from memory, as without a spool: counted, and said once a minute.
    """
    sink.misbehave(mode="slow", ms=100, for_s=600)
    process = start(SPOOL_MAX_FILES="20")

    process.tell("capture", run="many", number=80)

    assert len(process.files()) <= 20
    counts = process.counts()
    assert 80 == counts["written"] + counts["full"]
    assert counts["full"] >= 40
    assert 1 == process.logged().count("the spool is full")
    sink.misbehave(mode="none")
    process.tell("flush", within_s=30)
    process.wait_delivered()
    assert 80 == sink.arrived("many")
    process.end()


def test_the_spool_keeps_to_its_size(start, sink):
    """
    Of events of 100 kB no more than a mebibyte waits on disk.
    """
    sink.end(signal.SIGKILL)
    process = start(SPOOL_MAX_MIB="1")

    process.tell("capture", run="big", number=30, size=100_000)

    size_bytes = sum(file.stat().st_size for file in process.spool.glob("*.envelope"))
    assert 900_000 < size_bytes <= 1_048_576
    assert abs(process.counts()["bytes"] - size_bytes) < 5000
    assert 30 == process.counts()["written"] + process.counts()["full"]
    process.kill()


def test_nobody_else_can_read_what_lies_there(start, sink):
    """
    A file is readable by the service's own user only: an event shows variables.
    """
    sink.end(signal.SIGKILL)
    process = start()
    process.tell("capture", run="secret", number=1)

    (file,) = process.spool.glob("*.envelope")
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    process.kill()


def test_without_a_folder_there_is_no_spool(start, sink):
    """
    Where STATE_DIR is not set, that is said once, nothing is on /metrics, and events are sent as the SDK does.
    """
    process = start(STATE_DIR="")
    process.tell("capture", run="none", number=2)
    process.tell("flush", **SENT_BY_ITSELF)

    assert 2 == sink.arrived("none")
    assert {} == process.counts()
    assert 1 == process.logged().count("no spool: STATE_DIR names no folder")
    process.end()
    wait_for(lambda: not process.spool.exists(), 1, "no folder")
