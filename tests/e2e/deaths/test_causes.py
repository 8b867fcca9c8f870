"""
Containers that really die, under a real kubelet, each told once and by its right name.
"""

import pytest
from crashctl.proof.normaliser import marks

from .bodies import BODIES, TRACE

# Two deaths between two of the kubelet's statuses, and a runtime that was too busy to start a container.
BESIDE = {"unseen", "start-error"}

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_a_death_is_told_by_its_right_name(body, dead):
    """
    Each start that died is one fatal event of the cause that killed it, with its evidence, on the trace of its record.
    """
    events = dead.events_of(body.name)

    own = [event for event in events if event["tags"]["cause"] not in BESIDE]
    assert own, (
        f"no event of its own; its pod: {dead.alive.get(body.name)}; the coroner says:\n{dead.said_of(body.name)}"
    )
    starts = [(event["contexts"]["k8s"]["pod_uid"], event["contexts"]["death"]["instance"]) for event in events]
    assert len(set(starts)) == len(starts)
    for event in own:
        death = event["contexts"]["death"]
        assert (body.cause.value, "fatal") == (event["tags"]["cause"], event["level"]), death
        assert death["evidence"]
        assert (TRACE == event["contexts"]["trace"]["trace_id"]) == body.on_trace
        assert [] == marks(event, 6)


def test_no_death_is_told_twice(dead):
    """
    The sink has as many events as there were deaths, and none of them twice.
    """
    ids = [item["event_id"] for item in dead.sink.events()]

    assert len(set(ids)) == len(ids)
    assert dead.coroner.metric("coroner_deaths_total") >= len(BODIES)


def test_an_oom_kill_says_where_the_memory_stood(dead):
    """
    The figures of the flight record are those of the container: its limit, and a use that was near it.
    """
    event, *_ = [event for event in dead.events_of("oom") if event["tags"]["cause"] not in BESIDE]

    memory = event["contexts"]["memory"]
    assert 128 == memory["limit_mib"]
    assert memory["used_mib"] > 0.7 * 128
    assert memory["slope_mib_s"] > 1
    assert "crash-demo@9.9.9" == event["release"]
    assert {"scenario": "memory-leak", "case": "kill", "run": "demo-1"}.items() <= event["tags"].items()


def test_last_words_are_told_where_there_is_no_record(dead):
    """
    The end of a log reaches the event through the kubelet, with no right to read logs.
    """
    (event,) = [event for event in dead.events_of("heap") if event["tags"]["cause"] not in BESIDE]

    lines = event["contexts"]["log"]["lines"]
    assert any("JavaScript heap out of memory" in line for line in lines)
