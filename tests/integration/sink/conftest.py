"""
The sink as a real process, and a target whose answers a test decides.
"""

import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from crashctl.proof.sink import SinkProcess


@pytest.fixture
def make_sink(tmp_path: Path) -> Iterator[Callable[..., SinkProcess]]:
    with ExitStack() as stack:

        def make(**env: str) -> SinkProcess:
            folder = tmp_path / uuid.uuid4().hex[:6]
            folder.mkdir()
            sink = SinkProcess(folder, env)
            stack.callback(sink.close)
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
