"""
The sink as a real process, and a target whose answers a test decides.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from crashctl.waiting import wait_for

KEY = "0123456789abcdef" * 2
TOKEN = "token-of-the-tests"


@dataclass
class SinkProcess:
    """``python -m event_sink`` on a port of its own; it can be killed and started again on the same store."""

    folder: Path
    env: dict[str, str]
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))
    process: subprocess.Popen | None = None
    port: int = 0
    runs: int = 0

    def start(self, *, before: list[str] | None = None) -> "SinkProcess":
        self.runs += 1
        log = self.folder / f"sink-{self.runs}.log"
        env = {**os.environ, "SINK_DB_PATH": str(self.folder / "sink.sqlite3"), "SINK_INGEST_KEY": KEY} | {
            "SINK_TOKEN": TOKEN,
            "SINK_HOST": "127.0.0.1",
            "SINK_PORT": str(self.port),
            **self.env,
        }
        with log.open("wb") as out:
            command = [*(before or []), sys.executable, "-m", "event_sink"]
            self.process = subprocess.Popen(command, env=env, stderr=out, stdout=out)
        self.port = wait_for(lambda: self._port(log), 20, f"the sink to listen; its log: {log}")
        return self

    def _port(self, log: Path) -> int | None:
        assert self.process is not None
        assert self.process.poll() is None, log.read_text()
        found = [line for line in self.lines() if line.get("message") == "listening"]
        return found[-1]["port"] if found else None

    def lines(self) -> list[dict]:
        text = (self.folder / f"sink-{self.runs}.log").read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def dsn(self, project_id: int = 2) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/{project_id}"

    def get(self, path: str, **query: str | int) -> dict:
        answer = self.http.get(f"{self.url}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def accounts(self) -> dict:
        return self.get("/api/v1/accounts")

    def post(self, body: bytes, project_id: int = 2, **headers: str) -> httpx.Response:
        auth = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={KEY}"}
        sent = auth | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"{self.url}/api/{project_id}/envelope/", content=body, headers=sent)

    def misbehave(self, **order: object) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = self.http.put(f"{self.url}/api/v1/misbehaviour", json=order, headers=headers)
        assert answer.status_code == 200, answer.text

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def make_sink(tmp_path: Path) -> Iterator[Callable[..., SinkProcess]]:
    with ExitStack() as stack:

        def make(**env: str) -> SinkProcess:
            folder = tmp_path / uuid.uuid4().hex[:6]
            folder.mkdir()
            sink = SinkProcess(folder, env)
            stack.callback(lambda: sink.process and sink.process.poll() is None and sink.end(signal.SIGKILL))
            stack.callback(sink.http.close)
            return sink

        yield make


@pytest.fixture
def sink(make_sink: Callable[..., SinkProcess]) -> SinkProcess:
    return make_sink().start()


@dataclass
class FakeTarget:
    """
    Where envelopes are forwarded to. ``answers`` are used up first, each a status or (status, headers) or ``"drop"``;
    then everything is taken, but for bodies that hold ``hated``: they get a 500.
    """

    answers: deque = field(default_factory=deque)
    requests: list = field(default_factory=list)
    hated: bytes | None = None
    server: ThreadingHTTPServer | None = None

    def start(self) -> "FakeTarget":
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target.requests.append((self.path, dict(self.headers), body))
                answer = target.answers.popleft() if target.answers else 200
                if target.hated and target.hated in body:
                    answer = 500
                if answer == "drop":
                    self.close_connection = True
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def types(self) -> list[str]:
        """
        The types of all items that came, in the order of their coming.
        """
        return [json.loads(line)["type"] for _, _, body in self.requests for line in body.split(b"\n")[1::2] if line]


@pytest.fixture
def target() -> Iterator[FakeTarget]:
    made = FakeTarget().start()
    yield made
    assert made.server is not None
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def event() -> Callable[..., bytes]:
    """
    An envelope with one event, on one line each.
    """

    def make(event_id: str | None = None, **more: object) -> bytes:
        event_id = event_id or uuid.uuid4().hex
        payload = {"event_id": event_id, "message": "hi", **more}
        return b"\n".join(json.dumps(line).encode() for line in ({"event_id": event_id}, {"type": "event"}, payload))

    return make
