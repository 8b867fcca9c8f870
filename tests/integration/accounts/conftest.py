"""
Gateway, game engine and sink as real processes, what may stand between them, and `crashctl account` as people call it.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from crashctl.drill.trace import new_trace
from crashctl.proof.http import Handler, serving
from crashctl.proof.release import TOKEN, Release, clean

ROOT = Path(__file__).parents[3]
SINK_TOKEN = "the-sink-token-of-the-tests"
ENGINE = "game-engine"
NAMES = ("event-sink", ENGINE, "gateway")


@dataclass
class House(Release):
    """The three, each told what a test wants besides."""

    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def told(self, name: str) -> Mapping[str, str]:
        """Faults may be fired."""
        more = self.more.get(name, {})
        if name == "event-sink":
            return {"SINK_TOKEN": SINK_TOKEN, **more}
        engine = {"GAME_ENGINE_URL": self.url(ENGINE)} if name == "gateway" else {}
        return {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "3", **engine, **more}

    def fire(self, path: str, times: int = 1) -> list[int]:
        """Fire some times through the gateway; gives the answers' status."""
        return [
            self.http.post(
                f"{self.url('gateway')}/api/v1/{path}",
                headers={"Authorization": f"Bearer {TOKEN}", **new_trace().headers},
            ).status_code
            for _ in range(times)
        ]

    def misbehave(self, **order: object) -> None:
        """Tell the sink to be a bad backend."""
        headers = {"Authorization": f"Bearer {SINK_TOKEN}"}
        answer = self.http.put(self.url("event-sink") + "/api/v1/misbehaviour", json=order, headers=headers)
        assert 200 == answer.status_code, answer.text

    def behave(self) -> None:
        """Let the sink behave again."""
        headers = {"Authorization": f"Bearer {SINK_TOKEN}"}
        self.http.delete(self.url("event-sink") + "/api/v1/misbehaviour", headers=headers).raise_for_status()

    def account(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `crashctl account` against it."""
        given = ["--sink", self.url("event-sink"), "--catalog-dir", str(ROOT / "catalog"), "--within", "60", *arguments]
        return subprocess.run(
            [sys.executable, "-m", "crashctl", "account", *given],
            env=clean(), capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip

    def drill(self, case: str) -> subprocess.CompletedProcess[str]:
        """Drill one case."""
        given = ["--gateway", self.url("gateway"), "--sink", self.url("event-sink"), "--kube", "none", "--json"]
        return subprocess.run(
            [sys.executable, "-m", "crashctl", "drill", *given, "--scenario", case],
            cwd=ROOT, env=clean() | {"FAULTS_TOKEN": TOKEN}, capture_output=True, text=True, check=False, timeout=200,
        )  # fmt: skip

    def document(self) -> tuple[int, dict[str, Any]]:
        """What it says as JSON, with its exit code."""
        ended = self.account("--json")
        assert ended.returncode in {0, 1}, ended.stderr
        return ended.returncode, json.loads(ended.stdout)


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Start the three."""
    with ExitStack() as stack:

        def make(**more: Mapping[str, str]) -> House:
            made = House(tmp_path, root=ROOT, more={name.replace("_", "-"): told for name, told in more.items()})
            stack.callback(made.end_all)
            made.start(*NAMES)
            return made

        yield make


class Thief(ThreadingHTTPServer):
    """A road to the sink that takes every third event, and says that all is well."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Steals)
        self.sink = ""
        self.seen = self.stolen = 0

    def takes(self, path: str, body: bytes) -> bool:
        """Whether this one is taken. Events are not packed on their way."""
        if not path.endswith("/envelope/") or b'"type":"event"' not in body:
            return False
        self.seen += 1
        self.stolen += self.seen % 3 == 0
        return self.seen % 3 == 0


class _Steals(Handler):
    server: Thief

    def do_POST(self) -> None:
        body = self.body()
        status = 200
        if not self.server.takes(self.path, body):
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            status = httpx.post(self.server.sink + self.path, content=body, headers=headers, timeout=30).status_code
        self.answer(status, b"{}")


@pytest.fixture
def thief() -> Iterator[Thief]:
    with serving(Thief()) as made:
        yield made


class Picky(ThreadingHTTPServer):
    """A Bugsink that refuses what it is told to refuse."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refuses)
        self.refuses = b"no such thing"
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Refuses(Handler):
    server: Picky

    def do_POST(self) -> None:
        body = self.body()
        self.answer(400 if self.server.refuses in body else 200, b"{}")


@pytest.fixture
def bugsink() -> Iterator[Picky]:
    with serving(Picky()) as made:
        yield made
