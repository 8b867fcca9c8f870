"""
The event sink as a process of its own.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from crashctl.waiting import wait_for

KEY = "0123456789abcdef" * 2
TOKEN = "token-of-the-tests"  # noqa: S105 - of a process that lives for one test
HOST = "127.0.0.1"
LISTENS_WITHIN_S = 20
ENDS_WITHIN_S = 30
PAGE = 1000

Json = dict[str, Any]  # Any: JSON


@dataclass
class SinkProcess:
    """
    ``python -m event_sink`` on a port of its own; it can be killed and started again on the same store.

    Args:
        folder: for the store and the logs.
        env: what it is told besides.
        port: to listen on; 0 takes a free one.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    port: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))
    process: subprocess.Popen[bytes] | None = None
    runs: int = 0

    @classmethod
    @contextmanager
    def running(cls, folder: Path, env: dict[str, str] | None = None) -> Iterator[Self]:
        """
        Run one for as long as the block lasts.

        Args:
            folder: is made, for the store and the logs.
            env: what it is told besides.
        """
        folder.mkdir()
        made = cls(folder, env or {})
        try:
            made.start()
            yield made
        finally:
            made.close()

    def start(self, *, before: list[str] | None = None) -> "SinkProcess":
        """
        Start it, and wait until it listens.

        Args:
            before: a command that runs it.
        """
        self.runs += 1
        log = self.folder / f"sink-{self.runs}.log"
        env = {
            **os.environ, "SINK_DB_PATH": str(self.folder / "sink.sqlite3"), "SINK_INGEST_KEY": KEY,
            "SINK_TOKEN": TOKEN, "SINK_HOST": HOST, "SINK_PORT": str(self.port), **self.env,
        }  # fmt: skip
        with log.open("wb") as out:
            command = [*(before or []), sys.executable, "-m", "event_sink"]
            self.process = subprocess.Popen(command, env=env, stderr=out, stdout=out)
        self.port = wait_for(lambda: self._port(log), LISTENS_WITHIN_S, f"the sink to listen; its log: {log}")
        return self

    def _port(self, log: Path) -> int:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(log.read_text())
        found = [line for line in self.lines() if line.get("message") == "listening"]
        return int(found[-1]["port"]) if found else 0

    def lines(self) -> list[Json]:
        """Give the lines of its log."""
        text = (self.folder / f"sink-{self.runs}.log").read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    def dsn(self, project_id: int = 2) -> str:
        """What an SDK is told."""
        return f"http://{KEY}@{HOST}:{self.port}/{project_id}"

    def get(self, path: str, **query: str | int) -> Json:
        """Ask it."""
        answer = self.http.get(f"{self.url}{path}", params=query)
        if answer.status_code != httpx.codes.OK:
            raise AssertionError(f"{path} answered {answer.status_code}: {answer.text}")
        found: Json = answer.json()
        return found

    def accounts(self) -> Json:
        """Give its accounts."""
        return self.get("/api/v1/accounts")

    def items(self, **query: str | int) -> list[Json]:
        """Give all items that fit, page by page."""
        found: list[Json] = []
        while page := self.get("/api/v1/events", since_seq=found[-1]["seq"] if found else 0, limit=PAGE, **query)[
            "items"
        ]:
            found += page
        return found

    def post(self, body: bytes, project_id: int = 2, **headers: str) -> httpx.Response:
        """Send an envelope as an SDK does."""
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={KEY}"}
        sent = auth | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"{self.url}/api/{project_id}/envelope/", content=body, headers=sent)

    def misbehave(self, **order: object) -> None:
        """Tell it to be a bad backend."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = self.http.put(f"{self.url}/api/v1/misbehaviour", json=order, headers=headers)
        if answer.status_code != httpx.codes.OK:
            raise AssertionError(answer.text)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it, and give its exit code."""
        if self.process is None:
            raise AssertionError("the sink was never started")
        self.process.send_signal(number)
        return self.process.wait(ENDS_WITHIN_S)

    def close(self) -> None:
        """End it without a word."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)
        self.http.close()
