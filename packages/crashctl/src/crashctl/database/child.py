"""
Running a command to its end, whatever ends us.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

ENDS_WITHIN_S = 30.0


class EndedError(BaseException):
    """
    A signal asks us to end; like KeyboardInterrupt, nothing but the outermost code may stop it.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """
    Turn Ctrl-C, SIGTERM and SIGHUP into one `EndedError`; what comes after it is ignored, so that cleaning up ends.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise EndedError(number)

    # A SIGINT that is ignored by inheritance is meant for others.
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_child(command: Sequence[str], env: Mapping[str, str]) -> int:
    """
    Run a command with the terminal's own input and output.

    Args:
        command: Program and arguments.
        env: Variables on top of ours.

    Returns:
        Its exit code, as a shell counts: 128 and the signal's number where one ended it, 127 where it is not found.

    Raises:
        EndedError: we were asked to end; the command has ended before this is raised.
    """
    try:
        # A signal that we ignore while we clean up must not be ignored by the next command.
        process = subprocess.Popen([*command], env={**os.environ, **env}, restore_signals=True)
    except FileNotFoundError:
        return 127
    except PermissionError:
        return 126
    try:
        code = process.wait()
    except EndedError as ended:
        # From a terminal the command has its Ctrl-C already; a second would cut its own cleaning up short.
        if ended.number != signal.SIGINT:
            process.terminate()
        _end(process)
        raise
    return code if code >= 0 else 128 - code


def _end(process: subprocess.Popen[bytes]) -> None:
    for stop in (process.terminate, process.kill):
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            stop()
    process.wait()
