"""
The stack as real processes on ports of its own, without a cluster: event sink, game engine and gateway; where a test
says so, payment and analytics too, on a real database.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pymongo
import pytest
import yaml
from crashctl.drill.trace import Trace, new_trace
from crashctl.proof.release import INGEST_KEY, PROJECTS, SERVICES, TOKEN, Release, clean
from crashkit.catalogue import Catalogue
from crashkit.loading import load_catalogue

ROOT = Path(__file__).parents[3]
SINK_TOKEN = "the-sink-token-of-the-tests"
DRILL_WITHIN_S = 200
# As the chart computes it: 40 percent of 448 MiB.
HEAP_MIB = 179
WITH_DATABASE = ("payment", "analytics")
SMALL = tuple(name for name in SERVICES if name not in WITH_DATABASE)


@dataclass
class Stack(Release):
    """Some of the services, each told where the others are."""

    names: tuple[str, ...] = SMALL
    changes: Mapping[str, str] = field(default_factory=dict)

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

    def tell_sink(self, kind: str, payload: dict[str, Any]) -> None:
        """Send the sink an item, as an SDK of the game engine would."""
        lines = ({"event_id": uuid4().hex}, {"type": kind}, payload)
        answer = self.http.post(
            f"{self.url('event-sink')}/api/{PROJECTS['game-engine']}/envelope/",
            content="\n".join(json.dumps(line) for line in lines),
            headers={"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={INGEST_KEY}"},
        )
        assert answer.status_code == 200, answer.text

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
            cwd=cwd, env=clean() | {"FAULTS_TOKEN": token}, capture_output=True, text=True, check=False,
            timeout=DRILL_WITHIN_S,
        )  # fmt: skip

    def told(self, name: str) -> Mapping[str, str]:
        """What each is told: faults may be fired, and where the others are."""
        if name == "event-sink":
            return {"SINK_TOKEN": SINK_TOKEN}
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "3"}
        return {**faults, **self._neighbours(name), **self.changes}

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


@contextmanager
def running(folder: Path, names: tuple[str, ...] = SMALL, **told: str) -> Iterator[Stack]:
    """A stack from ready to ended."""
    made = Stack(folder, names, told, root=ROOT)
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
    with running(tmp_path_factory.mktemp("stack"), SERVICES) as made:
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


@pytest.fixture(scope="session")
def root_catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return load_catalogue(ROOT / "catalog")
