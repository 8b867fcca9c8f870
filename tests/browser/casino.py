"""
The casino with its page as processes, without a cluster.

    scripts/with-database scripts/uv run --no-sync python -m tests.browser.casino

Starts them and prints the address of the page; Ctrl-C ends them. What ends a process is not started again here.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crashctl.proof.links import PAGE as PAGE_SERVICE
from crashctl.proof.release import INGEST_KEY, SERVICES, TOKEN, Release

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "services" / "slot-machine"
DIST = PAGE / "dist"
PAGE_PROJECT = 5
WITH_DATABASE = ("payment", "analytics")
SMALL = tuple(name for name in SERVICES if name not in WITH_DATABASE)
HEAP_MIB = 179


@dataclass
class Casino(Release):
    """
    The services, or some of them, with the page.

    Args:
        names: which.
        changes: what the gateway is told besides.
    """

    names: tuple[str, ...] = SMALL
    changes: Mapping[str, str] = field(default_factory=dict)

    def told(self, name: str) -> Mapping[str, str]:
        """What each is told: faults may be fired, and where the others are."""
        if name == "event-sink":
            return {"SINK_TOKEN": TOKEN}
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "3"}
        if name in WITH_DATABASE:
            return faults | {
                "MONGODB_URI": os.environ["MONGODB_URI"], "MONGODB_DATABASE": f"page_{name}_{self.ports[name]}",
                "NODE_OPTIONS": f"--max-old-space-size={HEAP_MIB}",
            }  # fmt: skip
        asked = {"gateway": ("game-engine", *WITH_DATABASE), "game-engine": WITH_DATABASE}[name]
        roads = {f"{one.replace('-', '_').upper()}_URL": self.url(one) for one in asked if one in self.names}
        return faults | roads | (self._page() if name == "gateway" else {})

    def events(self, since_seq: int = 0) -> list[dict[str, Any]]:
        """The events of the page that its sink has, the oldest first, without their payloads."""
        params = {"service": PAGE_SERVICE, "type": "event", "since_seq": since_seq}
        asked = self.http.get(f"{self.url('event-sink')}/api/v1/events", params=params)
        return sorted(asked.raise_for_status().json()["items"], key=lambda item: item["seq"])

    def _page(self) -> dict[str, str]:
        sink = self.url("event-sink")
        return {
            "PAGE_DIR": str(DIST), "PAGE_DSN": f"{sink.replace('://', f'://{INGEST_KEY}@')}/{PAGE_PROJECT}",
            "SINK_URL": sink, "FAULT_PASS_S": "900", **self.changes,
        }  # fmt: skip


def build() -> None:
    """Make the page's folder anew, with the npm of this environment."""
    npm = Path(sys.executable).with_name("npm")
    path = f"{npm.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [npm, "run", "--silent", "build"],
        cwd=PAGE,
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
    )


@contextmanager
def running(casino: Casino) -> Iterator[Casino]:
    """A casino from ready to ended."""
    build()
    try:
        casino.start(*casino.names)
        yield casino
    finally:
        casino.end_all()


def main() -> None:
    """Run all services until somebody ends it."""
    if not os.environ.get("MONGODB_URI"):
        sys.exit("casino: no MONGODB_URI. Fix: scripts/with-database scripts/uv run python -m tests.browser.casino")
    with tempfile.TemporaryDirectory() as folder, running(Casino(Path(folder), SERVICES, root=ROOT)) as casino:
        addresses = {"CRASH_DEMO_PAGE_URL": "gateway", "CRASH_DEMO_SINK_URL": "event-sink"}
        sys.stdout.write(" ".join(f"{name}={casino.url(one)}" for name, one in addresses.items()) + "\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
