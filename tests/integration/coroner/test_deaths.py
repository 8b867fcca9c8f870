"""
Each death once, whatever becomes of the coroner, of the API or of the sink meanwhile.
"""

import json
import shutil
import signal
import statistics

import psutil
import pytest
from crashctl.waiting import wait_for

from .api_server import NAMESPACE, STRANGER, ended, now, running

TRACE = "0af7651916cd43dd8448eb211c80319c"
MIB = 1024 * 1024
WITHIN_S = 30


def record(trace=TRACE):
    opened = {
        "trace": trace, "span": "b7ad6b7169203331", "route": "POST /debug/memory-leak", "since": 1.0,
        "scenario": "memory-leak", "case": "buffers-kill", "run": "demo-1",
    }  # fmt: skip
    told = {
        "format": "crash-demo-flight", "version": 1, "service": "payment", "release": "crash-demo@0.1.0",
        "open": [opened], "memory": {"used_mib": 250, "limit_mib": 256, "peak_mib": 256},
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":")) + "\n" + " " * 40


def arrived(sink, count):
    """Wait for so many events, and give them."""
    wait_for(lambda: len(sink.events()) >= count, WITHIN_S, f"{count} events; there are {len(sink.events())}")
    return sink.events()


def settled(coroner):
    """Wait until the coroner has nothing left to tell."""
    wait_for(lambda: coroner.metric("coroner_pending") == 0, WITHIN_S, "a coroner with nothing left to tell")


def test_a_death_becomes_one_event_on_its_trace(api, sink, coroner):
    """
    However often the kubelet reports it, a death is one fatal event, on the trace of the flight record.
    """
    uid = api.make_pod("payment-1")["metadata"]["uid"]
    api.report("payment-1", running())
    api.report("payment-1", {"terminated": ended(137, "OOMKilled", record(), of=f"{uid}-0")})
    arrived(sink, 1)
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    api.report("payment-1", back_off, last=ended(137, "OOMKilled", record(), of=f"{uid}-0"))
    api.report("payment-1", running(), restarts=1, last=ended(137, "OOMKilled", record(), of=f"{uid}-0"))
    api.report("payment-1", {"terminated": ended(1, of=f"{uid}-1")}, restarts=1)
    first, second = arrived(sink, 2)
    settled(coroner)

    assert 2 == len(sink.events())
    assert ("fatal", TRACE, "memory-leak", "demo-1") == (
        first["level"], first["trace_id"], first["scenario"], first["run"]
    )  # fmt: skip
    assert ("OutOfMemoryKill", "Exited") == (first["exception_type"], second["exception_type"])
    assert (2, 0) == (coroner.metric("coroner_deaths_total"), coroner.metric("coroner_deaths_unseen_total"))


def test_a_pod_of_another_release_is_nobodys_business(api, sink, coroner):
    """
    Only pods with the label of the release are watched.
    """
    api.make_pod("other-1")
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/other-1"
    label = {"metadata": {"labels": {"app.kubernetes.io/instance": "other"}}}
    api.must("PATCH", path, label, **{"Content-Type": "application/merge-patch+json"})
    api.report("other-1", {"terminated": ended(137)})
    api.make_pod("payment-1")
    api.report("payment-1", {"terminated": ended(1)})

    arrived(sink, 1)
    settled(coroner)
    assert 1 == len(sink.events())


def test_deaths_while_the_coroner_is_down_are_told_when_it_is_back(api, sink, make_coroner):
    """
    A coroner that is killed misses no death, tells none twice, and tells those that only the count shows as unseen.
    """
    uid = api.make_pod("payment-1")["metadata"]["uid"]
    coroner = make_coroner().ready()
    api.report("payment-1", {"terminated": ended(139, of=f"{uid}-0")})
    arrived(sink, 1)
    settled(coroner)

    coroner.end(signal.SIGKILL)
    api.report("payment-1", running(), restarts=4, last=ended(137, "OOMKilled", record(), of=f"{uid}-3"))
    coroner = make_coroner().ready()

    arrived(sink, 4)
    settled(coroner)
    kinds = [item["exception_type"] for item in sink.events()]
    assert ["DiedUnseen", "DiedUnseen", "OutOfMemoryKill", "SegmentationFault"] == sorted(kinds)
    assert (3, 2) == (coroner.metric("coroner_deaths_total"), coroner.metric("coroner_deaths_unseen_total"))


