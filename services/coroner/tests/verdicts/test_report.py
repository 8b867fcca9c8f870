"""
The event of a death: on which trace, with what in it, and nothing that nobody may read.
"""

import json

import pytest
from coroner.causes import classify
from coroner.evidence import happening
from coroner.pods import deaths_of
from coroner.report import Case, blamed, envelope_of, event_of
from crashctl.proof import canaries
from crashctl.proof.normaliser import marks
from crashkit.flight.reading import read_flight

from .kubelet import NOON, event, flight, pod, running, terminated, waiting

TRACE, OTHER = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"


def request(trace, since, **fault):
    return json.dumps({"trace": trace, "span": "b7ad6b7169203331", "route": "POST /spin", "since": since, **fault})


FAULT = {"scenario": "memory-leak", "case": "buffers-kill", "run": "demo-1"}
RECORD = flight(request(TRACE, NOON + 1, **FAULT), used_mib=250, limit_mib=256, peak_mib=256, slope_mib_s=12.5)


def told(found, events=(), log="", **more):
    *_, death = deaths_of(found)
    happenings = [happening(one) for one in events]
    record = read_flight(death.ended.message) if death.ended else None
    case = Case(death, classify(death, happenings, record), record, happenings, log, NOON + 61)
    return event_of(case, environment="demo", release="crash-demo@0.0.9", **more)


def test_a_death_is_one_fatal_event_on_the_trace_of_its_fault():
    """
    Level, trace, fingerprint, tags and release come from the flight record and the verdict.
    """
    found = told(pod({"terminated": terminated(137, "OOMKilled", message=RECORD)}))

    (exception,) = found["exception"]["values"]
    trace = found["contexts"]["trace"]
    assert ("fatal", "OutOfMemoryKill") == (found["level"], exception["type"])
    assert not exception["mechanism"]["handled"]
    assert (TRACE, "b7ad6b7169203331") == (trace["trace_id"], trace["parent_span_id"])
    assert ["death", "payment", "oom-kill", "memory-leak"] == found["fingerprint"]
    tags = {
        "service": "coroner",
        "workload": "payment",
        "cause": "oom-kill",
        "run": "demo-1",
        "scenario": "memory-leak",
    }
    assert {**tags, "case": "buffers-kill", "container": "payment", "sure": "yes"} == found["tags"]
    assert ("crash-demo@0.1.0", "demo", "POST /spin") == (
        found["release"], found["environment"], found["transaction"]
    )  # fmt: skip
    assert NOON + 60 == found["timestamp"]


def test_it_says_all_that_is_known():
    """
    Exit code, signal, times, restarts, back-off, limit, peak, node and image are there, and the flight record's own.
    """
    back_off = "back-off 40s restarting failed container"
    found = told(pod(waiting("CrashLoopBackOff", back_off), terminated(137, "OOMKilled", message=RECORD)))

    contexts = found["contexts"]
    assert {
        "exit_code": 137, "signal": "SIGKILL", "reason": "OOMKilled", "restart_count": 0, "instance": 0,
        "back_off": back_off, "lived_s": 60, "started_at": "2026-11-26T12:00:00.000Z", "known_by": "ended",
    }.items() <= contexts["death"].items()  # fmt: skip
    assert {"limit_mib": 256, "peak_mib": 256, "used_mib": 250, "slope_mib_s": 12.5} == contexts["memory"]
    assert {"node": "node-1", "image": "crash-demo/payment:1", "pod_uid": "uid-1"}.items() <= contexts["k8s"].items()
    assert "POST /spin" == contexts["flight"]["blamed"]


@pytest.mark.parametrize(
    ("opened", "trace"),
    [
        ([request(OTHER, 3), request(TRACE, 2, **FAULT)], TRACE),
        ([request(OTHER, 1, **FAULT, held_since=2), request(TRACE, 2, **FAULT)], TRACE),
        ([request(TRACE, 1, **FAULT, held_since=2), request(OTHER, 3)], TRACE),
        ([request(TRACE, 3), request(OTHER, 2)], TRACE),
    ],
    ids=["a fault before a request", "one at work before one that holds", "one that holds before a request", "newest"],
)
def test_the_trace_is_that_of_what_is_likeliest(opened, trace):
    """
    A fault at work is blamed first, then one that holds something, then the newest request.
    """
    assert trace == blamed(read_flight(flight(",".join(opened))), NOON).trace


@pytest.mark.parametrize(
    ("code", "reason", "trace"),
    [(137, "OOMKilled", TRACE), (134, "Error", TRACE), (1, "Error", OTHER)],
    ids=["the kernel's kill", "a full heap", "no death of memory"],
)
@pytest.mark.parametrize("held", [{}, {"held_since": NOON + 2}], ids=["at work", "holding"])
def test_where_memory_was_the_cause_a_fault_that_takes_it_is_blamed(code, reason, trace, held):
    """
    Also where another fault was fired after it; a death of another cause is on the trace of the one fired last.
    """
    opened = [request(OTHER, 9, scenario="slow", case=None, run="demo-2"), request(TRACE, 3, **FAULT, **held)]
    record = flight(",".join(opened), heap_used_mib=190, heap_limit_mib=200)
    found = told(pod({"terminated": terminated(code, reason, message=record)}), takes_memory={"memory-leak"})

    assert trace == found["contexts"]["trace"]["trace_id"]


