"""
The coroner and the event sink as processes of their own, before whatever Kubernetes API there is.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from crashctl.cluster.layout import REPOSITORY
from crashctl.proof.release import free_port
from crashctl.proof.sink import KEY, TOKEN
from crashctl.waiting import wait_for

CATALOG = REPOSITORY / "catalog"
READY = 200

Json = dict[str, Any]  # Any: what the sink answers


@dataclass
class Process:
    """
    A Python service of ours on a port of its own, whose log is kept.

    Args:
        module: what ``python -m`` starts.
        folder: for its log.
        environment: what it is told.
        port: that it is told to listen on.
    """

    module: str
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has logged, in all its starts."""
        return (self.folder / f"{self.module}.log").read_text()

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The process itself."""
        assert self.process is not None, f"{self.module} was not started"  # noqa: S101 - a mistake of the test
        return self.process

    def start(self) -> "Process":
        """Start it, or start it again."""
        environment = {"PATH": os.environ["PATH"], **self.environment}
        with (self.folder / f"{self.module}.log").open("ab") as log:
            command = [sys.executable, "-m", self.module]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        return self

    def status(self, path: str) -> int | None:
        """Give the status of an answer; none where there is no answer."""
        if self.running.poll() is not None:
            raise AssertionError(self.log[-3000:])
        try:
            return httpx.get(f"{self.url}{path}", timeout=10).status_code
        except httpx.TransportError:
            return None

    def ready(self, within_s: float = 60) -> "Process":
        """Wait until it is ready."""
        wait_for(lambda: self.status("/healthz/ready") == READY, within_s, f"{self.module} is ready")
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it, and give its status."""
        self.running.send_signal(number)
        return self.running.wait(30)

    def close(self) -> None:
        """End it without a word, if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    def metric(self, name: str) -> float:
        """Sum a metric over its labels."""
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition(" ")[0].partition("{")[0] == name)


class Sink(Process):
    """The event sink, and what it has."""

    def events(self) -> list[Json]:
        """List its events, the oldest first."""
        asked = {"type": "event", "limit": "500"}
        items: list[Json] = httpx.get(f"{self.url}/api/v1/events", params=asked, timeout=10).json()["items"]
        return sorted(items, key=lambda item: float(item["received_at"]))

    def event(self, event_id: str) -> Json:
        """Give one event as it was sent."""
        found: Json = httpx.get(f"{self.url}/api/v1/events/{event_id}", timeout=10).json()
        payload: Json = found.get("payload", found)
        return payload


def make_sink(folder: Path) -> Sink:
    """
    Make a sink with a store of its own, which does not run yet.

    Args:
        folder: for store and log.
    """
    port = free_port()
    told = {
        "SINK_DB_PATH": str(folder / "sink.sqlite3"), "SINK_INGEST_KEY": KEY, "SINK_TOKEN": TOKEN,
        "SINK_HOST": "127.0.0.1", "SINK_PORT": str(port), "SINK_CATALOG_DIR": str(CATALOG),
    }  # fmt: skip
    return Sink("event_sink", folder, told, port)


def make_coroner(folder: Path, state: Path, sink: Sink, *, kubeconfig: Path, namespace: str, release: str) -> Process:
    """
    Make a coroner, which does not run yet.

    Args:
        folder: for its log.
        state: that outlives it.
        sink: where it tells deaths.
        kubeconfig: of the cluster.
        namespace: of the pods.
        release: whose pods they are.
    """
    port = free_port()
    told = {
        "HOST": "127.0.0.1", "PORT": str(port), "CATALOG_DIR": str(CATALOG), "STATE_DIR": str(state),
        "SENTRY_DSN": f"http://{KEY}@127.0.0.1:{sink.port}/6", "SENTRY_ENVIRONMENT": "demo", "DRAIN_S": "5",
        "POD_NAMESPACE": namespace, "RELEASE_NAME": release, "KUBE": str(kubeconfig),
    }  # fmt: skip
    return Process("coroner", folder, told, port)
