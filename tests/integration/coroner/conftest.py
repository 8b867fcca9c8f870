"""
The coroner as a process, before a real kube-apiserver on a real etcd, and with a real event sink behind it.

There is no kubelet: a test writes the statuses that one would write. The binaries are those that `make up` builds on
the road "packages"; where they are not in the cache, these tests are skipped, and tests/e2e has the whole cluster.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from crashctl.waiting import wait_for

from .api_server import CORONER, NAMESPACE, RELEASE, ApiServer, Json, found_binaries, free_port

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef" * 2


@dataclass
class Process:
    """A Python service of ours on a port of its own, whose log is kept."""

    module: str
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / f"{self.module}.log").read_text()

    def start(self) -> "Process":
        log = (self.folder / f"{self.module}.log").open("ab")
        environment = {"PATH": os.environ["PATH"], **self.environment}
        self.process = subprocess.Popen([sys.executable, "-m", self.module], env=environment, stdout=log, stderr=log)
        return self

    def status(self, path: str) -> int | None:
        assert self.process is not None
        assert self.process.poll() is None, self.log[-3000:]
        try:
            return httpx.get(f"{self.url}{path}", timeout=10).status_code
        except httpx.TransportError:
            return None

    def ready(self, within_s: float = 60) -> "Process":
        wait_for(lambda: self.status("/healthz/ready") == 200, within_s, f"{self.module} is ready")
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def metric(self, name: str) -> float:
        """Sum a metric over its labels."""
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition(" ")[0].partition("{")[0] == name)


@pytest.fixture(scope="session")
def lasting_api() -> Iterator[ApiServer]:
    if found_binaries() is None:
        pytest.skip('no kube-apiserver and etcd in the cache; `make up` builds them on the road "packages"')
    # Long paths and a disk of its own: etcd and the API are slow to write.
    folder = Path(tempfile.mkdtemp(prefix="coroner-api-"))
    server = ApiServer(folder).prepare()
    try:
        yield server.start()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def api(lasting_api: ApiServer) -> Iterator[ApiServer]:
    """The API with a namespace that is empty but for the chart's Role."""
    if lasting_api.ask("GET", f"/api/v1/namespaces/{NAMESPACE}").status_code == 404:
        lasting_api.must("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        for path, body in rights():
            lasting_api.must("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/{path}", body)
    yield lasting_api
    if len(lasting_api.processes) == 1:
        lasting_api.start()
    for kind in ("pods", "events"):
        lasting_api.must("DELETE", f"/api/v1/namespaces/{NAMESPACE}/{kind}?gracePeriodSeconds=0")


def rights() -> list[tuple[str, Json]]:
    """What the chart allows the coroner: get, list and watch on pods and events of its namespace."""
    rule = {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["get", "list", "watch"]}
    subject = {"kind": "ServiceAccount", "name": "crash-demo-coroner", "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "coroner"}
    return [
        ("roles", {"metadata": {"name": "coroner"}, "rules": [rule]}),
        ("rolebindings", {"metadata": {"name": "coroner"}, "roleRef": role, "subjects": [subject]}),
    ]


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def kept(stack: ExitStack, process: Process) -> Process:
    stack.callback(
        lambda: process.process and process.process.poll() is None and (process.process.kill(), process.process.wait())
    )
    return process


@dataclass
class Sink(Process):
    """The event sink, and what it has."""

    def events(self) -> list[Json]:
        items = httpx.get(f"{self.url}/api/v1/events", params={"type": "event", "limit": 500}, timeout=10).json()[
            "items"
        ]
        return sorted(items, key=lambda item: item["received_at"])

    def event(self, event_id: str) -> Json:
        raw = httpx.get(f"{self.url}/api/v1/events/{event_id}", timeout=10).json()
        return raw.get("payload", raw)

    def titles(self) -> list[str]:
        return [item["title"] for item in self.events()]


@pytest.fixture
def sink(processes: ExitStack, tmp_path: Path) -> Sink:
    port = free_port()
    environment = {
        "SINK_DB_PATH": str(tmp_path / "sink.sqlite3"), "SINK_INGEST_KEY": KEY, "SINK_TOKEN": "token-of-the-tests",
        "SINK_HOST": "127.0.0.1", "SINK_PORT": str(port), "SINK_CATALOG_DIR": str(ROOT / "catalog"),
    }  # fmt: skip
    return kept(processes, Sink("event_sink", tmp_path, environment, port)).start().ready()


@pytest.fixture
def make_coroner(processes: ExitStack, api: ApiServer, sink: Sink, tmp_path: Path) -> Callable[..., Process]:
    def make(token: str = CORONER, **changes: str) -> Process:
        port = free_port()
        folder = tmp_path / f"coroner-{port}"
        folder.mkdir()
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        environment = {
            "HOST": "127.0.0.1", "PORT": str(port), "CATALOG_DIR": str(ROOT / "catalog"), "STATE_DIR": str(state),
            "SENTRY_DSN": f"http://{KEY}@127.0.0.1:{sink.port}/6", "SENTRY_ENVIRONMENT": "demo",
            "POD_NAMESPACE": NAMESPACE, "RELEASE_NAME": RELEASE, "DRAIN_S": "5",
            "KUBE": str(api.kubeconfig(token, folder / "kubeconfig")), **changes,
        }  # fmt: skip
        return kept(processes, Process("coroner", folder, environment, port)).start()

    return make


@pytest.fixture
def coroner(make_coroner: Callable[..., Process]) -> Process:
    return make_coroner().ready()
