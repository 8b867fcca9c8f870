"""
A gateway as a process, a service behind it and a Sentry before it, all on real sockets.
"""

import gzip
import http.client
import importlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from crashctl.waiting import wait_for

sys.modules.pop("gateway", None)  # pytest names this folder as the package is named; the package shall have the name

ROOT = Path(__file__).parents[2]
TOKEN = "the-fault-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DECODERS = {"gzip": gzip.decompress, "br": lambda body: importlib.import_module("brotli").decompress(body), None: bytes}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Gateway:
    process: subprocess.Popen
    port: int

    def ask(self, path: str, method: str = "GET", headers: dict[str, str] | None = None, body=None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def fire(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask(path, "POST", {**BEARER, **(headers or {})})

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and read until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


class Sentry:
    """Keeps every item that an SDK sends."""

    def __init__(self) -> None:
        self.items: list[tuple[dict, dict]] = []
        self.raw: list[bytes] = []
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sentry.keep(DECODERS[self.headers.get("Content-Encoding")](body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.dsn = f"http://{'a' * 32}@127.0.0.1:{self.server.server_port}/1"

    def keep(self, envelope: bytes) -> None:
        self.raw.append(envelope)
        _, _, rest = envelope.partition(b"\n")
        while rest:
            head, _, rest = rest.partition(b"\n")
            if head:
                header = json.loads(head)
                length = header.get("length", len(rest))
                if header["type"] in {"event", "transaction"}:
                    self.items.append((header, json.loads(rest[:length])))
                rest = rest[length + 1 :]

    def of(self, trace_id: str, kind: str) -> list[dict]:
        return [item for header, item in list(self.items) if _is(header, item, trace_id, kind)]

    def only(self, trace_id: str, kind: str) -> dict:
        wait_for(lambda: self.of(trace_id, kind), 10, f"{kind} of trace {trace_id}")
        (item,) = self.of(trace_id, kind)
        return item

    def only_event(self, trace_id: str) -> dict:
        """Give the one event of a trace that is kept: the transaction comes last, so no other is on its way."""
        self.only(trace_id, "transaction")
        return self.only(trace_id, "event")


def _is(header: dict, item: dict, trace_id: str, kind: str) -> bool:
    return bool(header["type"] == kind and item["contexts"]["trace"]["trace_id"] == trace_id)


@dataclass
class Seen:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Service:
    """A service behind the gateway; a path chooses how it behaves (``behaviours``)."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    behaviours: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


@pytest.fixture(scope="session")
def lasting_service() -> Iterator[Service]:
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            behaviour = found.behaviours.get(self.path.partition("?")[0])
            if behaviour is None or not getattr(behaviour, "streams", False):
                found.seen.append(Seen(self.command, self.path, self.headers.items(), _read_body(self)))
            (behaviour or (lambda handler: answer(handler, 200, b"hello")))(self)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def service(lasting_service: Service) -> Service:
    lasting_service.seen.clear()
    lasting_service.behaviours.clear()
    return lasting_service


@pytest.fixture(scope="session")
def sentry() -> Iterator[Sentry]:
    found = Sentry()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return copy_catalogue(tmp_path / "catalog")


def copy_catalogue(folder: Path) -> Path:
    shutil.copytree(Path(__file__).parent / "catalog", folder)
    shutil.copy(ROOT / "catalog" / "gateway.yaml", folder)
    return folder


@contextmanager
def starting(catalogue: Path, service: Service) -> Iterator[Callable[..., Gateway]]:
    """Give the way to start gateways; all of them end with the block."""
    running: list[subprocess.Popen] = []

    def start(**environment: str) -> Gateway:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = {
            "PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": str(port), "CATALOG_DIR": str(catalogue),
            "GAME_ENGINE_URL": service.url, "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "DRAIN_S": "5",
            "TRACES_SAMPLE_RATE": "1", **environment,
        }  # fmt: skip
        process = subprocess.Popen([sys.executable, "-m", "gateway"], env=told, stderr=subprocess.PIPE, text=True)
        running.append(process)
        gateway = Gateway(process, port)
        wait_for(lambda: _is_ready(gateway), 20, "the gateway is ready")
        return gateway

    yield start
    for process in running:
        process.kill()
        process.wait()


def _is_ready(gateway: Gateway) -> bool:
    if gateway.process.poll() is not None:
        raise AssertionError(gateway.process.stderr.read())
    try:
        return gateway.ask("/healthz/ready").status == 200
    except OSError:
        return False


@pytest.fixture
def start(catalogue: Path, service: Service) -> Iterator[Callable[..., Gateway]]:
    """Start gateways that a test has for itself."""
    with starting(catalogue, service) as start:
        yield start


@pytest.fixture(scope="session")
def start_lasting(tmp_path_factory: pytest.TempPathFactory, lasting_service: Service) -> Iterator[Callable]:
    with starting(copy_catalogue(tmp_path_factory.mktemp("lasting") / "catalog"), lasting_service) as start:
        yield start


@pytest.fixture(scope="session")
def gateway(start_lasting: Callable[..., Gateway]) -> Gateway:
    return start_lasting()


@pytest.fixture(scope="session")
def watched(start_lasting: Callable[..., Gateway], sentry: Sentry) -> Gateway:
    """A gateway that reports to ``sentry``."""
    return start_lasting(SENTRY_DSN=sentry.dsn)


@pytest.fixture
def trace_id() -> str:
    """A trace id of the test's own."""
    return secrets.token_hex(16)
