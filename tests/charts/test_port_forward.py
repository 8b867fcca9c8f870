"""
scripts/port-forward: opens what is there, and opens it again.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "port-forward"
# A kubectl whose forward breaks off at once, as it does when the pod behind it is started anew.
KUBECTL = """#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$*" in
    *"get service"*-bugsink*) exit 1 ;;
    *"get service"*) printf '%s' "$PORT_OF_SERVICE" ;;
    *port-forward*) exit 1 ;;
esac
"""


@pytest.fixture
def forward(tmp_path, unused_tcp_port):
    """Start the script with a kubectl that only writes down how it was called."""
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CRASH_DEMO_CACHE": str(tmp_path / "none"),
        "CALLS": str(calls),
        "PORT_OF_SERVICE": str(unused_tcp_port),
        "RETRY_S": "0.05",
    }
    started = []

    def start(*components: str) -> tuple["subprocess.Popen[str]", Path]:
        process = subprocess.Popen([SCRIPT, *components], env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process, calls

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition, what: str, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.02)


def test_a_broken_forward_is_opened_again(forward):
    """
    When kubectl ends, because the pod was started anew, the port is opened again, until the script is stopped.
    """
    process, calls = forward("gateway")

    wait_for(lambda: calls.read_text().count("port-forward") >= 3, "three attempts")
    process.send_signal(signal.SIGTERM)

    assert 0 == process.wait(timeout=10)
    assert "service/crash-demo-gateway" in calls.read_text()


def test_what_is_not_there_is_left_out(forward):
    """
    A component that is not part of the release is named and left out; with nothing to open the script says so and ends.
    """
    process, _calls = forward("bugsink")

    _out, said = process.communicate(timeout=10)
    assert 1 == process.returncode
    assert "no Service crash-demo-bugsink in namespace crash-demo; left out" in said
    assert "nothing to open" in said