def test_a_coroner_that_remembers_nothing_repeats_and_harms_nobody(api, sink, make_coroner, tmp_path):
    """
    A new pod of the coroner tells again what it finds, under the same ids: the sink has each once.
    """
    uid = api.make_pod("payment-1")["metadata"]["uid"]
    coroner = make_coroner().ready()
    api.report("payment-1", running(), restarts=2, last=ended(1, of=f"{uid}-1"))
    arrived(sink, 2)
    settled(coroner)
    before = {item["event_id"] for item in sink.events()}

    coroner.end()
    shutil.rmtree(tmp_path / "state")
    coroner = make_coroner(STATE_DIR=str(tmp_path)).ready()
    wait_for(lambda: coroner.metric("coroner_reports_total") >= 2, WITHIN_S, "both told again")
    settled(coroner)

    assert before == {item["event_id"] for item in sink.events()}
    assert 2 == len(sink.events())


def test_a_watch_that_has_lost_its_place_lists_again(api, sink, coroner):
    """
    After the API has forgotten where the watch was (410), nothing is missed and nothing told twice.
    """
    uid = api.make_pod("payment-1")["metadata"]["uid"]
    api.report("payment-1", {"terminated": ended(1, of=f"{uid}-0")})
    arrived(sink, 1)
    settled(coroner)

    coroner.process.send_signal(signal.SIGSTOP)
    api.stop()  # and with it the watch, so that nothing of what follows waits for the coroner in its socket
    api.start()
    for restarts in (1, 2, 3):
        api.report("payment-1", running(), restarts=restarts, last=ended(1, of=f"{uid}-{restarts - 1}"))
    api.make_pod("payment-2")
    api.stop()  # a new start remembers changes from its own beginning only
    api.start()
    coroner.process.send_signal(signal.SIGCONT)
    wait_for(lambda: coroner.metric("coroner_watch_expired_total") >= 1, WITHIN_S, "a watch that has lost its place")
    api.report("payment-2", {"terminated": ended(139)})

    arrived(sink, 4)
    settled(coroner)
    kinds = sorted(item["exception_type"] for item in sink.events())
    assert ["DiedUnseen", "Exited", "Exited", "SegmentationFault"] == kinds  # starts 1, 0, 2 of the first pod


def test_an_api_that_is_away_is_waited_for(api, sink, coroner):
    """
    While the API is away the coroner is alive, not ready, and goes on where it was when the API is back.
    """
    api.make_pod("payment-1")
    api.stop()
    wait_for(lambda: coroner.status("/healthz/ready") == 503, WITHIN_S, "a coroner that is not ready")
    live = coroner.status("/healthz/live")

    api.start()
    api.report("payment-1", {"terminated": ended(139)})

    (event,) = arrived(sink, 1)
    wait_for(lambda: coroner.status("/healthz/ready") == 200, WITHIN_S, "a coroner that is ready again")
    assert 200 == live
    assert "SegmentationFault" == event["exception_type"]


def test_without_rights_it_says_so_and_goes_on_asking(api, make_coroner):
    """
    A role that is missing is said in the log once, with what was refused; the process stays.
    """
    coroner = make_coroner(STRANGER)
    wait_for(lambda: coroner.status("/healthz/live") == 200, WITHIN_S, "a coroner that lives")
    wait_for(lambda: coroner.metric("coroner_api_failures_total") >= 3, WITHIN_S, "three refusals")

    assert 503 == coroner.status("/healthz/ready")
    assert 1 == coroner.log.count("the API refuses")
    assert "pods is forbidden" in coroner.log