@pytest.mark.parametrize(("until", "trace"), [(NOON + 58, TRACE), (NOON + 20, None)])
def test_a_request_that_was_just_answered_is_blamed_too(until, trace):
    """
    With nothing open, what was answered in the last seconds is on the trace; what is longer ago has no part in it.
    """
    last = request(TRACE, NOON, until=until)
    record = flight().replace('"last":null', f'"last":{last}')
    found = told(pod({"terminated": terminated(1, message=record)}))

    assert (trace or found["event_id"]) == found["contexts"]["trace"]["trace_id"]


def test_without_a_record_the_trace_is_its_own():
    """
    A death of which nothing was left behind is on a trace that is the same however often it is told.
    """
    found = told(pod({"terminated": terminated(139)}))

    assert found["event_id"] == found["contexts"]["trace"]["trace_id"]
    assert ["death", "payment", "segfault", "none"] == found["fingerprint"]
    assert "flight" not in found["contexts"]


def test_the_log_and_every_message_are_scrubbed():
    """
    What a dying process printed, what the kubelet says and what breadcrumbs hold go through the same rules.
    """
    secret = "4111 1111 1111 1111 ada@example.com token=hunter2"
    record = RECORD.replace(
        '"breadcrumbs":[]', f'"breadcrumbs":[{{"at":{NOON},"category":"till","message":"{secret}"}}]'
    )
    with_record = told(
        pod({"terminated": terminated(137, message=record)}),
        [event("Unhealthy", f"Liveness probe failed: {secret}", 30)],
    )
    without = told(pod({"terminated": terminated(1, message=f"Traceback: {secret}")}), log="[Filtered]\nlast line")
    waits = told(pod(waiting("CreateContainerConfigError", f"secret not found: {secret}")))

    for found in (with_record, without, waits):
        assert not any(part in json.dumps(found) for part in ("4111", "ada@", "hunter2"))
        assert "[Filtered]" in json.dumps(found)
    assert ["[Filtered]", "last line"] == without["contexts"]["log"]["lines"]
    assert ["till", "kubernetes.Unhealthy"] == [
        crumb["category"] for crumb in with_record["breadcrumbs"]["values"]
    ]  # fmt: skip


def test_nothing_that_was_planted_is_in_the_envelope():
    """
    Whatever the last words hold, in whichever field, no byte of it is in what is sent; the rest is.
    """
    card, token = canaries.CARDS["card in the query"], canaries.TOKENS["token in a header"]
    record = flight(request(TRACE, NOON + 1, **{**FAULT, "run": card})).replace("POST /spin", f"GET /pay/{card}")
    found = told(pod({"terminated": terminated(137, message=record)}), log=f"paid by {card}, token={token}, {token}")

    sent = envelope_of(found, NOON)

    assert [] == canaries.found(sent)
    assert b"scrubbing_failed" not in sent
    assert TRACE == json.loads(sent.splitlines()[2])["contexts"]["trace"]["trace_id"]


def test_an_unseen_death_says_between_when():
    """
    Of a death that only the count tells of there are the bounds, and no exit code.
    """
    found, *_ = [
        event_of(
            Case(death, classify(death, [], None), None, [], "", NOON + 300), environment="demo", release="crash-demo@1"
        )
        for death in deaths_of(pod(running(200), terminated(1, start=150, end=199, of=1), restarts=2))
    ]

    assert "DiedUnseen" == found["exception"]["values"][0]["type"]
    assert NOON + 150 == found["timestamp"]
    assert "exit_code" not in found["contexts"]["death"]
    assert "2026-11-26T11:59:50.000Z" == found["contexts"]["death"]["not_before"]


@pytest.mark.parametrize(
    "found",
    [
        pod({"terminated": terminated(137, "OOMKilled", message=RECORD)}),
        pod(waiting("CrashLoopBackOff", "back-off 10s"), terminated(1, message="last words")),
        pod(waiting("ErrImagePull", "not found")),
        pod(running(200), restarts=1),
        pod({"terminated": terminated(137, message=RECORD[:150])}),
    ],
    ids=["oom", "exit", "image", "unseen", "torn record"],
)
def test_sentry_finds_nothing_malformed(found):
    """
    Sentry's own normaliser marks nothing in any of them, and the envelope holds the event as it is.
    """
    event_of_it = told(found, [event("Unhealthy", "Liveness probe failed", 30)], "a line")
    head, item, payload, rest = envelope_of(event_of_it, NOON + 62).split(b"\n")

    assert [] == marks(event_of_it, 6)
    assert event_of_it == json.loads(payload)
    assert event_of_it["event_id"] == json.loads(head)["event_id"]
    assert {"type": "event", "length": len(payload), "content_type": "application/json"} == json.loads(item)
    assert b"" == rest
