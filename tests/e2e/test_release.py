"""
The release itself: what Kubernetes enforces on it, what it takes when idle, and that it survives an upgrade.
"""

import contextlib
import json
import re
from pathlib import Path

import pytest
from crashctl.waiting import TooLateError, wait_for
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

# What the project promises of an idle service (MiB).
MOST_IDLE_MIB = {"gateway": 90, "game-engine": 90, "event-sink": 80, "analytics": 110, "payment": 170, "coroner": 60}
MIB = 1024 * 1024
CATALOGUE = load_catalogue(Path(__file__).parents[2] / "catalog")
SERVICES = [service for service in CATALOGUE.services if service.runs_in == "cluster"]
CASES = list(CATALOGUE.cases(runs_in="cluster"))
# Run in the container: what the kernel counts for it, on cgroup v1 or v2, what of that is page cache that it takes back
# before it kills, and the state of its processes. With the smallest program there is: whoever reads is counted too.
READ = (
    "cd /sys/fs/cgroup; cat memory/memory.usage_in_bytes 2>/dev/null || cat memory.current; "
    "cat memory/memory.stat 2>/dev/null || cat memory.stat; cat /proc/[0-9]*/status 2>/dev/null || true"
)
CACHE = re.compile(r"^(?:total_)?inactive_file (\d+)$", re.MULTILINE)


def test_the_namespace_enforces_restricted_pods(cluster):
    """
    Kubernetes itself refuses any pod of the namespace that is not restricted, and all of ours run there.
    """
    namespace = cluster.get("namespace", "crash-demo")
    running = {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in cluster.pods()}

    assert "restricted" == namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert {*MOST_IDLE_MIB, "mongodb", "bugsink", "spotlight"} == running


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


@pytest.fixture(scope="module")
def begun_anew(cluster):
    """Fresh containers: the heap of one that was drilled for minutes has grown, and shrinks when it likes."""
    cluster.begin_anew(*(service.name for service in SERVICES))
    return cluster


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_the_declared_baseline_is_near_the_truth(service, begun_anew):
    """
    What the catalogue calls the baseline of a service is within 20 MiB of what the kernel counts when it has begun.
    """
    declared = {service.name: service.baseline_mib for service in SERVICES}
    counted = []

    def near():
        counted.append(_memory(begun_anew, service)[0])
        return abs(counted[-1] - declared[service]) < 20

    with contextlib.suppress(TooLateError):
        wait_for(near, 30, f"{service} to take about {declared[service]} MiB", 1)
    assert pytest.approx(declared[service], abs=20) == counted[-1]


def test_helm_test_is_green(cluster):
    """
    ``helm test`` runs the drill of all cases inside the cluster, and it passes.
    """
    cluster.begin_anew(*sorted({case.service.name for case in CASES if case.expect.pod.ends is not PodEnd.NONE}))

    said = cluster.run(
        "helm", "test", "crash-demo", "--namespace", "crash-demo", "--timeout", "300s", "--logs", within_s=320
    )

    assert "Phase:          Succeeded" in said
    assert f"{len(CASES)} kept, 0 broken, 0 skipped" in said


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
    return _memory(cluster, component)[1]


def _memory(cluster, component):
    """Give what counts towards a container's kill, and how much its largest process has resident (MiB)."""
    usage, _, statuses = cluster.inside(component, "sh", "-c", READ).partition("\n")
    counted = int(usage) - sum(int(cached) for cached in CACHE.findall(statuses)[-1:])
    resident_kib = [int(line.split()[1]) for line in statuses.splitlines() if line.startswith("VmRSS:")]
    return counted / MIB, max(resident_kib) / 1024
