"""
Processes with a spool that are told what to do, and a real sink.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from crashctl.proof.release import clean
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for

PROGRAM = Path(__file__).parent / "program.py"
ENDS_WITHIN_S = 60


class Casino:
    """
    A process with a spool.

    Args:
        state: its folder, which outlives it.
        dsn: of the sink.
        log: what it says goes there.
        default: whether it has the SDK's own transport in place of ours.
        under: a command that runs it.
        told: of its environment.
    """

    def __init__(
        self, state: Path, dsn: str, log: Path, *, default: bool = False, under: Sequence[str] = (), **told: str
    ) -> None:
        self.state = state
        self.spool = state / "spool"
        self._log = log
        env = {**clean(), "PORT": "8099", "CATALOG_DIR": "/", "STATE_DIR": str(state), "SENTRY_DSN": dsn, **told}
        command = [*under, sys.executable, str(PROGRAM), *(["--default"] if default else [])]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True
            )
        self.started_s = self._answer()["started_s"]

    def tell(self, do: str, **order: object) -> dict[str, Any]:
        """Give an order, and wait until it is done."""
        self.order(do, **order)
        return self._answer()

    def order(self, do: str, **order: object) -> None:
        """Give an order, and wait for nothing."""
        self.process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self.process.stdin.flush()

    def die(self, run: str) -> None:
        """Let it capture and be killed."""
        self.order("die", run=run)
        assert -signal.SIGKILL == self.ended()

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.ended()

    def end(self) -> None:
        """Let it end as a service does."""
        self.tell("stop")
        self.process.stdin.close()
        assert 0 == self.ended(), self.logged()

    def ended(self) -> int:
        """Wait for its end."""
        return self.process.wait(ENDS_WITHIN_S)

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def counts(self) -> dict[str, float]:
        """What became of its events, without the zeros."""
        return {name: number for name, number in self._metrics().items() if number}

    def logged(self) -> str:
        """What it and its predecessors said."""
        return self._log.read_text()

    def files(self) -> list[str]:
        """What lies in its spool."""
        return sorted(file.name for file in self.spool.glob("*.envelope")) if self.spool.is_dir() else []

    def wait_delivered(self, within_s: float = 60) -> None:
        """Wait until nothing waits any more."""
        wait_for(lambda: not self._metrics()["files"], within_s, f"an empty spool; the log: {self.logged()}")

    def _metrics(self) -> dict[str, float]:
        found = {}
        for line in self.tell("metrics")["text"].splitlines():
            if line.startswith("crash_spool"):
                name, _, number = line.rpartition(" ")
                found[name.removeprefix("crash_spool_").replace('total{outcome="', "").rstrip('"}')] = float(number)
        return found

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        assert line, self.logged()
        return json.loads(line)


@dataclass
class Sink(SinkProcess):
    """The sink, asked for what these tests ask."""

    def arrived(self, run: str) -> int:
        """How many events of a run are stored."""
        return len(self.items(run=run, type="event"))

    def wait_arrived(self, run: str, number: int, within_s: float = 60) -> None:
        """Wait for events of a run."""
        wait_for(
            lambda: self.arrived(run) >= number, within_s, f"{number} events of {run}; {self.arrived(run)} are here"
        )

    def duplicates(self) -> int:
        """How many events came more than once; they are stored once."""
        return self.accounts()["duplicates"].get("event", 0)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with Sink.running(tmp_path / "sink") as made:
        yield made


@pytest.fixture
def start(tmp_path: Path, sink: Sink) -> Iterator[Callable[..., Casino]]:
    """Start processes on one state folder, one after the other."""
    with ExitStack() as stack:

        def make(state: Path = tmp_path / "state", *, default: bool = False, **told: str) -> Casino:
            state.mkdir(exist_ok=True)
            made = Casino(state, told.pop("dsn", sink.dsn()), tmp_path / "casino.log", default=default, **told)
            stack.callback(made.close)
            return made

        yield make


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a file system")
