"""
Charts and catalogue agree: limits leave room for budgets, probes for faults, deadlines for what they wait for.
"""

import math
from pathlib import Path

import pytest
from crashkit.catalogue import BoundCase, MemoryWarning, PodEnd
from crashkit.loading import load_catalogue
from crashkit.memory.approach import FLOOR

CATALOG = load_catalogue(Path(__file__).parents[2] / "catalog")
SERVICES = [service for service in CATALOG.services if service.language != "browser"]
ENDED_BY_MEMORY = [case for case in CATALOG.cases() if case.expect.pod.ends is PodEnd.OOM]
# The kernel's count of an idle service moves that much between two starts (MiB).
NOISE_MIB = 20
FLUSH_S = 2


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request):
    return request.param


@pytest.fixture
def container(default, service):
    return default.pods[f"crash-demo-{service.name}"].container


@pytest.fixture
def longest_s(service) -> float:
    """The longest that a fault of the service may run (s)."""
    return max((case.budget.wall_s for case in CATALOG.cases(service.name)), default=0)


def memory_limit_mib(container: dict) -> int:
    return int(container["resources"]["limits"]["memory"].removesuffix("Mi"))


def tolerated_s(probe: dict) -> int:
    """How long a process may give no answer at all before the probe has failed for good (s)."""
    return (probe["failureThreshold"] - 1) * probe["periodSeconds"]


def test_a_limit_is_above_baseline_and_budgets(container, service):
    """
    All that faults may hold at once fits beside what the service takes when idle: no budget kills by accident.
    """
    held_mib = [
        case.budget.memory_mib * case.budget.at_once
        for case in CATALOG.cases(service.name)
        if case.expect.pod.ends not in (PodEnd.OOM, PodEnd.HEAP_ABORT)
    ]

    assert memory_limit_mib(container) > service.baseline_mib + sum(held_mib) + NOISE_MIB


def test_a_request_is_above_the_baseline(container, service):
    """
    The scheduler is told what an idle service takes, so that a node is not filled beyond its memory.
    """
    assert int(container["resources"]["requests"]["memory"].removesuffix("Mi")) >= service.baseline_mib


@pytest.mark.parametrize("case", ENDED_BY_MEMORY, ids=lambda case: case.id)
@pytest.mark.parametrize("noise_mib", [-NOISE_MIB, 0, NOISE_MIB])
def test_the_kernel_kills_at_the_call_that_the_catalogue_names(default, case: BoundCase, noise_mib):
    """
    The calls that a leak to the kill needs follow from limit, baseline and budget, and noise does not change them.
    """
    limit_mib = memory_limit_mib(default.pods[f"crash-demo-{case.service.name}"].container)
    free_mib = limit_mib - case.service.baseline_mib - noise_mib

    assert case.expect.pod.after_calls == math.floor(free_mib / case.budget.memory_mib) + 1


def test_what_the_kernel_kills_warns_before(default):
    """
    Every case that ends by the limit of its container promises the warning, and its service is told to send it.
    """
    assert {MemoryWarning.ONCE} == {case.expect.memory_warning for case in ENDED_BY_MEMORY}
    for case in ENDED_BY_MEMORY:
        assert int(default.pods[f"crash-demo-{case.service.name}"].env["MEMORY_WARNING_PERCENT"]) > 0


def test_what_promises_no_warning_stays_far_from_the_limit(default):
    """
    All that a case without a warning may hold leaves the container below the share at which one is possible.
    """
    for case in CATALOG.cases(runs_in="cluster"):
        pod = default.pods[f"crash-demo-{case.service.name}"]
        share = int(pod.env["MEMORY_WARNING_PERCENT"]) / 100
        held_mib = case.service.baseline_mib + case.budget.memory_mib * case.budget.at_once + NOISE_MIB
        near_mib = memory_limit_mib(pod.container) * share * FLOOR
        assert case.expect.memory_warning is not MemoryWarning.NEVER or held_mib <= near_mib, case.id


@pytest.mark.parametrize("percent", [0, 60])
def test_the_share_at_which_a_service_warns_is_a_value(render, fireable, percent):
    """
    It reaches every service that has faults, and nothing switches it off.
    """
    pods = render({"global": {"memoryWarningPercent": percent}}).pods

    assert {str(percent)} == {pods[name].env["MEMORY_WARNING_PERCENT"] for name in fireable}


def test_a_blocked_loop_is_not_killed_within_its_budget(container, longest_s):
    """
    A fault that blocks the event loop for its whole budget meets a liveness probe that waits twice as long.
    """
    assert tolerated_s(container["livenessProbe"]) >= 2 * longest_s


def test_a_blocked_loop_stays_in_service(container, longest_s):
    """
    Nor does it take the pod out of the Service: the next request waits, it is not refused.
    """
    assert tolerated_s(container["readinessProbe"]) >= longest_s


def test_a_slow_start_is_not_killed(container):
    """
    A start on a busy node has a minute, and is noticed within a second.
    """
    assert 1 == container["startupProbe"]["periodSeconds"]
    assert tolerated_s(container["startupProbe"]) >= 60


def test_the_gateway_waits_longer_than_any_fault_runs(default):
    """
    The gateway gives a service more time than the longest budget, so that a fault is never answered by a 504.
    """
    timeout_s = float(default.pods["crash-demo-gateway"].env["UPSTREAM_TIMEOUT_S"])

    assert timeout_s > max(case.budget.wall_s for case in CATALOG.cases())


@pytest.mark.parametrize("drain_s", [0, 10, 60])
def test_a_pod_may_drain_and_flush_before_it_is_killed(render, fireable, drain_s):
    """
    The grace period is longer than leaving the Service, draining and the last flush, whatever the drain is set to.
    """
    pods = render({"global": {"drainS": drain_s}}).pods

    for name in (*fireable, "crash-demo-event-sink", "crash-demo-coroner"):
        env = pods[name].env
        assert drain_s == int(env.get("DRAIN_S") or env["SINK_DRAIN_S"])
        leave_s = pods[name].container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pods[name].spec["terminationGracePeriodSeconds"] > leave_s + drain_s + FLUSH_S


def test_probes_follow_the_health_contract(default, fireable):
    """
    Readiness asks whether it is ready, liveness whether it is alive, each at the one port. Startup asks whether it is
    ready too, but not where that needs a database: one that is away for long would have the pod started anew.
    """
    for name in (*fireable, "crash-demo-event-sink"):
        container = default.pods[name].container
        paths = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
        started = "live" if "MONGODB_URI" in default.pods[name].env else "ready"

        assert {"path": f"/healthz/{started}", "port": "http"} == paths["startup"]
        assert {"path": "/healthz/ready", "port": "http"} == paths["readiness"]
        assert {"path": "/healthz/live", "port": "http"} == paths["liveness"]
