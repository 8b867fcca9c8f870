"""
The service as a process of its own, with a real receiver of envelopes on a real port.
"""

import gzip
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from crashctl.waiting import wait_for
from tornado.testing import bind_unused_port

CATALOG = Path(__file__).parents[4] / "catalog"
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
        def lives_and_is_so():
            assert self.process.poll() is None, self.process.stderr.read()
            return condition()

        wait_for(lives_and_is_so, within_s, what)

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
