"""
The service as a process of its own, with a real receiver of envelopes on a real port.
"""

import gzip
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from tornado.testing import bind_unused_port

CATALOG = Path(__file__).parents[3] / "catalog"
TOKEN = "a-fault-token-of-the-tests"
MIB = 1024 * 1024
SLOWNESS_S = 0.02


def brotli_decompress(body):
    # The SDK compresses with brotli where some other package has brought it along.
    return importlib.import_module("brotli").decompress(body)


DECODERS = {"gzip": gzip.decompress, "br": brotli_decompress}


class Receiver(BaseHTTPRequestHandler):
    """Takes envelopes, slowly, as a Sentry under load does."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        threading.Event().wait(SLOWNESS_S)
        self.server.keep(DECODERS.get(self.headers.get("Content-Encoding"), bytes)(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Sentry(ThreadingHTTPServer):
    """Keeps the items of all envelopes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.items = []
        self.dsn = f"http://{'0' * 32}@127.0.0.1:{self.server_port}/2"

    def keep(self, envelope):
        lines = envelope.splitlines()[1:]
        for header, payload in zip(lines[::2], lines[1::2], strict=True):
            self.items.append((json.loads(header)["type"], json.loads(payload)))

    def of(self, kind):
        return [payload for item_kind, payload in self.items if item_kind == kind]


