"""
The release that ``make up`` made, and what to look at when a test fails.
"""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import Record, read_record
from crashctl.waiting import wait_for

RELEASE = NAMESPACE = "crash-demo"
LOG_LINES = 40
ROLLOUT_WITHIN_S = 120


@dataclass(frozen=True)
class Cluster:
    """The cluster as a person with kubectl and helm sees it."""

    record: Record

    @property
    def addresses(self) -> Mapping[str, str]:
        """URL of each component on this machine."""
        return self.record.addresses

    def command(self, tool: str, *arguments: str) -> list[str]:
        """Make a command line of a tool, of the provided one where there is one."""
        provided = self.record.bin / tool
        return [str(provided) if provided.exists() else tool, "--kubeconfig", str(self.record.kubeconfig), *arguments]

    def run(self, tool: str, *arguments: str, within_s: float = 60, stdin: str = "") -> str:
        """Run a tool and give what it prints."""
        ended = subprocess.run(
            self.command(tool, *arguments), input=stdin, capture_output=True, text=True, check=False, timeout=within_s
        )
        assert ended.returncode == 0, f"{tool} {' '.join(arguments)}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def get(self, *what: str) -> dict[str, Any]:
        """Give objects of the release's namespace."""
        return json.loads(self.run("kubectl", "--namespace", NAMESPACE, "get", *what, "--output", "json"))

    def pods(self) -> list[dict[str, Any]]:
        """Give the pods of the release that run services."""
        found = self.get("pods", "--selector", f"app.kubernetes.io/instance={RELEASE}")["items"]
        return [pod for pod in found if pod["metadata"].get("ownerReferences")]

    def secrets(self) -> dict[str, str]:
        """Give the release's secret values."""
        coded = self.get("secret", f"{RELEASE}-secrets")["data"]
        return {name: base64.b64decode(value).decode() for name, value in coded.items()}

    def pod(self, component: str) -> dict[str, Any]:
        """Give the one pod of a component."""
        (found,) = [pod for pod in self.pods() if _component(pod) == component]
        return found

    def restarts(self) -> dict[str, int]:
        """Count the restarts of each component."""
        return {
            _component(pod): sum(status["restartCount"] for status in pod["status"]["containerStatuses"])
            for pod in self.pods()
        }

    def inside(self, component: str, *command: str) -> str:
        """Run a command in the container of a component."""
        name = self.pod(component)["metadata"]["name"]
        return self.run("kubectl", "--namespace", NAMESPACE, "exec", name, "--container", component, "--", *command)

    def begin_anew(self, *components: str) -> None:
        """
        Replace pods, so that the kubelet forgets how often their containers ended lately, and restarts them at once.
        """
        names = [f"deployment/{RELEASE}-{component}" for component in components]
        self.run("kubectl", "--namespace", NAMESPACE, "rollout", "restart", *names)
        for name in names:
            told = ("rollout", "status", name, f"--timeout={ROLLOUT_WITHIN_S}s")
            self.run("kubectl", "--namespace", NAMESPACE, *told, within_s=ROLLOUT_WITHIN_S + 10)
        wait_for(lambda: len(self.pods()) == len(self.restarts()), ROLLOUT_WITHIN_S, "the old pods to be gone")


def _component(pod: dict[str, Any]) -> str:
    return pod["metadata"]["labels"]["app.kubernetes.io/component"]


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    record = read_record(Layout(default_cache()).record)
    if record is None or not record.ready:
        pytest.fail("no release of `make up` is here. Fix: make up")
    return Cluster(record)


@pytest.fixture(scope="session")
def gateway(cluster: Cluster) -> Iterator[httpx.Client]:
    """Calls the gateway with the fault token."""
    headers = {"Authorization": f"Bearer {cluster.secrets()['fault-token']}"}
    with httpx.Client(base_url=cluster.addresses["gateway"], headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def sink(cluster: Cluster) -> Iterator[httpx.Client]:
    """Asks the event sink."""
    with httpx.Client(base_url=cluster.addresses["event-sink"], timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def replayed(cluster: Cluster) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Ask Spotlight for the transactions of a trace; gives them by their service."""

    def ask(trace_id: str) -> dict[str, dict[str, Any]]:
        found = {}
        with httpx.stream("GET", f"{cluster.addresses['spotlight']}/stream", timeout=5) as stream:
            try:
                for line in stream.iter_lines():
                    if line.startswith("data:") and trace_id in line:
                        _header, items = json.loads(line.removeprefix("data:"))
                        found |= {
                            payload["tags"]["service"]: payload
                            for header, payload in items
                            if header["type"] == "transaction"
                        }
            except httpx.ReadTimeout:
                pass  # the replay is over; the stream itself never ends
        return found

    return ask


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add pods, events and logs to the report of a test that failed."""
    report = yield
    found = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and call.when == "call" and isinstance(found, Cluster):
        for title, arguments in _LOOKS.items():
            ended = subprocess.run(
                found.command("kubectl", "--namespace", NAMESPACE, *arguments),
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            report.sections.append((f"cluster: {title}", ended.stdout + ended.stderr))
    return report


_LOOKS = {
    "pods": ("get", "pods", "--output", "wide"),
    "events": ("get", "events", "--sort-by", ".lastTimestamp"),
    "logs": (
        "logs", "--selector", f"app.kubernetes.io/instance={RELEASE}", "--tail", str(LOG_LINES), "--prefix",
        "--ignore-errors",
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[2]
