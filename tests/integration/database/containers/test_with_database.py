"""
`scripts/with-database` as a person runs it: what it starts is gone afterwards, however it ends.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from crashctl.waiting import wait_for

ROOT = Path(__file__).parents[4]
# As `crashctl.database.wire` asks, from a process of its own.
PING = "from crashctl.database.wire import ping; import os; print(ping(os.environ['MONGODB_URI']), flush=True)"


@pytest.fixture
def running(docker):
    """The names of all containers of databases, also of those that others start meanwhile."""
    return lambda: set(docker("ps", "--all", "--filter=name=crash-demo-database-", "--format={{.Names}}").split())


@pytest.fixture
def started_by(running):
    """Those that a command of `start` has started; each has the number of a process of its session in its name."""

    def in_session(name: str, session: int) -> bool:
        try:
            return session == os.getsid(int(name.split("-")[3]))
        except ProcessLookupError:
            return False

    return lambda process: {name for name in running() if in_session(name, process.pid)}


@pytest.fixture
def start():
    """Start it in a session of its own, as a terminal has, without the database of the tests."""
    started = []

    def begin(*command: str) -> subprocess.Popen[str]:
        env = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
        process = subprocess.Popen(
            # Tests may run in the background, where Ctrl-C is ignored by inheritance; a terminal's is not.
            ["env", "--default-signal=INT", "scripts/with-database", *command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_command_finds_a_database_and_its_code_is_passed_on(start, running, started_by):
    """
    The command's URI answers a ping with its login, its exit code is ours, and nothing is left.
    """
    process = start("sh", "-c", f'.venv/bin/python -c "{PING}"; read go; exit 7')
    assert "True" == process.stdout.readline().strip()
    ours = started_by(process)

    _, told = process.communicate("go\n", timeout=110)

    assert 7 == process.returncode, told
    assert 2 == len(ours)
    assert set() == ours & running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_started_is_gone_after_a_signal(start, running, started_by, number):
    """
    Ctrl-C and SIGTERM to the whole group end the command and remove the database, with the code that a shell expects.
    """
    process = start("sh", "-c", "echo here; exec sleep 300")
    assert "here" == process.stdout.readline().strip()
    ours = started_by(process)
    assert 2 == len(ours)

    os.killpg(process.pid, number)

    process.communicate(timeout=60)
    wait_for(lambda: not ours & running(), 30, "the containers to be gone")
    assert process.returncode in {128 + number, -number}


def test_what_a_killed_one_left_is_removed_by_the_next(start, running, started_by):
    """
    After a SIGKILL nobody can clean up; the next run does.
    """
    first = start("sh", "-c", "echo here; exec sleep 300")
    assert "here" == first.stdout.readline().strip()
    left = started_by(first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(10)

    assert 2 == len(left & running())
    start("true").communicate(timeout=110)

    assert set() == left & running()
