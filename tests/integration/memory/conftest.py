"""
Processes below a memory limit of the kernel's own, and a real sink.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from crashctl.proof.box import Box, boxed, why_no_box
from crashctl.proof.release import clean
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for
from crashkit.memory import MESSAGE

PROGRAM = Path(__file__).parent / "program.py"
ENDS_WITHIN_S = 120


class Sink(SinkProcess):
    """The sink, asked for what these tests ask."""

    def warnings(self) -> list[dict[str, Any]]:
        """The payloads of all warnings that memory is near its limit."""
        ids = [item["event_id"] for item in self.items(type="event") if item["title"] == MESSAGE]
        return [self.get(f"/api/v1/events/{event_id}")["payload"] for event_id in ids]

    def wait_for_warnings(self, count: int, within_s: float = 60) -> list[dict[str, Any]]:
        """Wait for so many, and give them."""
        wait_for(lambda: len(self.warnings()) >= count, within_s, f"{count} warnings; {len(self.warnings())} are here")
        return self.warnings()


class Casino:
    """
    The program in a box.

    Args:
        box: its limit.
        state: its folder, which outlives it.
        dsn: of the sink.
        told: of its environment.
    """

    def __init__(self, box: Box, state: Path, dsn: str, **told: str) -> None:
        env = {
            **clean(), "PORT": "8099", "CATALOG_DIR": "/", "STATE_DIR": str(state), "SENTRY_DSN": dsn,
            "TERMINATION_LOG": str(state / "termination-log"), **told,
        }  # fmt: skip
        self._log = state / "casino.log"
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [*box.before, sys.executable, str(PROGRAM)],
                env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True,
            )  # fmt: skip
        self._answer()

    def tell(self, do: str, **order: object) -> None:
        """Give an order, and wait until it is done."""
        self.order(do, **order)
        self._answer()

    def order(self, do: str, **order: object) -> None:
        """Give an order, and wait for nothing."""
        self.process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self.process.stdin.flush()

    def ended(self) -> int:
        """Wait for its end."""
        return self.process.wait(ENDS_WITHIN_S)

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _answer(self) -> None:
        assert self.process.stdout.readline(), self._log.read_text()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with Sink.running(tmp_path / "sink") as made:
        yield made


@pytest.fixture
def box() -> Iterator[Callable[[int], Box]]:
    """Make a limit (MiB)."""
    if why := why_no_box():
        pytest.skip(why)
    with ExitStack() as stack:
        yield lambda limit_mib: stack.enter_context(boxed(limit_mib))


@pytest.fixture
def start(box: Callable[[int], Box], tmp_path: Path, sink: Sink) -> Iterator[Callable[..., Casino]]:
    """Start the program below a limit, again and again on one state folder."""
    state = tmp_path / "state"
    state.mkdir()
    with ExitStack() as stack:

        def make(limit: Box, **told: str) -> Casino:
            made = Casino(limit, state, sink.dsn(), **told)
            stack.callback(made.close)
            return made

        yield make
