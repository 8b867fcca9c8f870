"""
The coroner as a process, before a real kube-apiserver on a real etcd, and with a real event sink behind it.

There is no kubelet: a test writes the statuses that one would write. The binaries are those that `make up` builds on
the road "packages"; where they are not in the cache, these tests are skipped, and tests/e2e has the whole cluster.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from crashctl.cluster.layout import Layout, default_cache
from crashctl.waiting import wait_for

ROOT = Path(__file__).parents[3]
NAMESPACE, RELEASE = "casino", "crash-demo"
KEY = "0123456789abcdef" * 2
ADMIN, CORONER, STRANGER = "token-of-admin", "token-of-coroner", "token-of-a-stranger"
Json = dict[str, Any]
STARTS_WITHIN_S = 120


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def found_binaries() -> tuple[Path, Path] | None:
    entries = Layout(default_cache()).entries
    api = sorted(entries.glob("go-kubernetes-*/kube-apiserver"))
    store = sorted(entries.glob("go-etcd-*/server"))
    return (api[-1], store[-1]) if api and store else None


@dataclass
class ApiServer:
    """kube-apiserver and its etcd; can be stopped and started again on what it has stored."""

    folder: Path
    port: int = field(default_factory=free_port)
    store_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def certificate(self) -> Path:
        """Its own, which it made itself."""
        return self.folder / "certs" / "apiserver.crt"

    def prepare(self) -> "ApiServer":
        key = self.folder / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        users = [
            f"{ADMIN},admin,1,system:masters",
            f"{CORONER},system:serviceaccount:{NAMESPACE}:crash-demo-coroner,2,system:serviceaccounts",
            f"{STRANGER},stranger,3",
        ]
        (self.folder / "tokens.csv").write_text("\n".join(users) + "\n")
        self._run(
            "etcd", found_binaries()[1], f"--data-dir={self.folder}/etcd", "--log-level=error",
            f"--listen-client-urls=http://127.0.0.1:{self.store_port}", "--listen-peer-urls=http://127.0.0.1:0",
            f"--advertise-client-urls=http://127.0.0.1:{self.store_port}",
        )  # fmt: skip
        return self

    def start(self) -> "ApiServer":
        self._run(
            "apiserver", found_binaries()[0], f"--etcd-servers=http://127.0.0.1:{self.store_port}",
            f"--secure-port={self.port}", "--bind-address=127.0.0.1", f"--cert-dir={self.folder}/certs",
            f"--service-account-key-file={self.folder}/sa.key",
            f"--service-account-signing-key-file={self.folder}/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.0.0.0/24",
            f"--token-auth-file={self.folder}/tokens.csv", "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
        )  # fmt: skip
        wait_for(self._is_ready, STARTS_WITHIN_S, f"kube-apiserver; its log: {self.folder}/apiserver.log")
        return self

    def _run(self, name: str, *command: object) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes.append(subprocess.Popen([str(part) for part in command], stdout=log, stderr=log))

    def _is_ready(self) -> bool:
        assert self.processes[-1].poll() is None, (self.folder / "apiserver.log").read_text()[-2000:]
        try:
            if not self.certificate.exists():
                return False
            return self.ask("GET", "/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Take the API away; what is stored stays."""
        process = self.processes.pop()
        process.kill()
        process.wait(30)

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait(30)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {ADMIN}", **headers}
        content = json.dumps(body) if body else None
        with httpx.Client(verify=ssl.create_default_context(cafile=self.certificate), timeout=30) as http:
            return http.request(method, f"https://127.0.0.1:{self.port}{path}", headers=sent, content=content)

    def must(self, method: str, path: str, body: object = None, **headers: str) -> Json:
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def make_pod(self, name: str, component: str = "payment", **spec: object) -> Json:
        """Make a pod as a Deployment of the release would."""
        labels = {"app.kubernetes.io/instance": RELEASE, "app.kubernetes.io/component": component}
        container = {
            "name": component, "image": f"crash-demo/{component}:1", "resources": {"limits": {"memory": "256Mi"}}
        }  # fmt: skip
        pod = {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [container], "nodeName": "node-1", "terminationGracePeriodSeconds": 20, **spec},
        }  # fmt: skip
        return self.must("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", pod)

    def report(self, name: str, state: Json, *, restarts: int = 0, last: Json | None = None, **status: object) -> None:
        """Write the status of a pod's container as a kubelet does."""
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
        pod = self.must("GET", path)
        spec = pod["spec"]["containers"][0]
        one = {
            "name": spec["name"], "state": state, "lastState": {"terminated": last} if last else {}, "ready": False,
            "restartCount": restarts, "image": spec["image"], "imageID": "sha256:1",
            "containerID": f"containerd://{pod['metadata']['uid']}-{restarts}",
        }  # fmt: skip
        pod["status"] = {"phase": "Running", "containerStatuses": [one], **status}
        self.must("PUT", f"{path}/status", pod, **{"Content-Type": "application/json"})

    def remove(self, name: str, grace_s: int = 0) -> None:
        self.must("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}?gracePeriodSeconds={grace_s}")

    def kubeconfig(self, token: str, file: Path) -> Path:
        named = {
            "clusters": [
                {
                    "name": "c",
                    "cluster": {
                        "server": f"https://127.0.0.1:{self.port}",
                        "certificate-authority": str(self.certificate),
                    },
                }
            ],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}],
            "current-context": "x", "apiVersion": "v1", "kind": "Config",
        }  # fmt: skip
        file.write_text(yaml.safe_dump(named))
        return file


def now(ago_s: float = 0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago_s))


def ended(code: int, reason: str = "Error", message: str = "", ago_s: float = 0, of: str = "") -> Json:
    """``terminated`` of a container, a moment ago."""
    return {
        "exitCode": code, "reason": reason, "message": message, "startedAt": now(ago_s + 30), "finishedAt": now(ago_s),
        "containerID": f"containerd://{of}",
    }  # fmt: skip


def running() -> Json:
    return {"running": {"startedAt": now()}}


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
