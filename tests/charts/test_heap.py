"""
V8's heap limit: a share of the container's, with room beside it, and reached where the catalogue says.
"""

import math
import re
from pathlib import Path

import pytest
from crashkit.catalogue import BoundCase, PodEnd
from crashkit.loading import load_catalogue

ROOT = Path(__file__).parents[2]
CATALOG = load_catalogue(ROOT / "catalog")
NODE = [service for service in CATALOG.services if service.language == "node"]
ENDED_BY_HEAP = [case for case in CATALOG.cases() if case.expect.pod.ends is PodEnd.HEAP_ABORT]
# What V8's old space of an idle service holds.
IDLE_MIB = 30
# It moves that much between two starts.
NOISE_MIB = 20


def young_mib(service) -> int:
    """The young generation, which the heap limit does not count: three semi-spaces, of the size that the image sets."""
    recipe = (ROOT / "services" / service.name / "Dockerfile").read_text(encoding="utf-8")
    (semi_mib,) = re.findall(r"--max-semi-space-size=(\d+)", recipe)
    return 3 * int(semi_mib)


def heap_limit_mib(pod) -> int:
    return int(pod.env["NODE_OPTIONS"].removeprefix("--max-old-space-size="))


@pytest.mark.parametrize("case", ENDED_BY_HEAP, ids=lambda case: case.id)
@pytest.mark.parametrize("noise_mib", [-NOISE_MIB, 0, NOISE_MIB])
def test_v8_aborts_at_the_call_that_the_catalogue_names(default, case: BoundCase, noise_mib):
    """
    The calls that a leak of objects needs follow from the heap limit, which follows from the container's.
    """
    free_mib = heap_limit_mib(default.pods[f"crash-demo-{case.service.name}"]) - IDLE_MIB - noise_mib

    assert case.expect.pod.after_calls == math.floor(free_mib / case.budget.memory_mib) + 1


@pytest.mark.parametrize("service", NODE, ids=lambda service: service.name)
def test_a_full_heap_ends_before_the_container_does(default, service):
    """
    Beside a full heap there is room for all else that the service takes, so that the kernel does not kill first.
    """
    pod = default.pods[f"crash-demo-{service.name}"]
    limit_mib = int(pod.container["resources"]["limits"]["memory"].removesuffix("Mi"))

    assert limit_mib > heap_limit_mib(pod) + young_mib(service) + service.baseline_mib + NOISE_MIB


@pytest.mark.parametrize("service", NODE, ids=lambda service: service.name)
def test_what_faults_leave_behind_fits_the_heap(default, service):
    """
    Objects that budgets allow besides the leak to the abort fit into the heap, so that no budget ends it by accident.
    """
    held_mib = [
        case.budget.memory_mib * case.budget.at_once
        for case in CATALOG.cases(service.name)
        if (case.case_name or "").startswith("heap") and case not in ENDED_BY_HEAP
    ]

    assert heap_limit_mib(default.pods[f"crash-demo-{service.name}"]) > IDLE_MIB + sum(held_mib) + NOISE_MIB


@pytest.mark.parametrize(
    ("limit", "percent", "heap_mib"), [("448Mi", 40, 179), ("1Gi", 40, 409), ("2Gi", 50, 1024), ("300Mi", 10, 30)]
)
def test_the_heap_limit_follows_from_the_containers(render, limit, percent, heap_mib):
    """
    The heap limit is the chosen share of the memory limit, whichever unit that is given in, in whole MiB.
    """
    release = render({"payment": {"resources": {"limits": {"memory": limit}}, "heapPercent": percent}})

    assert heap_mib == heap_limit_mib(release.pods["crash-demo-payment"])


@pytest.mark.parametrize("limit", ["512M", "1.5Gi", "469762048", "0Mi", "1Ti"])
def test_a_limit_that_cannot_be_read_is_refused(refusal, limit):
    """
    A memory limit in another unit gives no wrong heap limit: it is named, with the form that is read.
    """
    values = {"payment": {"resources": {"limits": {"memory": limit}}}}

    assert "'/resources/limits/memory'" in refusal(values)
    said = refusal(values, "--skip-schema-validation")
    assert f'payment.resources.limits.memory is "{limit}", which is not read here; give a whole number of Mi or' in said
