"""
Roads that can be broken: HTTP, call by call, and TCP.
"""

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

REQUEST_LOST, ANSWER_LOST, SLOW = "request-lost", "answer-lost", "slow"
Way = Literal["request-lost", "answer-lost", "slow"]
SLOW_S = 3.0


@dataclass
class Rule:
    """How calls of a path fail, how often, and what happens as they do."""

    path: str
    way: Way | None
    times: int
    act: Callable[[], object] = bool


class HttpProxy(ThreadingHTTPServer):
    """
    The road to one service.

    Args:
        port: of the service.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.port = port
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.down = False
        self.lock = threading.Lock()
        self.rules: list[Rule] = []
        self.healed = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def fail(self, path: str, way: Way | None, times: int = 1, act: Callable[[], object] = bool) -> None:
        """Let the next calls of a path fail, or only do something before they pass."""
        self.healed.clear()
        self.rules.append(Rule(path, way, times, act))

    def heal(self) -> None:
        """Let everything pass from now on."""
        self.down = False
        self.rules.clear()
        self.healed.set()

    def rule(self, path: str) -> Rule | None:
        """Take the rule for a call."""
        with self.lock:
            for rule in self.rules:
                if path.startswith(rule.path) and rule.times > 0:
                    rule.times -= 1
                    return rule
        return None

    def handle_error(self, *_: object) -> None:
        """A caller that is gone is what these tests are about."""


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: HttpProxy

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        rule = None if self.server.down else self.server.rule(self.path)
        way = rule.way if rule else None
        if rule:
            rule.act()
        if self.server.down or way == REQUEST_LOST:
            return self._hang_up()
        if way == SLOW:
            self.server.healed.wait(SLOW_S)
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
        try:
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return self._hang_up()
        finally:
            upstream.close()
        if way == ANSWER_LOST:
            return self._hang_up()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    do_GET = do_POST = do_PUT = pass_on

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        return


class TcpProxy:
    """
    The road to a database, which can be cut and mended.

    Args:
        host: of the database.
        port: of the database.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut = False
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        server = self._run(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port: int = server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break what is open, and whatever is opened from now on."""
        self._cut = True
        self._loop.call_soon_threadsafe(self._break_all)

    def mend(self) -> None:
        """Let new connections pass."""
        self._cut = False

    def _break_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await reader.read(65536):
                writer.write(content)
                await writer.drain()
        writer.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)
