"""
Pods and events as a real kubelet (1.37, cgroup v1) left them: written down by tests/e2e/deaths, where
CRASH_DEMO_CAPTURE_DEATHS names a folder.
"""

import json
from pathlib import Path

import pytest
from coroner.causes import classify
from coroner.evidence import during, happening
from coroner.pods import deaths_of, living
from coroner.report import Case, event_of
from crashctl.proof.normaliser import marks
from crashkit.flight.reading import read_flight

CAPTURED = sorted((Path(__file__).parent / "captured").glob("*.json"))


@pytest.mark.parametrize("file", CAPTURED, ids=lambda file: file.stem)
def test_a_real_death_is_told_by_its_right_name(file):
    """
    What a kubelet wrote of a container that died in a known way is that death, of that cause, and well formed.
    """
    known = json.loads(file.read_text())
    happenings = [happening(found) for found in known["events"]]
    deaths = {death.instance: death for death in deaths_of(known["pod"], known["ran"])}
    death = deaths[known["instance"]]
    flight = read_flight(death.ended.message) if death.ended else None

    verdict = classify(death, happenings, flight, "")

    event = event_of(
        Case(death, verdict, flight, during(death, happenings), "", 1795766400.0), environment="demo", release="1"
    )
    assert (known["cause"], True) == (verdict.cause.value, verdict.sure)
    assert "body" not in living(known["pod"]) or known["pod"]["status"]["containerStatuses"][0]["restartCount"]
    assert [] == marks(event, 6)


def test_every_way_to_die_was_captured():
    """
    There are statuses of each cause that a node can bring about on purpose.
    """
    causes = {json.loads(file.read_text())["cause"] for file in CAPTURED}

    assert {
        "oom-kill", "oom-kill-child", "heap-abort", "abort", "segfault", "liveness-kill", "startup-kill", "sigterm",
        "sigterm-beyond-grace", "exit", "image-error", "config-error", "eviction", "preemption", "deadline",
    } == causes  # fmt: skip
