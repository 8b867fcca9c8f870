import threading

import pytest

PREFIX = "/api/v1/game-engine"
TOKEN = "the-fault-token"


def _header(service, name):
    (seen,) = service.seen
    (value,) = seen.header(name)
    return value


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/debug/crash", "/debug/crash"),
        ("/debug/error/ValueError?x=1&x=%32", "/debug/error/value-error?x=1&x=%32"),
        ("/debug/error", "/debug/error/value-error"),
        ("/debug/error?case=key_error", "/debug/error/key-error"),
        ("/debug/memory-leak", "/debug/memory-leak?case=step"),
        ("/debug/memory-leak?case=to-the-kill&run=me&n=3", "/debug/memory-leak?case=to-the-kill&n=3"),
        ("//debug//crash/", "/debug/crash"),
        ("/%64ebug/crash", "/debug/crash"),
        ("/Debug/Crash", "/debug/crash"),
    ],
)
def test_fault_is_fired_under_its_own_name(gateway, service, path, target):
    """
    However a fault is spelled, the service gets the catalogue's spelling of what was admitted, and the token.
    """
    answer = gateway.fire(PREFIX + path)

    (seen,) = service.seen
    assert (200, target) == (answer.status, seen.target)
    assert [f"Bearer {TOKEN}"] == seen.header("authorization")


def test_run_tag_goes_along(gateway, service):
    """
    The run tag is the caller's, from the header or the query, or else is made.
    """
    gateway.fire(f"{PREFIX}/debug/crash", {"X-Crash-Run": "drill-1"})
    gateway.fire(f"{PREFIX}/debug/crash?run=drill-2")
    gateway.fire(f"{PREFIX}/debug/crash")

    first, second, third = (seen.header("x-crash-run")[0] for seen in service.seen)
    assert ("drill-1", "drill-2") == (first, second)
    assert third.startswith("run-")


@pytest.mark.parametrize(
    ("path", "method", "headers", "status", "kind"),
    [
        ("/debug/crash", "POST", {}, 401, "fault-token"),
        ("/debug/crash", "POST", {"Authorization": "Bearer wrong"}, 401, "fault-token"),
        ("/debug/crash", "POST", {"Authorization": f"Basic {TOKEN}"}, 401, "fault-token"),
        ("/debug/crash", "POST", {"Authorization": "Bearer \xff"}, 401, "fault-token"),
        ("/debug/crash", "GET", {}, 405, "get-off"),
        ("/debug/crash", "DELETE", {"Authorization": f"Bearer {TOKEN}"}, 405, "method"),
        ("/debug/nothing", "POST", {"Authorization": f"Bearer {TOKEN}"}, 404, "unknown-scenario"),
        ("/debug", "POST", {"Authorization": f"Bearer {TOKEN}"}, 404, "unknown-scenario"),
        ("/debug/faults", "POST", {"Authorization": f"Bearer {TOKEN}"}, 404, "unknown-scenario"),
        ("/%2564ebug/../debug/crash", "POST", {}, 400, "path"),
        ("/debug/error/OSError", "POST", {"Authorization": f"Bearer {TOKEN}"}, 404, "unknown-case"),
        ("/debug/crash?case=x", "POST", {"Authorization": f"Bearer {TOKEN}"}, 404, "unknown-case"),
        ("/debug/crash?run=a%20b", "POST", {"Authorization": f"Bearer {TOKEN}"}, 400, "run-tag"),
    ],
)
def test_what_may_not_be_fired(gateway, service, path, method, headers, status, kind):  # noqa: PLR0917
    """
    A fault that may not be fired is refused with the reason and the trace id, and reaches no service.
    """
    answer = gateway.ask(PREFIX + path, method, headers)

    assert (status, f"urn:crash-demo:problem:{kind}") == (answer.status, answer.json["type"])
    assert ("application/problem+json", answer.json["trace_id"]) == (
        answer.headers["content-type"],
        answer.headers["x-trace-id"],
    )
    assert [] == service.seen


def test_faults_are_off_by_default(start, service):
    """
    Nothing can be fired, listed or stopped unless faults are switched on; other paths work.
    """
    gateway = start(FAULTS_ENABLED="false")

    fired = gateway.fire(f"{PREFIX}/debug/crash")

    assert (403, "urn:crash-demo:problem:faults-off") == (fired.status, fired.json["type"])
    assert (403, 403) == (gateway.ask("/api/v1/faults").status, gateway.fire("/api/v1/gateway/debug/crash").status)
    assert 200 == gateway.ask(f"{PREFIX}/spin").status
    assert ["/spin"] == [seen.target for seen in service.seen]


def test_get_fires_behind_its_own_switch(start, service):
    """
    With the switch on a plain GET fires, and a wrong token is still wrong.
    """
    gateway = start(FAULTS_ALLOW_GET="true")

    fired = gateway.ask(f"{PREFIX}/debug/crash")
    wrong = gateway.ask(f"{PREFIX}/debug/crash", headers={"Authorization": "Bearer wrong"})

    assert (200, 401) == (fired.status, wrong.status)
    assert [("GET", "/debug/crash")] == [(seen.method, seen.target) for seen in service.seen]


