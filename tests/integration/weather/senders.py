"""
The two languages' processes with a spool, told the same: capture, end, die, and say what became of it.
"""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx
from crashctl.proof.release import clean, free_port, node
from crashctl.proof.sink import SinkProcess
from crashctl.waiting import wait_for

from tests.integration.spool.conftest import Casino

PAYMENT = Path(__file__).parents[3] / "services" / "payment" / "test" / "support"
BLOCKED = "EventLoopBlocked"
RUN = "weather"
TOKEN = "a-token-of-the-tests"


class Sender(Protocol):
    """
    A process that captures errors.

    Args:
        service: the tag of its events.
        project: the service that its DSN is of.
    """

    service: str
    project: str

    def capture(self, number: int) -> None:
        """Capture some errors, each its own."""

    def capture_large(self) -> None:
        """Capture one above Sentry's limit."""

    def transactions(self, number: int) -> None:
        """Make some transactions."""

    def figures(self) -> dict[str, float]:
        """What became of its events, without zeros."""

    def end(self) -> None:
        """End it as a service ends."""

    def kill(self) -> None:
        """Kill it."""


class Python:
    """The SDK for Python with our spool."""

    service = "casino"
    project = "game-engine"

    def __init__(self, state: Path, dsn: str, under: Sequence[str] = ()) -> None:
        self._process = Casino(state, dsn, state / "log", under=under)

    def capture(self, number: int) -> None:
        self._process.tell("capture", run=RUN, number=number)

    def capture_large(self) -> None:
        self._process.tell("capture", run=RUN, number=1, size=2_000_000)

    def transactions(self, number: int) -> None:
        self._process.tell("transactions", number=number)
        self._process.tell("flush", within_s=2)

    def figures(self) -> dict[str, float]:
        return self._process.counts()

    def end(self) -> None:
        self._process.end()

    def kill(self) -> None:
        self._process.close()


class Node:
    """Payment with its twin of the spool, and routes of its tests."""

    service = project = "payment"

    def __init__(self, state: Path, dsn: str, under: Sequence[str] = ()) -> None:
        self._url = f"http://127.0.0.1:{free_port()}"
        self._log = state / "log"
        env = {
            **clean(), "HOST": "127.0.0.1", "PORT": self._url.rpartition(":")[2],
            "CATALOG_DIR": str(PAYMENT / "catalog"), "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "MONGODB_URI": "mongodb://127.0.0.1:9/",
            "SENTRY_DSN": dsn, "STATE_DIR": str(state), "TRACES_SAMPLE_RATE": "0", "DRAIN_S": "3",
        }  # fmt: skip
        with self._log.open("ab") as log:
            command = [*under, str(node()), str(PAYMENT / "program.js")]
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self._http = httpx.Client(timeout=60)
        wait_for(self._is_ready, 90, f"payment; its log: {self._log}")

    def capture(self, number: int) -> None:
        self._post(f"/captures/{number}/answer")

    def capture_large(self) -> None:
        self._post("/large-capture")

    def transactions(self, number: int) -> None:
        for at in range(number):
            trace = f"{'a' * 31}{at % 10}-{'b' * 16}-1"
            self._http.get(f"{self._url}/notes/{at}", headers={"sentry-trace": trace}).raise_for_status()
        self._post("/flush")

    def figures(self) -> dict[str, float]:
        text = self._http.get(f"{self._url}/metrics").text
        found = re.findall(r'^crash_spool_(?:total\{outcome="(\w+)"\}|(files|bytes)) (\d+)$', text, re.MULTILINE)
        return {outcome or gauge: float(number) for outcome, gauge, number in found if float(number)}

    def end(self) -> None:
        self._process.terminate()
        assert 0 == self._process.wait(60), self._log.read_text()[-2000:]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)
        self._http.close()

    def _post(self, path: str) -> None:
        self._http.post(f"{self._url}{path}").raise_for_status()

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(self._log.read_text()[-4000:])
        try:
            return self._http.get(f"{self._url}/healthz/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def arrived(sink: SinkProcess, sender: Sender) -> int:
    """How many of its events are stored, without those that tell of a busy machine."""
    items = sink.items(type="event", service=sender.service)
    return sum(item["exception_type"] != BLOCKED for item in items)


def wait_sent(sink: SinkProcess, sender: Sender, number: int, within_s: float = 100) -> None:
    """Wait until so many are stored and none waits."""

    def is_sent() -> bool:
        return arrived(sink, sender) >= number and not sender.figures().get("files")

    wait_for(is_sent, within_s, f"{number} events of {sender.service}; {sender.figures()}", step_s=0.3)
