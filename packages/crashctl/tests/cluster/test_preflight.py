"""
What stands in the way is said in one line, with the fix.
"""

import os
import socket

import pytest
from crashctl.cluster.preflight import GIB, check_disk, check_memory, check_ports, check_swap, stopping


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_its_holder(taken_port):
    """
    The line names the port, what needed it, and the process that has it.
    """
    (finding,) = check_ports({taken_port: "gateway"})

    assert f"port {taken_port} (gateway) is taken by " in finding.found
    assert f"(process {os.getpid()})" in finding.found
    assert finding.stops


def test_a_free_port_is_no_finding():
    """
    A port that nobody listens on is fine, also right after somebody did.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert [] == check_ports({port: "gateway"})


def test_a_disk_without_room_stops(tmp_path):
    """
    The line says how much is free and how much is needed, for a cache folder that does not exist yet.
    """
    (finding,) = check_disk(tmp_path / "not" / "yet", needed_gib=1e6)

    assert finding.found.startswith(f"{tmp_path} has ")
    assert "1000000 are needed" in finding.found
    assert "CRASH_DEMO_CACHE" in finding.fix


def test_a_disk_with_room_is_no_finding(tmp_path):
    """
    Enough is enough.
    """
    assert [] == check_disk(tmp_path, needed_gib=0)


def test_too_little_memory_stops():
    """
    What counts is the smaller of what Docker's machine has and what is free.
    """
    (finding,) = check_memory(total_bytes=2 * GIB, available_bytes=64 * GIB)

    assert "2.0 GiB of memory are available, 3 are needed." == finding.found


def test_swap_is_worth_a_note_and_does_not_stop():
    """
    The note names the swap device; without swap there is none.
    """
    header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

    (finding,) = check_swap(header + "/dev/sda2                               partition\t999420\t\t0\t\t-2\n")

    assert "swap is on (/dev/sda2)" in finding.found
    assert [] == stopping([finding])
    assert [] == check_swap(header)
