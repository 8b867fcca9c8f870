"""
The drill is worth something because it fails: what a road or a Sentry does wrong is said, and ends with 1.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

CASE = "game-engine/crash"


@pytest.fixture
def road_that(lasting_stack):
    """Make the URL of a road to the gateway that does something to what passes."""
    servers = []

    def make(spoil, to=lasting_stack):
        class Road(BaseHTTPRequestHandler):
            def answer(self):
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                times, headers = spoil(self.command, headers)
                for _ in range(times):
                    answer = httpx.request(
                        self.command,
                        to.url("gateway") + self.path,
                        content=body,
                        headers=headers,
                        timeout=30,
                    )
                self.send_response(answer.status_code)
                for name in ("content-type", "x-trace-id"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_):
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Road)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def outcome(ended):
    assert 1 == ended.returncode, ended.stderr
    (only,) = json.loads(ended.stdout)["cases"]
    assert "broken" == only["verdict"]
    return only


def test_a_road_that_drops_trace_headers_is_found(lasting_stack, road_that, catalogue_in_a_hurry):
    """
    Without the trace headers the event is on another trace: lost to the caller, and the drill says where it went.
    """

    def strip(_method, headers):
        return 1, {name: value for name, value in headers.items() if name.lower() not in {"sentry-trace", "baggage"}}

    found = outcome(
        lasting_stack.drill(
            "--json", "--scenario", CASE, "--gateway", road_that(strip), "--catalog-dir", str(catalogue_in_a_hurry)
        )
    )

    assert (0, 1) == (found["captured"], found["lost"])
    assert any(reason.startswith("X-Trace-Id is ") for reason in found["reasons"])
    assert any("of this run is on trace" in reason for reason in found["reasons"])


def test_a_road_that_sends_twice_is_found(lasting_stack, road_that, catalogue_in_a_hurry):
    """
    A road that repeats a POST fires twice: the second event is a duplicate, although all that was due is there.
    """

    def repeat(method, headers):
        return 2 if method == "POST" else 1, headers

    found = outcome(
        lasting_stack.drill(
            "--json", "--scenario", CASE, "--gateway", road_that(repeat), "--catalog-dir", str(catalogue_in_a_hurry)
        )
    )

    assert (1, 0, 1) == (found["captured"], found["lost"], found["duplicated"])
    assert any(reason.startswith("one too many: RuntimeError") for reason in found["reasons"])


def test_a_service_that_tells_a_cookie_is_found(stack, road_that, catalogue_in_a_hurry):
    """
    All is captured, but one envelope on the trace holds what the drill planted in its request: the drill is red, and
    says which envelope and what.
    """

    def tell(method, headers):
        if method == "POST":
            trace_id, span_id, _ = headers["sentry-trace"].split("-")
            trace = {"trace_id": trace_id, "span_id": span_id, "op": "test", "data": {"cookie": headers["Cookie"]}}
            times = {"start_timestamp": time.time(), "timestamp": time.time()}
            stack.tell_sink("transaction", {"type": "transaction", "contexts": {"trace": trace}, **times})
        return 1, headers

    found = outcome(
        stack.drill(
            "--json",
            "--scenario",
            CASE,
            "--gateway",
            road_that(tell, stack),
            "--catalog-dir",
            str(catalogue_in_a_hurry),
        )
    )

    assert (1, 0, 0) == (found["captured"], found["lost"], found["duplicated"])
    (reason,) = found["reasons"]
    assert reason.startswith("an envelope of game-engine holds the planted card in a cookie, cookie (")


@pytest.mark.parametrize("mode", ["429", "503", "413", "drop"])
def test_a_sentry_that_refuses_is_a_loss(stack, catalogue_in_a_hurry, mode):
    """
    What Sentry refuses or drops is lost, and the drill says so with what the sink has counted.
    """
    stack.misbehave(mode=mode, retry_after_s=1, for_s=60)

    found = stack.drill("--json", "--scenario", CASE, "--catalog-dir", str(catalogue_in_a_hurry))

    case = outcome(found)
    assert (1, 0, 1, 0) == (case["due"], case["captured"], case["lost"], case["duplicated"])
    assert "1 of 1 RuntimeError did not arrive" in case["reasons"]
    assert any("the sink rejected" in note for note in json.loads(found.stdout)["notes"])


def test_a_sentry_that_is_slow_is_late_and_not_a_loss(stack, catalogue_in_a_hurry):
    """
    What arrives after its time breaks the contract as late; it is captured once, and nothing is lost.
    """
    stack.misbehave(mode="slow", ms=2500, for_s=60)

    case = outcome(stack.drill("--json", "--scenario", CASE, "--catalog-dir", str(catalogue_in_a_hurry)))

    assert (1, 0, 0) == (case["captured"], case["lost"], case["duplicated"])
    assert ["arrived later than 1 s"] == case["reasons"]


CANNOT = {
    "no gateway": (["--gateway", "http://127.0.0.1:9"], "no gateway at http://127.0.0.1:9"),
    "another server": (["--gateway", "SINK"], "that is no gateway of ours; check --gateway"),
    "no sink": (["--sink", "http://127.0.0.1:9"], "no event sink at http://127.0.0.1:9"),
    "no such scenario": (
        ["--scenario", "game-engine/nothing"],
        "fits no case of this release; it has analytics/crash, ",
    ),
    "no kubeconfig": (["--kube", "/nowhere/kubeconfig"], "--kube /nowhere/kubeconfig"),
    "no catalogue": (["--catalog-dir", "/nowhere"], "/nowhere/services.yaml is missing"),
    "no URL": (["--gateway", "localhost"], "no gateway at localhost"),
    "no such flag of Kubernetes": (["--kube", "in-cluster"], "--kube in-cluster"),
}


@pytest.mark.parametrize("why", CANNOT)
def test_what_keeps_a_drill_from_running_is_one_line(lasting_stack, why):
    """
    A drill that cannot run ends with 2 and one line that names what is wrong and the fix; it fires nothing.
    """
    arguments, said = CANNOT[why]
    arguments = [lasting_stack.url("event-sink") if argument == "SINK" else argument for argument in arguments]

    ended = lasting_stack.drill(*arguments)

    assert (2, "") == (ended.returncode, ended.stdout)
    (line,) = ended.stderr.splitlines()
    assert line.startswith("drill cannot run: ")
    assert said in line


@pytest.mark.parametrize(
    ("token", "said"), [("wrong", "does not know this fault token"), ("", "there is no fault token")]
)
def test_the_wrong_token_is_one_line(lasting_stack, token, said):
    """
    A wrong token and none are told apart, and both say where the right one is.
    """
    ended = lasting_stack.drill(token=token)

    assert 2 == ended.returncode
    (line,) = ended.stderr.splitlines()
    assert said in line
    assert "fault-token" in line
    assert "-secrets" in line


def test_faults_that_are_off_are_one_line(make_stack):
    """
    A release without faults is not drilled, and the line says how to turn them on.
    """
    with make_stack(FAULTS_ENABLED="false") as quiet:
        ended = quiet.drill()

    assert 2 == ended.returncode
    (line,) = ended.stderr.splitlines()
    assert "faults are off" in line
    assert "global.faults.enabled=true" in line
