"""
The whole stack as real processes on ports of its own: event sink, game engine, gateway. No cluster.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from crashctl.drill.trace import Trace, new_trace
from crashctl.waiting import wait_for

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef" * 2
TOKEN = "the-fault-token-of-the-tests"
SINK_TOKEN = "the-sink-token-of-the-tests"
READY_WITHIN_S = 30
ENDS_WITHIN_S = 30
MODULES = {"event-sink": "event_sink", "game-engine": "game_engine", "gateway": "gateway"}


@dataclass
class Stack:
    """Three processes; each can be ended and started again on its port."""

    folder: Path
    told: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in MODULES})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def url(self, name: str) -> str:
        """Where one of them is."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, *names: str) -> None:
        """Start some of them, and wait until they are ready."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            command = [sys.executable, "-m", MODULES[name]]
            self.processes[name] = subprocess.Popen(command, env=self._environment(name), stdout=log, stderr=log)
        for name in names:
            wait_for(lambda name=name: self._is_ready(name), READY_WITHIN_S, f"{name} to be ready")

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End one of them; gives its exit code."""
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(ENDS_WITHIN_S)

    def end_all(self) -> None:
        """Kill whatever still runs."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait(ENDS_WITHIN_S)
        self.http.close()

    def log(self, name: str) -> str:
        """What one of them said."""
        return (self.folder / f"{name}.log").read_text()

    def fire(self, path: str, trace: Trace | None = None, **more: Any) -> httpx.Response:
        """Fire through the gateway, with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}", **(trace or new_trace()).headers, **more.pop("headers", {})}
        return self.http.post(self.url("gateway") + path, headers=headers, **more)

    def events(self, trace_id: str) -> list[dict[str, Any]]:
        """The events of a trace, as the sink lists them."""
        found = self.ask("/api/v1/events", trace=trace_id, type="event")
        return found["items"]

    def ask(self, path: str, **query: str) -> dict[str, Any]:
        """Ask the sink."""
        answer = self.http.get(self.url("event-sink") + path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def misbehave(self, **order: object) -> None:
        """Tell the sink to be a bad backend."""
        headers = {"Authorization": f"Bearer {SINK_TOKEN}"}
        answer = self.http.put(self.url("event-sink") + "/api/v1/misbehaviour", json=order, headers=headers)
        assert answer.status_code == 200, answer.text

    def drill(self, *arguments: str, cwd: Path = ROOT, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
        """Run `crashctl drill` against it; a later argument wins over an earlier one."""
        given = ["--gateway", self.url("gateway"), "--sink", self.url("event-sink"), "--kube", "none", *arguments]
        return subprocess.run(
            [sys.executable, "-m", "crashctl", "drill", *given],
            cwd=cwd, env=_clean() | {"FAULTS_TOKEN": token}, capture_output=True, text=True, check=False, timeout=110,
        )  # fmt: skip

    def _is_ready(self, name: str) -> bool:
        assert self.processes[name].poll() is None, self.log(name)
        try:
            return self.http.get(f"{self.url(name)}/healthz/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _environment(self, name: str) -> dict[str, str]:
        host, catalog = "127.0.0.1", str(ROOT / "catalog")
        if name == "event-sink":
            return _clean() | {
                "SINK_HOST": host, "SINK_PORT": str(self.ports[name]), "SINK_INGEST_KEY": KEY,
                "SINK_DB_PATH": str(self.folder / "sink.sqlite3"), "SINK_TOKEN": SINK_TOKEN, "CATALOG_DIR": catalog,
            }  # fmt: skip
        project = {"gateway": 1, "game-engine": 2}[name]
        state = self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        return _clean() | {
            "HOST": host, "PORT": str(self.ports[name]), "CATALOG_DIR": catalog, "STATE_DIR": str(state),
            "SENTRY_DSN": f"http://{KEY}@{host}:{self.ports['event-sink']}/{project}",
            "SENTRY_ENVIRONMENT": "integration", "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "3",
            "GAME_ENGINE_URL": self.url("game-engine"), **self.told,
        }  # fmt: skip


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _clean() -> dict[str, str]:
    """This machine's environment without anything that a service would read."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def running(folder: Path, **told: str) -> Iterator[Stack]:
    """A stack from ready to ended."""
    made = Stack(folder, told)
    try:
        made.start(*MODULES)
        yield made
    finally:
        made.end_all()


@pytest.fixture(scope="session")
def lasting_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that tests share; they must leave it as it was."""
    with running(tmp_path_factory.mktemp("stack")) as made:
        yield made


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that a test has for itself, to break it."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def make_stack(tmp_path: Path) -> Callable[..., Any]:
    """The way to make a stack that is told something else."""
    return lambda **told: running(tmp_path, **told)


@pytest.fixture
def catalogue_in_a_hurry(tmp_path: Path) -> Path:
    """The catalogue, where everything must be there within one second: so that what is late is late soon."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    for file in (ROOT / "catalog").glob("*.yaml"):
        (folder / file.name).write_text(
            file.read_text().replace("status: 500\n", "status: 500\n      within_s: 1\n", 1)
        )
    return folder
