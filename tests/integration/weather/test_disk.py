"""
The disk of the sink is full: it stores nothing, says so, and nobody loses what it did not store.
"""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for

from tests.integration.disks import small_disk
from tests.integration.weather.conftest import ROOT
from tests.integration.weather.senders import arrived, wait_sent

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a file system"),
]

BEFORE = 5
WHILE_FULL = 40


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB: the log of the store takes 4 before it is folded."""
    with small_disk(tmp_path / "disk", "16m") as folder:
        yield folder


@pytest.fixture
def sink(tmp_path: Path, disk: Path) -> Iterator[SinkProcess]:
    told = {"SINK_CATALOG_DIR": str(ROOT / "catalog"), "SINK_DB_PATH": str(disk / "sink.sqlite3")}
    with SinkProcess.running(tmp_path / "sink", told) as made:
        yield made


def fill(disk: Path) -> Path:
    """Leave no room on the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize("killed", [False, True], ids=["lives on", "is killed meanwhile"])
def test_a_full_disk_loses_nothing(killed, start, disk, sink, account):
    """
    While it is full the sink answers 503 and says 2xx to nothing that it has not stored; with room again everything
    arrives once, also after a SIGKILL in between, and the store is whole.
    """
    process = start()
    process.capture(BEFORE)
    wait_sent(sink, process, BEFORE)
    ballast = fill(disk)
    process.capture(WHILE_FULL)
    wait_for(lambda: sink.accounts()["rejected"].get("store_unavailable"), 60, "a refusal")

    assert "refuses writes" == sink.get("/healthz/ready")["store"]
    stored = arrived(sink, process)
    assert process.figures()["delivered"] <= stored < BEFORE + WHILE_FULL
    if killed:
        sink.end(signal.SIGKILL)
    ballast.unlink()
    if killed:
        sink.start()
        assert stored <= arrived(sink, process)
    wait_sent(sink, process, BEFORE + WHILE_FULL)

    assert BEFORE + WHILE_FULL == arrived(sink, process)
    process.end()
    code, found = account()
    events = found["services"][process.project]["items"]["event"]
    assert (0, [], {}) == (code, found["not_closed"], events["discarded"]), found["verdict"]
    assert 0 == sink.end()
    with sqlite3.connect(disk / "sink.sqlite3") as store:
        assert [("ok",)] == store.execute("PRAGMA integrity_check").fetchall()