class Service:
    """The process, and how it is called."""

    def __init__(self, **changes):
        listener, self.port = bind_unused_port()
        listener.close()
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
        known = {**os.environ, "CATALOG_DIR": str(CATALOG), "HOST": "127.0.0.1", "PORT": str(self.port), **faults}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "game_engine"], env={**known, **changes}, stderr=subprocess.PIPE, text=True
        )

    def call(self, path, method="GET"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def wait(self, condition, what, within_s=20):
        deadline = time.monotonic() + within_s
        while not condition():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
            threading.Event().wait(0.02)

    def ready(self):
        self.wait(lambda: self.call("/healthz/ready") == 200, "ready")
        return self

    def resident_mib(self):
        return psutil.Process(self.process.pid).memory_info().rss / MIB

    def end(self):
        """Ask it to end, and give its status and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log.splitlines()


@pytest.fixture
def sentry():
    server = Sentry()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def start():
    started = []

    def start_one(**changes):
        started.append(Service(**changes))
        return started[-1]

    yield start_one
    for service in started:
        service.process.kill()
        service.process.communicate()


def test_sigterm_sends_what_is_queued_and_ends_well(start, sentry, tmp_path):
    """
    Events captured just before SIGTERM are delivered to a slow Sentry, and the process ends with 0.
    """
    service = start(SENTRY_DSN=sentry.dsn, STATE_DIR=str(tmp_path)).ready()

    answers = [service.call("/debug/crash", "POST") for _ in range(20)]
    status, _ = service.end()

    assert [500] * 20 == answers
    assert 0 == status
    assert 20 == len(sentry.of("event")) == len(sentry.of("transaction"))


def test_sigterm_waits_for_open_requests_and_refuses_readiness(start, sentry):
    """
    A request that is open at SIGTERM is answered and its event delivered; until then the process says not ready.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    answers = []
    loop = threading.Thread(target=lambda: answers.append(service.call("/debug/infinite-loop", "POST")))
    loop.start()
    service.wait(lambda: busy(service), "the loop")

    service.process.send_signal(signal.SIGTERM)
    service.wait(lambda: service.call("/healthz/ready") == 503, "the end of readiness")
    loop.join()
    status, _ = service.ended()

    assert [200] == answers
    assert 0 == status
    assert "A reel never came to rest and blocked the event loop" == sentry.of("event")[0]["message"]
    assert sentry.of("profile_chunk")


def test_a_sentry_that_does_not_answer_keeps_nobody(start):
    """
    Where Sentry takes the connection and says nothing, requests are answered as ever, and the process ends in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = start(SENTRY_DSN=f"http://{'0' * 32}@127.0.0.1:{silent.getsockname()[1]}/2").ready()
        answers = [service.call("/debug/crash", "POST") for _ in range(5)]
        began = time.monotonic()
        status, _ = service.end()
        took_s = time.monotonic() - began

    assert [500] * 5 == answers
    assert 0 == status
    assert took_s < 5


def busy(service):
    return psutil.Process(service.process.pid).cpu_percent(0.1) > 20


def test_the_log_is_one_line_of_json_a_record(start):
    """
    Start, end, and the tracebacks of requests, tasks and threads are lines that a machine reads.
    """
    service = start().ready()
    for path in ("crash", "async-error?case=detached-task", "threading-error", "threading-error?case=raw-thread"):
        service.call(f"/debug/{path}", "POST")

    _, log = service.end()

    lines = [json.loads(line) for line in log]
    assert {"game-engine"} == {line["service"] for line in lines}
    failures = sorted(line["exception"].splitlines()[-1] for line in lines if "exception" in line)
    assert [
        "AttributeError: 'NoneType' object has no attribute 'set'",
        "KeyError: 'machine-3'",
        "RuntimeError: dictionary changed size during iteration",
        "TypeError: 'NoneType' object is not iterable",
    ] == failures


def test_an_event_knows_how_often_the_container_was_restarted(start, sentry, tmp_path):
    """
    A second start with the same state folder is the first restart, in events and in metrics.
    """
    start(STATE_DIR=str(tmp_path)).ready().end()
    service = start(STATE_DIR=str(tmp_path), SENTRY_DSN=sentry.dsn).ready()

    service.call("/debug/crash", "POST")
    service.end()

    (event,) = sentry.of("event")
    assert 1 == event["contexts"]["runtime"]["restart_count"]


def test_what_is_held_goes_back_when_its_time_is_over(start, tmp_path):
    """
    Nobody asks and nobody stops it: after ``hold_s`` the memory of a leak is with the kernel again.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    (tmp_path / "game-engine.yaml").write_text(
        (CATALOG / "game-engine.yaml").read_text().replace("hold_s: 60", "hold_s: 1")
    )
    service = start(CATALOG_DIR=str(tmp_path)).ready()
    before = service.resident_mib()

    assert 200 == service.call("/debug/memory-leak?case=budget", "POST")

    assert service.resident_mib() > before + 60
    service.wait(lambda: service.resident_mib() < before + 8, "the memory's return", within_s=5)


def test_an_idle_service_is_small(start, sentry):
    """
    After the start and one captured fault the service takes at most 90 MiB.
    """
    service = start(SENTRY_DSN=sentry.dsn).ready()
    service.call("/debug/crash", "POST")

    assert service.resident_mib() <= 90


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"FAULTS_TOKEN": ""}, "FAULTS_TOKEN must be set"),
        ({"PORT": "99999"}, "PORT"),
        ({"CATALOG_DIR": "/nowhere"}, "CATALOG_DIR must name the folder"),
        ({"SENTRY_DSN": "nonsense"}, "SENTRY_DSN"),
        ({"TRACES_SAMPLE_RATE": "7"}, "TRACES_SAMPLE_RATE"),
        ({"HOST": "no-such-host.invalid"}, "HOST must name"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(changes, said, start):
    """
    A bad environment ends the start with status 2 and one line that names the variable, without a traceback.
    """
    status, (line,) = start(**changes).ended()

    assert 2 == status
    assert said in line


def test_a_handler_without_a_scenario_stops_the_start(start, tmp_path):
    """
    A catalogue that lacks a scenario of the table ends the start, and says which side lacks what.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    whole = (CATALOG / "game-engine.yaml").read_text()
    (tmp_path / "game-engine.yaml").write_text(whole.replace("  crash:\n", "  crush:\n"))

    status, (line,) = start(CATALOG_DIR=str(tmp_path)).ended()

    assert 2 == status
    assert "declares ['crush']" in line
    assert "has ['crash']" in line


def test_several_mistakes_in_the_catalogue_are_one_line(start, tmp_path):
    """
    Every mistake of a catalogue is in the one line, with its file and place.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    whole = (CATALOG / "game-engine.yaml").read_text()
    (tmp_path / "game-engine.yaml").write_text(
        whole.replace("    path: /debug/crash\n", "").replace("wall_s: 3", "wall_s: -3")
    )

    status, (line,) = start(CATALOG_DIR=str(tmp_path)).ended()

    assert 2 == status
    assert "scenarios.crash.path: Field required" in line
    assert "scenarios.infinite-loop.budget.wall_s" in line


def test_a_taken_port_is_said(start, sentry):
    """
    A port that somebody else listens on is named in the one line that ends the start.
    """
    status, (line,) = start(PORT=str(sentry.server_port)).ended()

    assert 2 == status
    assert "PORT" in line
