"""
A daemon is ours only while it is the process that we started.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from crashctl.cluster.engine import Daemon, Engine, forget_foreign_pid, start_ticks
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import Tools
from crashctl.waiting import wait_for


@pytest.fixture
def process():
    started = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.wait()


@pytest.fixture
def tools(tmp_path):
    return Tools(tmp_path / "log", {})


def note(folder, daemon: Daemon) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.json").write_text(daemon.model_dump_json())


def test_a_running_process_of_ours_is_stopped(tmp_path, tools, process):
    """
    `stop` ends exactly the noted process, and once only.
    """
    note(tmp_path, Daemon(pid=process.pid, start_ticks=start_ticks(process.pid)))

    stopped = Engine(tools, tmp_path).stop()

    assert stopped
    assert -signal.SIGTERM == process.wait(5)
    assert not Engine(tools, tmp_path).stop()


def test_a_reused_pid_is_not_ours(tmp_path, tools, process):
    """
    A process with the noted pid that started at another time is left alone.
    """
    note(tmp_path, Daemon(pid=process.pid, start_ticks=start_ticks(process.pid) - 1))

    assert Engine(tools, tmp_path).ours is None
    assert not Engine(tools, tmp_path).stop()
    assert process.poll() is None


def test_a_dead_process_has_no_start():
    """
    A pid that nobody has is told apart from our own.
    """
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert start_ticks(ended.pid) is None
    assert start_ticks(os.getpid()) is not None


def fake_docker(folder, script: str) -> Tools:
    docker = folder / "bin" / "docker"
    docker.parent.mkdir(parents=True)
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    return Tools(folder / "log", {"PATH": f"{docker.parent}{os.pathsep}{os.environ['PATH']}"})


def test_no_rights_is_said_with_the_fix(tmp_path):
    """
    A socket that refuses this user is not taken for a daemon that does not run.
    """
    tools = fake_docker(tmp_path, "echo 'permission denied while trying to connect' >&2; exit 1")

    with pytest.raises(UpError, match=r"this user may not use it .* Fix: sudo usermod -aG docker"):
        Engine(tools, tmp_path).server_version()


def test_a_daemon_that_does_not_run_has_no_version(tmp_path):
    """
    A client that cannot connect means: none runs.
    """
    tools = fake_docker(tmp_path, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")

    assert Engine(tools, tmp_path).server_version() is None


def test_a_missing_client_is_said_with_the_fix(tmp_path):
    """
    Without a `docker` program the line says what to install.
    """
    tools = Tools(tmp_path / "log", {"PATH": str(tmp_path)})

    with pytest.raises(UpError, match=r"Docker is not installed\. Fix: install"):
        Engine(tools, tmp_path).server_version()


def test_a_pid_file_of_another_program_is_forgotten(tmp_path, process):
    """
    After a reboot the noted pid may be anybody's; the file stays only while the program it is named after has the pid.
    """
    name = Path(sys.executable).name[:15]
    # The kernel gives a process its new name a moment after it has become another program.
    wait_for(lambda: name == Path(f"/proc/{process.pid}/comm").read_text().strip(), 5, f"the name {name}")
    foreign, own = tmp_path / "dockerd.pid", tmp_path / f"{name}.pid"
    for file in (foreign, own):
        file.write_text(str(process.pid))

    forgotten = [forget_foreign_pid(file) for file in (foreign, own, tmp_path / "none.pid")]

    assert [True, False, False] == forgotten
    assert (False, True) == (foreign.exists(), own.exists())


def test_a_daemon_that_somebody_uses_is_not_free(tmp_path, tools):
    """
    Any number may use it at once, and only when the last one is done is anybody alone with it.
    """
    one, other = Engine(tools, tmp_path), Engine(tools, tmp_path)

    with one.in_use():
        with other.in_use(), one.alone() as while_two:
            pass
        with other.alone() as while_one:
            pass
    with other.alone() as afterwards:
        pass

    assert (False, False, True) == (while_two, while_one, afterwards)


def test_whoever_wants_it_waits_for_the_one_who_stops_it(tmp_path, tools):
    """
    Somebody who comes while it is being stopped gets it after that, and starts a new one.
    """
    order = []

    def use() -> None:
        with Engine(tools, tmp_path).in_use():
            order.append("used")

    with Engine(tools, tmp_path).alone():
        waiting = Thread(target=use)
        waiting.start()
        waiting.join(0.2)
        order.append("stopped")
    waiting.join(10)

    assert ["stopped", "used"] == order
