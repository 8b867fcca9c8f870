"""
Running a command to its end, whatever ends us.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

ENDS_WITHIN_S = 30.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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

    def end(number: int, _frame: object) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise EndedError(number)

    # A SIGINT that is ignored by inheritance is meant for others.
    before = {number: signal.getsignal(number) for number in ENDING}
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
    process = None
    try:
        with _signals_wait() as mask:
            # A signal that we ignore while we clean up, or hold back, must not be so for the next command.
            process = subprocess.Popen(
                [*command],
                env={**os.environ, **env},
                restore_signals=True,
                preexec_fn=partial(signal.pthread_sigmask, signal.SIG_SETMASK, mask),  # noqa: PLW1509 - no threads here
            )
        code = process.wait()
    except FileNotFoundError:
        return 127
    except PermissionError:
        return 126
    except EndedError as ended:
        if process is not None:
            # From a terminal the command has its Ctrl-C already; a second would cut its own cleaning up short.
            if ended.number != signal.SIGINT:
                process.terminate()
            _end(process)
        raise
    return code if code >= 0 else 128 - code


@contextmanager
def _signals_wait() -> Iterator[set[int]]:
    """
    Hold back what asks us to end: a command that has started must be known before anybody is to end it.

    Yields:
        What was held back before.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield {int(number) for number in mask}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stop in (process.terminate, process.kill):
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            stop()
    process.wait()
