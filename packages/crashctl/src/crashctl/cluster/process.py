"""
Running other programs: output goes to the log, a failure becomes one error that shows its last lines.
"""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

LAST_LINES = 15


class ToolFailedError(Exception):
    """A program ended with an error; the message has the command and its last lines."""


class Tools:
    """
    Runs programs, with the provided tools first on PATH.

    Args:
        log: File that all output is appended to.
        environ: Variables of every program.
    """

    def __init__(self, log: Path, environ: Mapping[str, str]) -> None:
        self.log = log
        self.environ = dict(environ)

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> None:
        """
        Run a program to its end.

        Args:
            command: Program and arguments.
            cwd: Folder to run in.
            env: Variables on top of those of every program.
            stdin: Text for the program to read.

        Raises:
            ToolFailedError: it ended with another code than 0.
        """
        # Here and not at the start: a command that only asks leaves no folder, and `down` removes this one.
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._head(log, command)
            begin = log.tell()
            ended = self._start(command, cwd, env, stdin, stdout=log, stderr=subprocess.STDOUT)
        if ended.returncode:
            with self.log.open("rb") as log:
                log.seek(begin)
                raise self._failure(command, ended.returncode, log.read().decode(errors="replace"))

    def output(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> str:
        """
        Run a program and hand back what it printed to its standard output.

        Raises:
            ToolFailedError: it ended with another code than 0.
        """
        ended = self._start(command, cwd, env, stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if ended.returncode:
            raise self._failure(command, ended.returncode, (ended.stderr or b"").decode(errors="replace"))
        return bytes(ended.stdout).decode(errors="replace")

    def succeeds(self, *command: str | Path) -> bool:
        """Whether a program can be run and ends with 0."""
        try:
            self.output(*command)
        except (ToolFailedError, OSError):
            return False
        return True

    def _start(
        self,
        command: Sequence[str | Path],
        cwd: Path | None,
        env: Mapping[str, str] | None,
        stdin: str,
        *,
        stdout: int | IO[bytes],
        stderr: int,
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **self.environ, **(env or {})},
            input=stdin.encode(),
            stdout=stdout,
            stderr=stderr,
            check=False,
        )

    def _head(self, log: IO[bytes], command: Sequence[str | Path]) -> None:
        log.write(f"\n$ {shlex.join(str(part) for part in command)}\n".encode())
        log.flush()

    def _failure(self, command: Sequence[str | Path], code: int, output: str) -> ToolFailedError:
        last = "\n".join(f"    {line}" for line in output.strip().splitlines()[-LAST_LINES:])
        shown = shlex.join(str(part) for part in command)
        return ToolFailedError(f"{shown[:300]} ended with {code}. Log: {self.log}\n{last}")
