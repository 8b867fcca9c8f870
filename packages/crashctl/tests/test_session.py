"""
Whole drills against a release that is played: what ends is away for a moment, and comes back as a kubelet brings it.
"""

import time
from dataclasses import replace

import pytest
from crashctl.drill import session
from crashctl.drill.answers import Answer
from crashctl.drill.cases import DrillCase
from crashctl.drill.events import Event, Item
from crashctl.drill.play import Stage
from crashctl.drill.pods import Container
from crashctl.drill.sink import SinkAwayError
from crashkit.catalogue import Expect

AWAY_S = 1.2
CODES = {"exit": ("Error", 1), "heap-abort": ("Error", 134), "oom": ("OOMKilled", 137)}


class Release:
    """Gateway, sink, pods and audience in one."""

    def __init__(self, services):
        self.containers = {name: Container(f"{name}-a", name, name, restarts=0, ready=True) for name in services}
        self.back_at = dict.fromkeys(services, 0.0)
        self.items = {}
        self.fired = []
        self.ends_as = CODES
        self.tell = {}

    def unreached(self, service, **_):
        return "it is away" if self.is_away(service) else None

    def is_away(self, service):
        return time.monotonic() < self.back_at[service]

    def fire(self, firing, trace):
        case = firing.case
        assert not self.is_away(case.service)
        self.fired.append(case.id)
        tags = {"service": case.service, "scenario": case.scenario, "run": firing.run}
        event = Event(
            "event", case.service, trace.id, trace.id, "KeyError", "'joker'", handled=False, tags=tags,
            contexts=frozenset({"runtime"}), user={"id": "player-7", "email": "player-7@example.com"}, breadcrumbs=1,
            release="one", environment="tests",
        )  # fmt: skip
        self.items[trace.id] = [Item("transaction", "gateway"), event]
        if firing.ends_pod:
            self.end(case)
        status = 502 if firing.ends_pod else case.expect.status
        return Answer(status, "application/problem+json", trace.id, {"trace_id": trace.id})

    def end(self, case):
        reason, code = self.ends_as[case.expect.pod.ends.value]
        container = self.containers[case.service]
        self.back_at[case.service] = time.monotonic() + AWAY_S
        self.containers[case.service] = replace(
            container, restarts=container.restarts + 1, ended_by=reason, exit_code=code
        )

    def snapshot(self):
        now = [replace(one, ready=not self.is_away(name)) for name, one in self.containers.items()]
        return {container.key: container for container in now}

    def trace(self, trace_id):
        return self.items[trace_id]

    def strays(self, *_):
        return []

    def told(self, trace_id):
        return self.tell.get(self.items[trace_id][1].service, [])

    def accounts(self):
        return {}

    def books(self):
        raise SinkAwayError("this one keeps no books")

    def begins(self, number, total, case):
        pass

    waits = doing = ended = lambda *_: None


def case(service, name, ends="none"):
    event = {"type": "KeyError", "message": "'joker'", "handled": False}
    pod = {"ends": ends, "recovers_within_s": 5} if ends != "none" else {}
    return DrillCase(
        f"{service}/{name}", service, name, None, "/", Expect(status=500, events=(event,), within_s=1, pod=pod)
    )


CASES = [
    case("engine", "crash"),
    case("engine", "error"),
    case("payment", "type-error"),
    case("payment", "crash", "exit"),
    case("payment", "leak", "heap-abort"),
    case("payment", "kill", "oom"),
]


@pytest.fixture
def release(monkeypatch):
    monkeypatch.setattr(session, "SETTLE_S", 0)
    monkeypatch.setattr(session, "LATE_WITHIN_S", 0)
    monkeypatch.setattr("crashctl.drill.recovery.STEP_S", 0.05)
    monkeypatch.setattr("crashctl.drill.play.BUSY_STEP_S", 0.05)
    return Release(["engine", "payment"])


def drill(release, cases=CASES):
    return session.run(Stage(release, release, release, release), cases, release)


def test_every_end_is_played_and_others_are_fired_meanwhile(release):
    """
    An exit, an abort at the heap limit and an OOM kill of one service keep their contracts; the other service is fired
    at while the first is away; the report has the order of the catalogue.
    """
    report = drill(release)

    assert [(one.id, "ok", ()) for one in CASES] == [
        (outcome.case.id, outcome.verdict, outcome.reasons) for outcome in report.outcomes
    ]
    assert report.green
    assert ["payment/crash", "engine/crash", "engine/error"] == release.fired[:3]
    assert "payment/type-error" == release.fired[-1]


def test_a_service_that_tells_what_was_planted_breaks_each_of_its_cases(release):
    """
    All is captured, and yet the drill is red: an envelope holds what nobody may read.
    """
    release.tell = {"engine": ["an envelope of engine holds the planted cookie (e1)"]}

    report = drill(release)

    assert not report.green
    broken = {outcome.case.id: outcome.reasons for outcome in report.outcomes if outcome.verdict == "BROKEN"}
    assert {case.id: tuple(release.tell["engine"]) for case in CASES if case.service == "engine"} == broken


def test_an_end_that_is_another_is_said(release):
    """
    A process that should end by an abort and is killed for memory breaks its own case, and no other.
    """
    release.ends_as = {**CODES, "heap-abort": CODES["oom"]}

    report = drill(release)

    (broken,) = [outcome for outcome in report.outcomes if outcome.reasons]
    assert "payment/leak" == broken.case.id
    assert ("payment-a/payment ended by OOMKilled, exit code 137; expected an abort, exit code 134",) == broken.reasons


def test_a_restart_that_nobody_asked_for_is_found_while_another_is_away(release):
    """
    A service that ends by itself while another is away, as asked, breaks the case of that moment and the drill.
    """
    first = release.fire

    def fire(firing, trace):
        if firing.case.id == "engine/error":
            release.containers["engine"] = replace(
                release.containers["engine"], restarts=1, ended_by="Error", exit_code=139
            )
        return first(firing, trace)

    release.fire = fire

    report = drill(release, CASES[:2] + CASES[3:4])

    broken = {outcome.case.id: outcome.reasons for outcome in report.outcomes if outcome.reasons}
    assert ("engine-a/engine restarted 1 times unintended (last: Error, exit code 139)",) == broken["engine/error"]
    assert not report.green
