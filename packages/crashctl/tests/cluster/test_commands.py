"""
The commands as a user runs them: one clear line instead of a traceback, and Ctrl-C leaves nothing half-trusted.
"""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from crashctl.cluster.kind_cluster import host_ports
from crashctl.cluster.layout import REPOSITORY

WITHIN_S = 20


@pytest.fixture
def machine(tmp_path):
    """A machine of its own: an empty cache, and a `docker` that does what the test says."""
    programs = tmp_path / "programs"
    programs.mkdir()

    def with_docker(script: str | None) -> dict[str, str]:
        if script is not None:
            (programs / "docker").write_text(f"#!/bin/sh\n{script}\n")
            (programs / "docker").chmod(0o755)
        path = f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"
        return {**os.environ, "PATH": path, "CRASH_DEMO_CACHE": str(tmp_path / "cache")}

    return with_docker


def crashctl(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crashctl", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=WITHIN_S)


def test_no_rights_to_docker_is_one_line(machine):
    """
    `up` ends with 1, the line names the fix, and there is no traceback.
    """
    environ = machine("echo 'permission denied while trying to connect to the socket' >&2; exit 1")

    ended = crashctl(environ, "up")

    (line,) = ended.stderr.strip().splitlines()
    assert 1 == ended.returncode
    assert line.endswith("Fix: sudo usermod -aG docker $USER, then log in again; or run as root.")


def test_a_road_that_is_none_is_one_line(machine):
    """
    A typo in CRASH_DEMO_ROAD stops before anything is made.
    """
    ended = crashctl({**machine("echo 99.0"), "CRASH_DEMO_ROAD": "image"}, "up")

    assert 1 == ended.returncode
    assert "CRASH_DEMO_ROAD=image is no road. Fix: set it to images or packages, or unset it.\n" == ended.stderr


def test_taken_ports_are_named_before_anything_is_made(machine, tmp_path):
    """
    Each port that somebody has is one line; no tool was built, and no cluster was claimed.
    """
    docker = 'case "$*" in *MemTotal*) echo 64000000000;; *version*) echo 99.0;; *ps*) ;; *) exit 1;; esac'
    environ = {**machine(docker), "CRASH_DEMO_ROAD": "images"}
    port = host_ports(REPOSITORY / "k8s" / "kind.yaml")[-1]

    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
            server.listen()
        except OSError:
            pass  # taken by a running demo, which is what the test wants
        ended = crashctl(environ, "up")

    assert 1 == ended.returncode
    assert f"error: port {port} (spotlight) is taken" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "cache" / "entries").exists()
    assert not list((tmp_path / "cache" / "clusters").glob("*/state.json"))


def test_ctrl_c_says_how_to_go_on(machine, tmp_path):
    """
    The signal of the terminal ends `up` with 130 and one sentence, and leaves no record of a cluster.
    """
    started = tmp_path / "started"
    command = [sys.executable, "-m", "crashctl", "up"]
    environ = machine(f"touch {started}; exec sleep 60")
    # Whoever runs the tests in the background ignores SIGINT, and children inherit that; a terminal does not.
    running = subprocess.Popen(
        command,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread runs yet
    )
    deadline = time.monotonic() + WITHIN_S
    while not started.exists():
        assert time.monotonic() < deadline, f"docker was not asked within {WITHIN_S} s"
        time.sleep(0.05)

    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=WITHIN_S)

    assert 130 == running.returncode
    assert "Interrupted. Nothing half-made is kept; `crashctl up` goes on where this ended." in said
    assert "Traceback" not in said
    assert not list((tmp_path / "cache" / "clusters").glob("*/state.json"))


def test_status_without_a_cluster_ends_with_one(machine):
    """
    Scripts can ask; the answer needs no engine.
    """
    ended = crashctl(machine("exit 1"), "status")

    assert (1, "no cluster crash-demo of ours answers\n") == (ended.returncode, ended.stderr)


def test_down_without_a_cluster_touches_nothing(machine):
    """
    Nothing of ours is here, so nothing is removed, and that is no error.
    """
    ended = crashctl(machine("echo called >&2; exit 1"), "down")

    assert 0 == ended.returncode
    assert "no crash-demo of ours" in ended.stdout
    assert "not ours, left alone" in ended.stdout


def test_env_can_be_evaluated(machine, tmp_path):
    """
    A shell that evaluates the lines has the kubeconfig and the tools, also from a folder with a space.
    """
    environ = {**machine(None), "CRASH_DEMO_CACHE": str(tmp_path / "a cache")}
    lines = crashctl(environ, "env").stdout

    shown = subprocess.run(
        ["bash", "-c", f'{lines}\necho "$KUBECONFIG"; echo "${{PATH%%:*}}"'], check=True, capture_output=True, text=True
    ).stdout

    assert [f"{tmp_path}/a cache/clusters/crash-demo/kubeconfig", f"{tmp_path}/a cache/bin"] == shown.splitlines()


def test_an_unknown_tool_is_one_line(machine):
    """
    `crashctl tools` names what there is.
    """
    ended = crashctl(machine(None), "tools", "skaffold")

    assert (1, "'skaffold' is no tool of ours. Fix: name kind, helm, kubectl, buildx or chromium.\n") == (
        ended.returncode,
        ended.stderr,
    )
