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
import tempfile
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from crashctl.waiting import wait_for

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
        self.dsn = f"http://{'0' * 32}@127.0.0.1:{self.server_port}/4"

    def keep(self, envelope):
        lines = envelope.splitlines()[1:]
        for header, payload in zip(lines[::2], lines[1::2], strict=True):
            self.items.append((json.loads(header)["type"], json.loads(payload)))

    def of(self, kind):
        return [payload for item_kind, payload in self.items if item_kind == kind]


class Service:
    """The process, and how it is called."""

    def __init__(self, **changes):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
        # A file: a pipe that nobody reads holds 64 KiB, and then the process waits for its reader.
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        known = {**os.environ, "CATALOG_DIR": str(CATALOG), "HOST": "127.0.0.1", "PORT": str(self.port), **faults}
        self.process = subprocess.Popen([sys.executable, "-m", "analytics"], env={**known, **changes}, stderr=self.log)

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

    def text(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()

    def wait(self, condition, what, within_s=20):
        def lives_and_is_so():
            assert self.process.poll() is None, self.logged()
            return condition()

        wait_for(lives_and_is_so, within_s, what)

    def ready(self):
        self.wait(lambda: self.call("/healthz/ready") == 200, "ready")
        return self

    def resident_mib(self):
        return psutil.Process(self.process.pid).memory_info().rss / MIB

    def address_space_limit(self):
        return psutil.Process(self.process.pid).rlimit(psutil.RLIMIT_AS)

    def end(self):
        """Ask it to end, and give its status and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        return self.process.wait(timeout=20), self.logged()

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode().splitlines()


@pytest.fixture
def sentry():
    server = Sentry()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(mongodb_uri, database):
    started = []

    def start_one(**changes):
        started.append(Service(**{"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": database, **changes}))
        return started[-1]

    yield start_one
    for service in started:
        service.process.kill()
        service.process.wait()
        service.log.close()
