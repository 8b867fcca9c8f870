"""
A real kube-apiserver on a real etcd, and the statuses that a kubelet would write.
"""

import json
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from crashctl.cluster.layout import Layout, default_cache
from crashctl.proof.release import free_port
from crashctl.waiting import wait_for

NAMESPACE, RELEASE = "casino", "crash-demo"
ADMIN, CORONER, STRANGER = "token-of-admin", "token-of-coroner", "token-of-a-stranger"
STARTS_WITHIN_S = 120
Json = dict[str, Any]


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
