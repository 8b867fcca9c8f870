"""
A road to the sink on which the weather is made, and a resolver of names that can be told what to say.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

import httpx
from crashctl.proof.http import Handler
from crashctl.proof.process import DECODERS

# Of what an answer that goes well has.
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """
    An answer in place of the sink's, who never hears of the request.

    Args:
        status: of it.
        headers: of it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """
    The sink's own answer, cut off.

    Args:
        before: what is not sent any more, nor anything behind it.
    """

    before: bytes


@dataclass(frozen=True)
class Silence:
    """The request is taken and never answered: the connection stays open until the weather clears up."""


Weather = Answer | Cut | Silence
# A request goes on with headers of its own for these.
OF_THE_ROAD = frozenset({"host", "transfer-encoding", "content-length"})
IS_EVENT = b'"type":"event"'


class Sky(ThreadingHTTPServer):
    """
    Forwards to the sink, and meets requests with a weather while one is set.

    Args:
        sink: its address.
    """

    daemon_threads = True

    def __init__(self, sink: str) -> None:
        super().__init__(("127.0.0.1", 0), _Road)
        self.sink = sink
        self.meets: Callable[[bytes], bool] = lambda body: IS_EVENT in body
        self.met = 0
        self.clear = threading.Event()
        self._weather: deque[Weather] = deque()
        self._always: Weather | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def dsn(self, project_id: int) -> str:
        """What an SDK is told."""
        return f"http://{'0123456789abcdef' * 2}@127.0.0.1:{self.server_port}/{project_id}"

    def set(self, *weather: Weather) -> None:
        """Meet the next requests so, one each; the last goes on until it is cleared up."""
        with self._lock:
            self._weather, self._always = deque(weather[:-1]), weather[-1]
            self.clear.clear()

    def clear_up(self) -> None:
        """Let everything pass."""
        with self._lock:
            self._weather, self._always = deque(), None
        self.clear.set()

    def next(self, body: bytes) -> Weather | None:
        """Give the weather for a request."""
        with self._lock:
            if self._always is None or not self.meets(body):
                return None
            self.met += 1
            return self._weather.popleft() if self._weather else self._always

    def handle_error(self, *_: object) -> None:
        """Say nothing of who went away meanwhile."""

    def close(self) -> None:
        """Close it."""
        self.clear_up()
        self.shutdown()
        self.server_close()


class _Road(Handler):
    protocol_version = "HTTP/1.1"
    server: Sky

    def do_POST(self) -> None:
        body = self.body()
        plain = DECODERS.get(self.headers.get("Content-Encoding"), bytes)(body)
        weather = self.server.next(plain) if self.path.partition("?")[0].endswith("/envelope/") else None
        if isinstance(weather, Silence):
            self.server.clear.wait(300)
            self.close_connection = True
            return
        if isinstance(weather, Answer):
            self.answer(weather.status, b"{}", weather.headers)
            return
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "transfer-encoding")
        }
        try:
            answer = httpx.post(self.server.sink + self.path, content=body, headers=headers, timeout=60)
        except httpx.TransportError:
            self.close_connection = True
            return
        if isinstance(weather, Cut):
            whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
                answer.content
            )
            self.wfile.write((whole + answer.content).partition(weather.before)[0])
            self.close_connection = True
            return
        self.answer(answer.status_code, answer.content, HEADERS)

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return super().body()
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


NO_SUCH_NAME = 3
A = 1


class Names:
    """
    A resolver on port 53 of an address of its own: names lead to this machine, or there are none, or it says nothing.

    Args:
        address: where it is.
    """

    def __init__(self, address: str) -> None:
        self.says = "nothing"
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close it."""
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                query, whence = self._socket.recvfrom(512)
                self.asked += 1
                if self.says != "nothing":
                    self._socket.sendto(self._answer(query), whence)

    def _answer(self, query: bytes) -> bytes:
        ends = query.index(b"\0", 12) + 5
        asks_for_address = int.from_bytes(query[ends - 4 : ends - 2]) == A
        there = self.says == "the way"
        found = there and asks_for_address
        flags = 0x8180 | (0 if there else NO_SUCH_NAME)
        head = query[:2] + flags.to_bytes(2) + (1).to_bytes(2) + int(found).to_bytes(2) + bytes(4)
        record = b"\xc0\x0c" + b"\0\x01\0\x01" + bytes(4) + b"\0\x04" + socket.inet_aton("127.0.0.1")
        return head + query[12:ends] + (record if found else b"")
