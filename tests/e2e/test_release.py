"""
The release itself: what Kubernetes enforces on it, what it takes when idle, and that it survives an upgrade.
"""

import json

import pytest
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

# What the project promises of an idle service (MiB).
MOST_IDLE_MIB = {"gateway": 90, "game-engine": 90, "event-sink": 80}
MIB = 1024 * 1024
# Run in the container: what the kernel counts for it, on cgroup v1 or v2.
READ_USAGE = """
from pathlib import Path
v1, v2 = Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"), Path("/sys/fs/cgroup/memory.current")
print((v1 if v1.exists() else v2).read_text())
"""


def test_the_namespace_enforces_restricted_pods(cluster):
    """
    Kubernetes itself refuses any pod of the namespace that is not restricted, and all of ours run there.
    """
    namespace = cluster.get("namespace", "crash-demo")
    running = {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in cluster.pods()}

    assert "restricted" == namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert {"gateway", "game-engine", "event-sink", "bugsink", "spotlight"} == running


@pytest.mark.parametrize("component", MOST_IDLE_MIB)
def test_an_idle_service_is_small(component, cluster, gateway):
    """
    A service that holds nothing is resident below what is promised, as its own process says.
    """
    gateway.delete("/api/v1/faults").raise_for_status()

    def small():
        resident = _resident_mib(cluster, component)
        return resident if resident <= MOST_IDLE_MIB[component] else None

    assert wait_for(small, 30, f"{component} to be resident below {MOST_IDLE_MIB[component]} MiB") > 0


def test_the_declared_baseline_is_near_the_truth(cluster, gateway, root):
    """
    What the catalogue calls the baseline of the game engine is within 20 MiB of what the kernel counts when it is idle.
    """
    gateway.delete("/api/v1/faults").raise_for_status()
    declared = {service.name: service.baseline_mib for service in load_catalogue(root / "catalog").services}
    (pod,) = [
        pod for pod in cluster.pods() if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "game-engine"
    ]
    usage = int(
        cluster.run(
            "kubectl", "--namespace", "crash-demo", "exec", pod["metadata"]["name"], "--", "python", "-c", READ_USAGE
        )
    )

    assert abs(usage / MIB - declared["game-engine"]) < 20


def test_helm_test_is_green(cluster):
    """
    ``helm test`` runs the drill inside the cluster, and it passes.
    """
    said = cluster.run("helm", "test", "crash-demo", "--namespace", "crash-demo", "--timeout", "240s", within_s=260)

    assert "Phase:          Succeeded" in said


def test_an_upgrade_keeps_the_secrets(cluster, root):
    """
    An upgrade with the same values changes no secret, and no pod restarts because of it.
    """
    before, revision = cluster.secrets(), _revision(cluster)

    cluster.run(
        "helm", "upgrade", "crash-demo", str(root / "charts" / "crash-demo"), "--namespace", "crash-demo",
        "--reuse-values", "--wait", "--timeout", "120s", within_s=140,
    )  # fmt: skip

    assert before == cluster.secrets()
    assert revision + 1 == _revision(cluster)


def _revision(cluster):
    history = cluster.run("helm", "history", "crash-demo", "--namespace", "crash-demo", "--output", "json")
    return max(entry["revision"] for entry in json.loads(history))


def _resident_mib(cluster, component):
    (pod,) = [pod for pod in cluster.pods() if pod["metadata"]["labels"]["app.kubernetes.io/component"] == component]
    status = cluster.run(
        "kubectl", "--namespace", "crash-demo", "exec", pod["metadata"]["name"], "--",
        "python", "-c", "print(open('/proc/1/status').read())",
    )  # fmt: skip
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
