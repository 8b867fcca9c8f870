"""
The service as a process of its own, with a real receiver of envelopes on a real port.
"""

import gzip
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tornado.testing import bind_unused_port

CATALOG = Path(__file__).parents[3] / "catalog"
TOKEN = "a-fault-token-of-the-tests"


def brotli_decompress(body):
    # The SDK compresses with brotli where some other package has brought it along.
    return importlib.import_module("brotli").decompress(body)


class Receiver(BaseHTTPRequestHandler):
    """Takes envelopes, slowly, as a Sentry under load does."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        decode = {"gzip": gzip.decompress, "br": brotli_decompress}.get(self.headers.get("Content-Encoding"), bytes)
        self.server.received.append(decode(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def environment(**changes):
    faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
    return {**os.environ, "CATALOG_DIR": str(CATALOG), "HOST": "127.0.0.1", **faults, **changes}


def free_port():
    listener, port = bind_unused_port()
    listener.close()
    return port


def call(port, path, method="GET"):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", method=method, headers={"Authorization": f"Bearer {TOKEN}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def start(**changes):
    return subprocess.Popen(
        [sys.executable, "-m", "game_engine"], env=environment(**changes), stderr=subprocess.PIPE, text=True
    )


def wait_until_ready(port):
    deadline = time.monotonic() + 20
    while call(port, "/healthz/ready") != 200:
        assert time.monotonic() < deadline, "the service was not ready within 20 s"


def test_sigterm_sends_what_is_queued_and_ends_well(receiver, tmp_path):
    """
    Events captured just before SIGTERM are delivered, and the process ends with 0.
    """
    port = free_port()
    dsn = f"http://{'0' * 32}@127.0.0.1:{receiver.server_port}/2"
    process = start(PORT=str(port), SENTRY_DSN=dsn, STATE_DIR=str(tmp_path))
    wait_until_ready(port)

    for _ in range(20):
        assert 500 == call(port, "/debug/crash", "POST")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)

    assert 0 == process.returncode
    assert 20 == sum(
        b"dictionary changed size during iteration" in body and b'"type":"event"' in body for body in receiver.received
    )


def test_restarts_are_counted_where_the_state_outlives_the_container(tmp_path):
    """
    A second start with the same state folder knows that it is the first restart.
    """
    port = free_port()
    for _ in range(2):
        process = start(PORT=str(port), STATE_DIR=str(tmp_path))
        wait_until_ready(port)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)

    assert "2" == (tmp_path / "boots").read_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"FAULTS_TOKEN": ""}, "FAULTS_TOKEN must be set"),
        ({"PORT": "99999"}, "PORT"),
        ({"CATALOG_DIR": "/nowhere"}, "CATALOG_DIR must name the folder"),
        ({"SENTRY_DSN": "nonsense"}, "SENTRY_DSN"),
        ({"TRACES_SAMPLE_RATE": "7"}, "TRACES_SAMPLE_RATE"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(changes, said):
    """
    A bad environment ends the start with status 2 and one line that names the variable, without a traceback.
    """
    process = start(**{"PORT": str(free_port()), **changes})

    _, error = process.communicate(timeout=15)

    assert 2 == process.returncode
    assert 1 == len(error.strip().splitlines())
    assert said in error


def test_a_handler_without_a_scenario_stops_the_start(tmp_path):
    """
    A catalogue that lacks a scenario of the table ends the start, and says which side lacks what.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    whole = (CATALOG / "game-engine.yaml").read_text()
    (tmp_path / "game-engine.yaml").write_text(whole.replace("  crash:\n", "  crush:\n"))

    process = start(PORT=str(free_port()), CATALOG_DIR=str(tmp_path))
    _, error = process.communicate(timeout=15)

    assert 2 == process.returncode
    assert "declares ['crush']" in error
    assert "has ['crash']" in error


def test_a_taken_port_is_said(receiver):
    """
    A port that somebody else listens on is named in the one line that ends the start.
    """
    process = start(PORT=str(receiver.server_port))

    _, error = process.communicate(timeout=15)

    assert 2 == process.returncode
    assert "PORT" in error
