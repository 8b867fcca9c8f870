"""
A command is run to its end, and ends with us when a signal ends us.
"""

import os
import signal
import subprocess
import sys

import pytest
from crashctl.database.child import EndedError, ended_by_signals, run_child

# Runs a child that tells that it is there and then waits; writes what became of it.
OUTER = """
import sys
from crashctl.database.child import EndedError, ended_by_signals, run_child
try:
    with ended_by_signals():
        run_child(["sh", "-c", "trap 'echo child ended; exit 0' TERM INT; echo here; while :; do sleep 0.05; done"], {})
except EndedError as ended:
    print("ended by", ended.number)
"""


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["true"], 0),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["no-such-program"], 127),
        (["/etc/passwd"], 126),
    ],
)
def test_the_code_is_the_commands_own(command, code):
    """
    As a shell counts: also for a signal, a program that is not there and a file that is none.
    """
    assert code == run_child(command, {})


def test_the_command_gets_our_variables_and_those_that_are_given(tmp_path, monkeypatch):
    """
    What is given is on top of what is there.
    """
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("GIVEN", "before")
    told = tmp_path / "told"

    run_child(["sh", "-c", f'echo "$KEPT $GIVEN" >{told}'], {"GIVEN": "given"})

    assert "kept given\n" == told.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_us_ends_the_command_first(number):
    """
    The command is told, has ended, and only then do we go on.
    """
    heard = f"import signal; signal.signal({number.value}, signal.SIG_DFL)"  # ignored where the tests run under nohup
    outer = subprocess.Popen([sys.executable, "-u", "-c", heard + OUTER], stdout=subprocess.PIPE, text=True)
    assert "here" == outer.stdout.readline().strip()

    outer.send_signal(number)

    assert ["child ended", f"ended by {number.value}"] == outer.communicate(timeout=60)[0].split("\n")[:2]


def test_ctrl_c_in_a_terminal_reaches_the_command_once():
    """
    The terminal tells the whole group, so we do not tell the command again.
    """
    outer = subprocess.Popen(
        [sys.executable, "-u", "-c", f"import signal; signal.signal(2, signal.default_int_handler){OUTER}"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert "here" == outer.stdout.readline().strip()

    os.killpg(outer.pid, signal.SIGINT)

    assert ["child ended", "ended by 2"] == outer.communicate(timeout=60)[0].split("\n")[:2]


def test_handlers_are_put_back():
    """
    After the block the signals mean what they meant before.
    """
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(EndedError), ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)

    assert before == signal.getsignal(signal.SIGTERM)
