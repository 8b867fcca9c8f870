"""
The demo fits its node: two cores, shared with Kubernetes itself.
"""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NODE_CPU_M = 2000
# What kubeadm and kind ask for: API server 250, controller manager 200, etcd, scheduler and kindnet 100 each, and two
# CoreDNS of 100 each (70 MiB each, etcd 100, kindnet 50).
SYSTEM_CPU_M = 950
SYSTEM_MEMORY_MIB = 290
# A runner of that size has 7 GiB.
NODE_MEMORY_MIB = 7168


def cpu_m(quantity: str) -> float:
    return float(quantity.removesuffix("m")) if quantity.endswith("m") else float(quantity) * 1000


def mebibytes(quantity: str) -> int:
    return int(quantity[:-2]) * {"Mi": 1, "Gi": 1024}[quantity[-2:]]


def asked_for(pod_spec: dict, what: str, convert) -> float:
    return sum(convert(container["resources"]["requests"][what]) for container in pod_spec["containers"])


@pytest.fixture(scope="module")
def release(render, demo_values):
    """The demo with all that can be switched on beside it, and a drill that runs."""
    return render({**demo_values, "load": {"enabled": True}})


@pytest.fixture(scope="module")
def traefik() -> dict:
    objects = yaml.safe_load_all((ROOT / "k8s" / "traefik" / "deployment.yaml").read_text(encoding="utf-8"))
    (deployment,) = [found for found in objects if found["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]


def test_all_pods_fit_two_cores_while_an_upgrade_replaces_them(release, traefik):
    """
    No pod waits for a core: not even when each that is replaced one by one is there twice.
    """
    twice = [
        deployment["spec"]["template"]["spec"]
        for deployment in release.all("Deployment").values()
        if deployment["spec"]["strategy"]["type"] == "RollingUpdate"
    ]
    specs = [*(pod.spec for pod in release.pods.values()), *twice, traefik]

    assert sum(asked_for(spec, "cpu", cpu_m) for spec in specs) + SYSTEM_CPU_M < NODE_CPU_M


def test_all_pods_fit_the_memory_of_a_small_machine(release, traefik):
    """
    What pods are promised fits, and so does the most that all of them may take at once.
    """
    containers = [c for spec in (*(p.spec for p in release.pods.values()), traefik) for c in spec["containers"]]

    for bound in ("requests", "limits"):
        total_mib = sum(mebibytes(container["resources"][bound]["memory"]) for container in containers)
        assert total_mib + SYSTEM_MEMORY_MIB < NODE_MEMORY_MIB, bound
