"""
A database of one's own, on a Docker that is played: what is asked of it, and what is removed.
"""

import os
import subprocess

import pytest
from crashctl.cluster.engine import start_ticks
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.database.local import LocalDatabase, free_port, memory_limits

IMAGES = {"documentdb": "image-d", "ferretdb": "image-f"}
LIMITS = {"documentdb": "256m", "ferretdb": "160m"}


@pytest.fixture
def docker(tmp_path):
    """Make a `docker` of a script, which notes its arguments, and its environment's passwords, before it runs."""

    def make(script: str) -> LocalDatabase:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n'
            f'echo "${{MONGODB_PASSWORD:-$PGPASSWORD}}" >>{tmp_path}/passwords\n{script}\n'
        )
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        return LocalDatabase(Tools(tmp_path / "log", {"PATH": path}), LIMITS)

    return make


@pytest.fixture
def asked(tmp_path):
    return lambda: (tmp_path / "asked").read_text().splitlines()


def test_the_limits_are_those_of_the_chart():
    """
    What runs here has what the pod has, in Docker's spelling.
    """
    limits = memory_limits(REPOSITORY)

    assert {"documentdb": "256m", "ferretdb": "160m"} == limits


def test_a_start_that_fails_leaves_nothing(docker, asked):
    """
    When the second container does not start, the first one is removed, with its volume.
    """
    local = docker('case "$*" in *image-f*) exit 1;; "ps "*) echo one-documentdb;; esac')

    with pytest.raises(ToolFailedError):
        local.start("one", IMAGES)

    assert "rm --force --volumes one-documentdb" == asked()[-1]


def test_a_password_is_in_no_command_line(docker, asked, tmp_path):
    """
    Docker is given the password in its environment, and both containers the same one.
    """
    local = docker('case "$*" in *image-f*) exit 1;; esac')

    with pytest.raises(ToolFailedError):
        local.start("one", IMAGES)

    first, second, *_ = (tmp_path / "passwords").read_text().split()
    assert first == second
    assert len(first) >= 32
    assert [] == [line for line in asked() if first in line]
    assert first not in (tmp_path / "log").read_text()


def test_it_is_reachable_from_this_machine_only(docker, asked):
    """
    The port is published on the loopback address, hardened as in the chart, with its owner noted.
    """
    local = docker('case "$*" in *image-f*) exit 1;; esac')

    with pytest.raises(ToolFailedError):
        local.start("one", IMAGES, port=27999)

    words = asked()[0].split()
    assert {"--publish=127.0.0.1:27999:27017", "--read-only", "--cap-drop=ALL", "--memory=256m"} <= set(words)
    assert f"--label=crash-demo.owner={os.getpid()}:{start_ticks(os.getpid())}" in words


def test_only_what_no_living_process_owns_is_swept(docker, asked):
    """
    A database whose owner was killed is removed; one whose owner lives, and one that stays on purpose, are not.
    """
    ended = subprocess.Popen(["true"])
    ended.wait()
    alive = f"{os.getpid()}:{start_ticks(os.getpid())}"
    reused = f"{os.getpid()}:{start_ticks(os.getpid()) - 1}"
    local = docker(
        f'case "$*" in *crash-demo.database=*) echo a-container;; '
        f"*owner*) printf 'lives {alive}\\ndead {ended.pid}:5\\nreused {reused}\\n';; esac"
    )

    swept = local.sweep()

    assert ["dead", "reused"] == swept
    assert 2 == asked().count("rm --force --volumes a-container")


def test_where_none_runs_there_is_no_uri(docker):
    """
    A container that is not there is no error.
    """
    assert docker("exit 1").uri("one") is None


def test_the_uri_of_one_that_runs_is_found(docker):
    """
    Password and port are asked of Docker, so nothing is kept elsewhere.
    """
    local = docker(
        'case "$1" in inspect) printf "PATH=/bin\\nMONGODB_PASSWORD=secret\\n";; port) echo 127.0.0.1:27999;; esac'
    )

    assert "mongodb://casino:secret@127.0.0.1:27999/" == local.uri("one")


def test_a_free_port_is_free():
    """
    It can be bound, and two are not the same by rule.
    """
    assert 1024 < free_port() < 65536