def test_budget_of_a_minute(gateway, service):
    """
    A fault fired more often than its budget allows is 429 with the time to wait.
    """
    statuses = [gateway.fire(f"{PREFIX}/debug/burst").status for _ in range(4)]
    refused = gateway.fire(f"{PREFIX}/debug/burst")

    assert [200, 200, 200, 429] == statuses
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert 3 == len(service.seen)


def test_one_at_a_time(gateway, service):
    """
    A second leak while one runs is 409, says who runs, and the list of active faults shows it, also when the
    service cannot be asked.
    """
    inside, go = threading.Event(), threading.Event()

    def leaks(handler):
        inside.set()
        go.wait(10)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.behaviours["/debug/memory-leak"] = leaks
    service.behaviours["/debug/faults"] = lambda handler: setattr(handler, "close_connection", True)
    first = threading.Thread(target=gateway.fire, args=(f"{PREFIX}/debug/memory-leak?run=one",))
    first.start()
    inside.wait(10)

    second = gateway.fire(f"{PREFIX}/debug/memory-leak?case=to-the-kill")
    listed = gateway.ask("/api/v1/faults").json
    go.set()
    first.join()

    assert (409, "urn:crash-demo:problem:already-active") == (second.status, second.json["type"])
    assert "run one" in second.json["detail"]
    assert [("game-engine/memory-leak/step", "one")] == [(item["id"], item["run"]) for item in listed["active"]]
    assert listed["services"]["game-engine"].startswith("upstream-died")
    assert 200 == gateway.fire(f"{PREFIX}/debug/memory-leak").status


def test_refusal_of_a_service_passes_through(gateway, service):
    """
    A 409 of the service, for what it still holds, is the caller's answer.
    """

    def busy(handler):
        handler.send_response(409)
        handler.send_header("Content-Type", "application/problem+json")
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    service.behaviours["/debug/memory-leak"] = busy

    answer = gateway.fire(f"{PREFIX}/debug/memory-leak")

    assert (409, "application/problem+json", b"{}") == (answer.status, answer.headers["content-type"], answer.body)


def test_faults_of_all_services_are_listed_and_stopped(gateway, service):
    """
    The list holds what the services say; stopping needs the token and reaches every service with it.
    """

    def faults(handler):
        body = b'{"stopped": 2}' if handler.command == "DELETE" else b'{"active": [{"id": "game-engine/memory-leak"}]}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.behaviours["/debug/faults"] = faults

    listed = gateway.ask("/api/v1/faults")
    unasked = gateway.ask("/api/v1/faults", "DELETE")
    stopped = gateway.ask("/api/v1/faults", "DELETE", {"Authorization": f"Bearer {TOKEN}"})

    assert [{"id": "game-engine/memory-leak"}] == listed.json["active"]
    assert {"gateway": "asked", "game-engine": "asked"} == listed.json["services"]
    assert (401, 200) == (unasked.status, stopped.status)
    assert {"gateway": 0, "game-engine": 2} == stopped.json["stopped"]
    assert [f"Bearer {TOKEN}"] == service.seen[-1].header("authorization")


def test_only_the_runs_of_one_tag_are_stopped(start, service):
    """
    With ``?run=`` the services are told whose runs to stop, and the gateway forgets only those.
    """
    gateway = start()
    going, inside = threading.Event(), threading.Semaphore(0)

    def leaks(handler):
        inside.release()
        going.wait(20)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def faults(handler):
        body = b'{"stopped": 1}' if handler.command == "DELETE" else b"{}"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.behaviours |= {"/debug/memory-leak": leaks, "/debug/burst": leaks, "/debug/faults": faults}
    fired = [
        threading.Thread(target=gateway.fire, args=(f"{PREFIX}/debug/{name}?run={run}",))
        for name, run in (("memory-leak", "anna-1"), ("burst", "anna-10"))
    ]
    for one in fired:
        one.start()
        inside.acquire(timeout=20)

    stopped = gateway.ask("/api/v1/faults?run=anna-1", "DELETE", {"Authorization": f"Bearer {TOKEN}"})
    listed = gateway.ask("/api/v1/faults").json["active"]
    going.set()
    for one in fired:
        one.join()

    assert (200, {"gateway": 0, "game-engine": 1}) == (stopped.status, stopped.json["stopped"])
    assert ["/debug/faults?run=anna-1"] == [seen.target for seen in service.seen if seen.method == "DELETE"]
    assert [("game-engine/burst", "anna-10")] == [(run["id"], run["run"]) for run in listed]


@pytest.mark.parametrize("query", ["run=", "run=a%20b", "run=a&run=b", "runs=anna-1", "run=a&service=payment", "tag"])
def test_a_stop_that_cannot_be_read_stops_nobody(gateway, service, query):
    """
    Whoever misspells whose runs to stop ends nobody else's.
    """
    answer = gateway.ask(f"/api/v1/faults?{query}", "DELETE", {"Authorization": f"Bearer {TOKEN}"})

    assert (400, []) == (answer.status, service.seen)
