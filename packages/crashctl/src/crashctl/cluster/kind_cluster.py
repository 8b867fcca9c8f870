"""
The kind cluster: its configuration, its making, and the images inside its node.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from crashctl.cluster.process import ToolFailedError, Tools

# A node that keeps all its cgroup v1 hierarchies is refused by this Kubernetes unless told otherwise.
CGROUP_V1_PATCH = "kind: KubeletConfiguration\nfailCgroupV1: false\n"
# Lowering a process' oom_score_adj needs this capability; without the patch no pod starts.
OOM_SCORE_PATCH = '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'


def render_config(source: Path, *, name: str, image: str, cgroup_v1: bool, missing: set[str]) -> str:
    """
    The kind configuration for this machine.

    Args:
        source: ``k8s/kind.yaml``.
        name: Of the cluster.
        image: Of the node.
        cgroup_v1: Whether the machine has no unified hierarchy.
        missing: Capabilities that the machine cannot give.

    Returns:
        YAML.
    """
    # kind's own schema is kind's to check, hence Any.
    config: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    config["name"] = name
    for node in config["nodes"]:
        node["image"] = image
    if cgroup_v1:
        config.setdefault("kubeadmConfigPatches", []).append(CGROUP_V1_PATCH)
    if "CAP_SYS_RESOURCE" in missing:
        config.setdefault("containerdConfigPatches", []).append(OOM_SCORE_PATCH)
    return yaml.safe_dump(config, sort_keys=False)


def host_ports(source: Path) -> list[int]:
    """The ports on this machine that the cluster listens to."""
    config = yaml.safe_load(source.read_text(encoding="utf-8"))
    return [mapping["hostPort"] for node in config["nodes"] for mapping in node.get("extraPortMappings", [])]


class KindCluster:
    """
    One cluster of one node.

    Args:
        tools: Runs kind, kubectl and docker.
        name: Of the cluster.
        kubeconfig: A file of its own; the user's is not touched.
    """

    def __init__(self, tools: Tools, name: str, kubeconfig: Path) -> None:
        self._tools = tools
        self.name = name
        self._kubeconfig = kubeconfig
        self.node = f"{name}-control-plane"

    def exists(self) -> bool:
        """Whether kind knows it, in whatever state."""
        return self.name in self._tools.output("kind", "get", "clusters").split()

    def answers(self) -> bool:
        """Whether its API server says that it is ready, through our kubeconfig."""
        return self._kubeconfig.is_file() and self._tools.succeeds(
            "kubectl", "--kubeconfig", self._kubeconfig, "--request-timeout=5s", "get", "--raw", "/readyz"
        )

    def create(self, config: str) -> None:
        """
        Make the cluster and wait until its node is ready; what fails is removed again.

        Args:
            config: kind's YAML.

        Raises:
            ToolFailedError: kind failed.
        """
        self._kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        file = self._kubeconfig.with_name("kind.yaml")
        file.write_text(config, encoding="utf-8")
        try:
            self._tools.run(
                "kind", "create", "cluster", "--config", file, "--kubeconfig", self._kubeconfig, "--wait", "120s"
            )
        except BaseException:
            self.delete()
            raise

    def delete(self) -> None:
        """Remove the cluster and its kubeconfig."""
        self._tools.run("kind", "delete", "cluster", "--name", self.name, "--kubeconfig", self._kubeconfig)
        self._kubeconfig.unlink(missing_ok=True)

    def apply(self, *files: Path, kustomize: bool = False) -> None:
        """
        Apply manifests on the server's side, so that large CRDs fit.

        Args:
            files: Files or folders.
            kustomize: Whether each is a kustomization.
        """
        for file in files:
            flag = "--kustomize" if kustomize else "--filename"
            self.kubectl("apply", "--server-side", "--force-conflicts", flag, file)

    def kubectl(self, *arguments: str | Path, stdin: str = "") -> None:
        """Run kubectl on this cluster."""
        self._tools.run("kubectl", "--kubeconfig", self._kubeconfig, *arguments, stdin=stdin)

    def ask(self, *arguments: str) -> str:
        """What kubectl prints on this cluster."""
        return self._tools.output("kubectl", "--kubeconfig", self._kubeconfig, *arguments)

    def images(self) -> set[str]:
        """References of the images in the node."""
        return set(
            self._tools.output(
                "docker", "exec", self.node, "ctr", "--namespace=k8s.io", "images", "ls", "--quiet"
            ).split()
        )

    def load(self, images: Sequence[str]) -> None:
        """
        Bring images from the engine into the node, layers that they share once.

        Args:
            images: References.
        """
        self._tools.run("kind", "load", "docker-image", "--name", self.name, *images)

    def tag(self, image: str, name: str) -> None:
        """Give an image of the node a second name."""
        self._tools.run(
            "docker", "exec", self.node, "ctr", "--namespace=k8s.io", "images", "tag", "--force", image, name
        )

    def wait_ready(self, namespace: str, kind: str, *, within_s: int) -> bool:
        """Whether all objects of a kind are available in time."""
        try:
            self.ask(
                "wait", "--namespace", namespace, "--for=condition=Available", f"--timeout={within_s}s", kind, "--all"
            )
        except ToolFailedError:
            return False
        return True