def test_what_the_sink_does_not_take_is_kept(api, sink, make_coroner):
    """
    A death that is told while the sink is away arrives when it is back, also where the coroner was killed meanwhile.
    """
    api.make_pod("payment-1")
    coroner = make_coroner().ready()
    sink.end()
    api.report("payment-1", {"terminated": ended(139)})
    wait_for(lambda: coroner.metric("coroner_deaths_total") == 1, WITHIN_S, "a death that is explained")
    coroner.end(signal.SIGKILL)
    api.remove("payment-1")

    coroner = make_coroner().ready()
    sink.start().ready()

    (event,) = arrived(sink, 1)
    settled(coroner)
    assert "SegmentationFault" == event["exception_type"]


def test_a_pod_that_is_gone_is_told_by_whoever_saw_it(api, sink, make_coroner):
    """
    A pod that is removed by force while its container runs is one death, seen or remembered.
    """
    for name in ("payment-1", "payment-2"):
        api.make_pod(name)
        api.report(name, running())
    coroner = make_coroner().ready()
    api.remove("payment-1")
    arrived(sink, 1)
    settled(coroner)

    coroner.end(signal.SIGKILL)
    api.remove("payment-2")
    settled(make_coroner().ready())

    assert ["Removed", "Removed"] == [item["exception_type"] for item in arrived(sink, 2)]


@pytest.mark.parametrize("late", [False, True], ids=["before the status", "after the status"])
def test_a_liveness_kill_is_known_by_its_event(late, api, sink, coroner):
    """
    137 becomes a liveness kill by the kubelet's event, also where that comes a moment after the status.
    """
    pod = api.make_pod("payment-1")
    reference = {
        "kind": "Pod", "apiVersion": "v1", "name": "payment-1", "namespace": NAMESPACE, "uid": pod["metadata"]["uid"],
        "fieldPath": "spec.containers{payment}",
    }  # fmt: skip
    event = {
        "metadata": {"name": "payment-1.killing", "namespace": NAMESPACE}, "involvedObject": reference,
        "reason": "Killing", "message": "Container payment failed liveness probe, will be restarted", "count": 1,
        "firstTimestamp": now(5), "lastTimestamp": now(5), "type": "Normal",
    }  # fmt: skip
    path = f"/api/v1/namespaces/{NAMESPACE}/events"
    if not late:
        api.must("POST", path, event)
    api.report("payment-1", {"terminated": ended(137)})
    if late:
        api.must("POST", path, event)

    (found,) = arrived(sink, 1)
    assert "LivenessKill" == found["exception_type"]


def test_what_was_seen_is_told_before_the_end(api, sink, coroner):
    """
    SIGTERM right after a death loses nothing: the coroner explains and tells it, and ends with 0.
    """
    api.make_pod("payment-1")
    api.report("payment-1", {"terminated": ended(137)})
    wait_for(lambda: "container payment of pod payment-1 died" in coroner.log, WITHIN_S, "a death that was seen")

    status = coroner.end()

    assert 0 == status
    assert ["Killed"] == [item["exception_type"] for item in sink.events()]


def test_deaths_are_told_soon_and_cheaply(api, sink, coroner):
    """
    Thirty deaths at once are thirty events, within three seconds in the median; the process stays below 60 MiB.
    """
    pods = [api.make_pod(f"payment-{number}")["metadata"] for number in range(30)]
    for number, pod in enumerate(pods):
        message = record(f"{number:032x}")
        api.report(pod["name"], {"terminated": ended(137, "OOMKilled", message, of=f"{pod['uid']}-0")})
    events = arrived(sink, 30)
    settled(coroner)

    delays_s = [item["received_at"] - seen_at(sink, item) for item in events]
    resident_mib = psutil.Process(coroner.process.pid).memory_info().rss / MIB
    assert {f"{number:032x}" for number in range(30)} == {item["trace_id"] for item in events}
    assert statistics.median(delays_s) < 3
    assert resident_mib < 60


def seen_at(sink, item):
    """When the kubelet's status said it (whole seconds)."""
    return sink.event(item["event_id"])["timestamp"]
