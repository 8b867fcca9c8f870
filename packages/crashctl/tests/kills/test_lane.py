"""
Kills of a service that is played: it starts again at once after its first death, and is put off after the second.
"""

import threading
from contextlib import suppress

import pytest
from crashctl.drill.answers import Answer
from crashctl.drill.cases import DrillCase
from crashctl.drill.deaths import CORONER
from crashctl.drill.events import Event
from crashctl.drill.hands import AwayError
from crashctl.drill.play import Stage
from crashctl.kills import lane
from crashctl.kills.lane import Lane
from crashctl.kills.statuses import Statuses
from crashctl.waiting import wait_for
from crashkit.catalogue import Expect

EXPECT = Expect.model_validate({"status": 200, "pod": {"ends": "oom", "after_calls": 2, "recovers_within_s": 60}})
CASE = DrillCase("payment/memory-leak/kill", "payment", "memory-leak", "kill", "/", EXPECT)
FINISHED = "2026-11-27T10:00:{:02d}Z"


class Release:
    """Gateway, sink, pods and the kubelet in one."""

    def __init__(self):
        self.calls = 0
        self.deaths = 0
        self.restarts = 0
        self.pod = 1
        self.waits = False
        self.deleted = []
        self.items = {}
        self.payloads = {}
        # What the coroner tells of which death.
        self.silent = set()
        self.twice = set()
        self.cause = "oom-kill"
        self.on_first_call = False
        self.first = ""

    def unreached(self, _service, **_):
        return "it waits" if self.waits else None

    def fire(self, firing, trace):
        assert not self.waits
        self.items[trace.id] = []
        if firing.call == 1:
            self.first = trace.id
            return Answer(200, "application/json", trace.id, {})
        self.deaths += 1
        self._die(self.first if self.on_first_call else trace.id)
        return Answer(502, "application/problem+json", trace.id, {})

    def _die(self, trace_id):
        uid, instance = f"uid-{self.pod}", self.restarts
        tags = {"workload": "payment", "cause": self.cause, "scenario": "memory-leak"}
        for number in range(0 if self.deaths in self.silent else 2 if self.deaths in self.twice else 1):
            event_id = f"{self.deaths}-{number}"
            self.items[trace_id].append(Event("event", CORONER, event_id, trace_id, level="fatal", tags=tags))
            death = {"finished_at": FINISHED.format(self.deaths), "instance": instance}
            self.payloads[event_id] = {"contexts": {"death": death, "k8s": {"pod_uid": uid, "container": "payment"}}}
        self.waits = self.restarts == 1
        self.restarts = 1

    def trace(self, trace_id):
        return self.items[trace_id]

    def payload(self, event_id):
        return self.payloads[event_id]

    def _pod(self):
        ended = (
            {"terminated": {"reason": "OOMKilled", "finishedAt": FINISHED.format(self.deaths)}} if self.deaths else {}
        )
        state = {"waiting": {"reason": "CrashLoopBackOff"}} if self.waits else {"running": {}}
        status = {"name": "payment", "restartCount": self.restarts, "ready": not self.waits}
        status |= {"state": state, "lastState": ended}
        metadata = {"name": f"payment-{self.pod}", "uid": f"uid-{self.pod}"}
        return {"metadata": metadata, "status": {"containerStatuses": [status]}}

    def pods(self, _component=""):
        return [self._pod()]

    def changes(self):
        yield self._pod()
        raise AwayError("the watch ends now and then")

    def delete(self, name):
        self.deleted.append(name)
        self.pod += 1
        self.restarts, self.waits = 0, False

    doing = staticmethod(lambda _: None)


@pytest.fixture
def release(monkeypatch):
    monkeypatch.setattr(lane, "REPORT_WITHIN_S", 0.3)
    monkeypatch.setattr(lane, "BUSY_STEP_S", 0.01)
    monkeypatch.setattr("crashctl.kills.statuses.AGAIN_S", 0.01)
    return Release()


def killed(release, times):
    statuses = Statuses(release)
    statuses.start()
    one = Lane(Stage(release, release, release, release), release, statuses, [CASE], threading.Event())
    one.run(times)
    statuses.stop()
    one.look_again()
    return one.kills


def test_each_kill_is_told_and_its_pod_is_replaced_after_two(release):
    """
    Five kills need three pods; the time from the kubelet's status to the report is known of each.
    """
    kills = killed(release, 5)

    assert [()] * 5 == [kill.wrongs for kill in kills]
    assert [False, False, True, False, True] == [kill.on_new_pod for kill in kills]
    assert ["payment-1", "payment-2"] == release.deleted
    assert all(kill.delay_s is not None and kill.delay_s >= 0 for kill in kills)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda played: played.silent.add(2), "waited 0.3 s for the coroner's report; it did not come"),
        (lambda played: played.twice.add(2), "the death was reported 2 times, expected once"),
        (
            lambda played: setattr(played, "cause", "sigkill"),
            "the reported death's cause is sigkill, expected oom-kill",
        ),
        (
            lambda played: setattr(played, "on_first_call", True),
            "call 1 is told as a death, and it did not pass the limit",
        ),
    ],
    ids=["silent", "twice", "of another cause", "on another trace"],
)
def test_a_death_that_is_not_told_as_it_should_is_named(spoil, said, release):
    """
    What lacks, is too many or wrong is said of its kill, and the others go on.
    """
    spoil(release)

    kills = killed(release, 3)

    assert 3 == len(kills)
    assert said in [wrong for kill in kills for wrong in kill.wrongs]


def test_a_status_is_seen_though_the_watch_breaks_off(release):
    """
    The first time that an end was told counts, whatever the watch does.
    """
    statuses = Statuses(release)
    release.deaths = 1
    statuses.start()

    first = wait_for(lambda: statuses.seen("uid-1", "payment", 1795773601.0), 5, "the end to be seen")
    with suppress(AssertionError):
        wait_for(lambda: statuses.seen("uid-1", "payment", 1795773601.0) != first, 0.2, "another time")

    assert first == statuses.seen("uid-1", "payment", 1795773601.0)
    statuses.stop()
