"""
What became of a firing, asked of a real sink and a real game engine.
"""

import signal
import socket
import time
from uuid import UUID

import pytest
from crashctl.waiting import wait_for

PROBLEM = "urn:crash-demo:problem:"
CRASH = "/api/v1/game-engine/debug/crash"


def told(casino, trace_id, service="game-engine"):
    answer = casino.ask("GET", f"/api/v1/firings/{trace_id}?service={service}")
    assert 200 == answer.status_code, answer.text
    return answer.json()


def captured(casino, trace_id):
    def all_there():
        found = told(casino, trace_id)
        return found if found["events"] and len(found["transactions"]) == 2 else None

    return wait_for(all_there, 20, f"the event and both transactions of {trace_id}")


def test_a_firing_is_told_with_its_event_and_its_transactions(casino, trace_id):
    """
    Who asks by trace learns what was captured, where it is looked at, who ran it, and what time it is.
    """
    before = time.time()
    casino.fire(CRASH, trace_id, "anna-1")

    found = captured(casino, trace_id)

    (event,) = found["events"]
    (kept,) = [item for item in casino.kept(trace_id) if item["type"] == "event"]
    assert {
        "event_id": kept["event_id"], "service": "game-engine", "level": "error", "type": "RuntimeError",
        "title": kept["title"], "handled": False, "scenario": "crash", "case": None, "run": "anna-1",
        "received_at": kept["received_at"],
        "issue_url": f"http://localhost:8091/issues/event/{UUID(kept['event_id'])}/",
    } == event  # fmt: skip
    assert {"gateway", "game-engine"} == {transaction["service"] for transaction in found["transactions"]}
    assert [32, 32] == [len(transaction["event_id"]) for transaction in found["transactions"]]
    assert (trace_id, "asked") == (found["trace_id"], found["sink"])
    assert {
        "issues": f"http://localhost:8091/issues/2/all/?q=trace:{trace_id}",
        "trace": f"http://localhost:8969/telemetry/traces/{trace_id}/context",
    } == found["links"]
    assert before <= event["received_at"] <= found["now"] <= time.time()


def test_a_trace_that_nobody_knows_has_nothing_yet(casino, trace_id):
    """
    Before anything is captured the answer is complete and empty, needs no token, and nobody keeps it.
    """
    answer = casino.http.get(casino.url("gateway") + f"/api/v1/firings/{trace_id}")

    found = answer.json()
    assert ([], [], "asked", None) == (found["events"], found["transactions"], found["sink"], found["service"])
    assert f"http://localhost:8969/telemetry/traces/{trace_id}/context" == found["links"]["trace"]
    assert "no-store" == answer.headers["cache-control"]


def test_a_service_that_was_started_anew_is_told(casino, trace_id):
    """
    While a service is away it is not ready; afterwards its start is later than before.
    """
    first = told(casino, trace_id)["service"]
    casino.end("game-engine", signal.SIGKILL)
    away = told(casino, trace_id)["service"]
    casino.start("game-engine")
    again = told(casino, trace_id)["service"]

    assert ("game-engine", True, True) == (first["name"], first["ready"], again["ready"])
    assert {"name": "game-engine", "ready": False, "started_at": None} == away
    assert first["started_at"] < again["started_at"] <= time.time()


@pytest.mark.parametrize(
    ("service", "state"),
    [
        ("payment", {"name": "payment", "ready": False, "started_at": None}),
        ("slot-machine", None),
    ],
)
def test_a_service_that_is_no_process_here_is_told_as_that(casino, trace_id, service, state):
    """
    What is not part of the release is not ready; the page has no readiness.
    """
    assert state == told(casino, trace_id, service)["service"]


def test_the_gateway_tells_of_itself(casino, trace_id):
    """
    A fault of the gateway is told with the gateway's own start, the one that its readiness says.
    """
    ready = casino.ask("GET", "/healthz/ready").json()

    found = told(casino, trace_id, "gateway")["service"]

    assert {"name": "gateway", "ready": True, "started_at": ready["started_at"]} == found
    assert 0 < time.time() - ready["started_at"] < 3600


def test_an_event_of_the_page_is_told_too(casino, envelope, trace_id):
    """
    A fault of the page is found like that of a service, with its issue among the page's.
    """
    tags = {"service": "slot-machine", "scenario": "type-error", "run": "anna-2"}
    casino.send(envelope(trace_id, tags=tags))

    found = told(casino, trace_id, "slot-machine")

    (event,) = found["events"]
    assert ("slot-machine", "type-error", "anna-2", None) == tuple(
        event[name] for name in ("service", "scenario", "run", "handled")
    )
    assert f"http://localhost:8091/issues/5/all/?q=trace:{trace_id}" == found["links"]["issues"]


def test_events_come_oldest_first(casino, envelope, trace_id):
    """
    What was captured first stands first.
    """
    for name in ("first", "second", "third"):
        casino.send(envelope(trace_id, exception={"values": [{"type": name, "value": ""}]}))

    assert ["first", "second", "third"] == [event["type"] for event in told(casino, trace_id)["events"]]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("", "trace-id"),
        ("a" * 31, "trace-id"),
        ("a" * 33, "trace-id"),
        ("A" * 32, "trace-id"),
        ("g" * 32, "trace-id"),
        ("a" * 32 + "/", "trace-id"),
        ("a" * 31 + "%61", "trace-id"),
        ("a" * 16 + "&type=event&limit", "trace-id"),
        ("../../api/v1/accounts", "trace-id"),
        ("a" * 32 + "?service=", "unknown-service"),
        ("a" * 32 + "?service=nobody", "unknown-service"),
        ("a" * 32 + "?service=payment&service=gateway", "unknown-service"),
        ("a" * 32 + "?service=http://attacker.invalid", "unknown-service"),
    ],
)
def test_what_cannot_be_asked_is_refused(gateway, asked, kind):
    """
    A trace id that is none and a service that there is not are 400, and nobody is asked anything.
    """
    answer = gateway.ask(f"/api/v1/firings/{asked}")

    assert (400, PROBLEM + kind) == (answer.status, answer.json["type"])


def test_without_a_sink_the_rest_is_told(start, service, trace_id):
    """
    Where nobody can be asked the reason is said, and the service is still looked after; links that are none are null.
    """
    answer = start().ask(f"/api/v1/firings/{trace_id}?service=game-engine").json

    assert "SINK_URL" in answer["sink"]
    assert ([], {"issues": None, "trace": None}) == (answer["events"], answer["links"])
    assert ["/healthz/ready"] == [seen.target for seen in service.seen]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "upstream-unreachable"),
        (b"no json", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"items": 5}', "list of items"),
    ],
)
def test_a_sink_that_does_not_answer_is_said(start, service, trace_id, body, said):
    """
    A sink that is away, or is none, is named with the reason; what else can be told is told.
    """

    def sends(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.behaviours["/api/v1/events"] = sends
    answer = start(SINK_URL=service.url if body else "http://127.0.0.1:9").ask(f"/api/v1/firings/{trace_id}")

    assert 200 == answer.status
    assert said in answer.json["sink"]
    assert [] == answer.json["events"] == answer.json["transactions"]


def test_a_service_that_hangs_holds_nobody_up(start, trace_id):
    """
    A service whose loop does not turn is not ready, and the answer comes all the same.
    """
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        gateway = start(GAME_ENGINE_URL=f"http://127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        found = gateway.ask(f"/api/v1/firings/{trace_id}?service=game-engine").json
        took_s = time.monotonic() - began

    assert {"name": "game-engine", "ready": False, "started_at": None} == found["service"]
    assert 0.9 < took_s < 10
