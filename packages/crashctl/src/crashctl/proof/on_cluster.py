"""
The release that ``make up`` made, as a person with kubectl and helm sees it.
"""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crashctl.cluster.record import Record
from crashctl.waiting import wait_for

RELEASE = NAMESPACE = "crash-demo"
LOG_LINES = 40
ROLLOUT_WITHIN_S = 120
# What to look at when something failed on it, as arguments of kubectl.
LOOKS: Mapping[str, tuple[str, ...]] = {
    "pods": ("get", "pods", "--output", "wide"),
    "events": ("get", "events", "--sort-by", ".lastTimestamp"),
    "logs": (
        "logs", "--selector", f"app.kubernetes.io/instance={RELEASE}", "--tail", str(LOG_LINES), "--prefix",
        "--ignore-errors",
    ),
}  # fmt: skip

Object = dict[str, Any]  # Any: JSON of Kubernetes


@dataclass(frozen=True)
class Cluster:
    """
    The cluster and the release on it.

    Args:
        record: what ``up`` wrote down.
    """

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
        """
        Run a tool and give what it prints.

        Raises:
            AssertionError: it ended with another code than 0.
        """
        ended = subprocess.run(
            self.command(tool, *arguments), input=stdin, capture_output=True, text=True, check=False, timeout=within_s
        )
        if ended.returncode:
            raise AssertionError(f"{tool} {' '.join(arguments)}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    def get(self, *what: str) -> Object:
        """Give objects of the release's namespace."""
        found: Object = json.loads(self.run("kubectl", "--namespace", NAMESPACE, "get", *what, "--output", "json"))
        return found

    def pods(self) -> list[Object]:
        """Give the pods of the release that run services."""
        found = self.get("pods", "--selector", f"app.kubernetes.io/instance={RELEASE}")["items"]
        return [pod for pod in found if pod["metadata"].get("ownerReferences")]

    def secrets(self) -> dict[str, str]:
        """Give the release's secret values."""
        coded = self.get("secret", f"{RELEASE}-secrets")["data"]
        return {name: base64.b64decode(value).decode() for name, value in coded.items()}

    def pod(self, component: str) -> Object:
        """Give the one pod of a component."""
        (found,) = [pod for pod in self.pods() if component_of(pod) == component]
        return found

    def restarts(self) -> dict[str, int]:
        """Count the restarts of each component."""
        return {
            component_of(pod): sum(status["restartCount"] for status in pod["status"]["containerStatuses"])
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

    def looks(self) -> dict[str, str]:
        """Give what to look at when something failed, by its title."""
        return {
            title: ended.stdout + ended.stderr
            for title, arguments in LOOKS.items()
            for ended in [
                subprocess.run(
                    self.command("kubectl", "--namespace", NAMESPACE, *arguments),
                    capture_output=True, text=True, check=False, timeout=60,
                )
            ]
        }  # fmt: skip


def component_of(pod: Object) -> str:
    """Give the name of the component that a pod runs."""
    return str(pod["metadata"]["labels"]["app.kubernetes.io/component"])
