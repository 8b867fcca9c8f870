"""
The release on the cluster: installing it, waiting until it is ready, and showing why it is not.
"""

import json
import time
from pathlib import Path
from typing import Any

from crashctl.cluster.kind_cluster import KindCluster
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.cluster.progress import Step

NAME = "crash-demo"
NAMESPACE = "crash-demo"
READY_WITHIN_S = 180.0
LOG_LINES = 20


class Release:
    """
    The Helm release.

    Args:
        tools: Runs helm.
        cluster: Where it is.
        repository: The checkout, for chart and values.
        kubeconfig: Of the cluster.
    """

    def __init__(self, tools: Tools, cluster: KindCluster, repository: Path, kubeconfig: Path) -> None:
        self._tools = tools
        self._cluster = cluster
        self._repository = repository
        self._kubeconfig = kubeconfig

    def install(self, tag: str) -> None:
        """
        Install or upgrade the release.

        Args:
            tag: Of all its images.

        Raises:
            ToolFailedError: helm or the cluster refused it.
        """
        self._cluster.apply(self._repository / "k8s" / "namespace.yaml")
        chart, values = self._repository / "charts" / "crash-demo", self._repository / "k8s" / "values-kind.yaml"
        where = ("--namespace", NAMESPACE, "--kubeconfig", self._kubeconfig)
        self._tools.run(
            "helm",
            "upgrade",
            "--install",
            NAME,
            chart,
            *where,
            "--values",
            values,
            "--set-string",
            f"global.image.tag={tag}",
        )

    def wait(self, step: Step, *, within_s: float = READY_WITHIN_S) -> None:
        """
        Wait until every workload of the release, and Traefik, is ready in its newest form.

        Args:
            step: Shown on the terminal.
            within_s: Deadline (s).

        Raises:
            UpError: not in time; the message shows pods, events and logs.
        """
        deadline = time.monotonic() + within_s
        while waiting := self.not_ready():
            if time.monotonic() > deadline:
                raise UpError(
                    f"the release was not ready within {within_s:.0f} s: {', '.join(waiting)}.\n{self.diagnosis()}\n",
                    "read the above; `crashctl up` goes on from here, `crashctl down` starts over.",
                )
            step.doing(f"waiting for {', '.join(waiting)}")
            time.sleep(0.5)

    def not_ready(self) -> list[str]:
        """Names of the workloads that are not ready in their newest form."""
        found = [
            f"{item['metadata']['name']}"
            for namespace in (NAMESPACE, "traefik")
            for item in self._workloads(namespace)
            if not _is_ready(item)
        ]
        return found or ([] if self._workloads(NAMESPACE) else ["anything of the release"])

    def _workloads(self, namespace: str) -> list[dict[str, Any]]:
        # Kubernetes objects are JSON, hence Any.
        items: list[dict[str, Any]] = json.loads(
            self._cluster.ask("get", "deployments,statefulsets", "--namespace", namespace, "--output=json")
        )["items"]
        return items

    def diagnosis(self) -> str:
        """Pods, warnings and the last lines of each container that is not ready."""
        parts = [self._show("get", "pods", "--output=wide")]
        parts.append(self._show("get", "events", "--field-selector=type!=Normal", "--sort-by=.lastTimestamp"))
        for pod in json.loads(self._cluster.ask("get", "pods", "--namespace", NAMESPACE, "--output=json"))["items"]:
            for status in pod["status"].get("containerStatuses", []):
                if not status["ready"]:
                    previous = ("--previous",) if status["restartCount"] else ()
                    parts.append(
                        self._show(
                            "logs",
                            pod["metadata"]["name"],
                            f"--container={status['name']}",
                            f"--tail={LOG_LINES}",
                            *previous,
                        )
                    )
        return "\n".join(parts)

    def _show(self, *arguments: str) -> str:
        shown = f"$ kubectl --namespace {NAMESPACE} {' '.join(arguments)}"
        try:
            return f"{shown}\n{self._cluster.ask(*arguments, '--namespace', NAMESPACE).rstrip()}"
        except ToolFailedError as error:
            return f"{shown}\n{error}"


def _is_ready(item: dict[str, Any]) -> bool:
    status, wanted = item.get("status", {}), item["spec"].get("replicas", 1)
    current = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
    numbers = (status.get("updatedReplicas", 0), status.get("replicas", 0), status.get("availableReplicas", 0))
    return current and all(number == wanted for number in numbers)
