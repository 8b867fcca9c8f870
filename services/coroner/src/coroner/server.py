"""
Health and metrics over HTTP: three paths, no framework.
"""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from crashkit.problem import MEDIA_TYPE as PROBLEM
from crashkit.problem import Problem

from coroner.metrics import MEDIA_TYPE

JSON = "application/json"


class Server(ThreadingHTTPServer):
    """
    Listens.

    Args:
        address: host and port.
        live: whether the process should go on.
        ready: says what is missing until it is ready; empty once it is.
        metrics: gives the metrics.
        started_at: when the process started (unix seconds).

    Raises:
        OSError: the address is taken or is not ours.
    """

    daemon_threads = True
    # A restart must not wait for the connections of the process before it.
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        live: Callable[[], bool],
        ready: Callable[[], str],
        metrics: Callable[[], bytes],
        started_at: float,
    ) -> None:
        super().__init__(address, Handler)
        self.live = live
        self.ready = ready
        self.metrics = metrics
        self.started_at = started_at

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, name="http", daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30
    server_version = "coroner"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer (the server calls this)."""
        path = self.path.partition("?")[0]
        if path == "/healthz/live":
            live = self.server.live()
            self._json({"status": "live" if live else "a thread has ended"}, 200 if live else 503)
        elif path == "/healthz/ready":
            missing = self.server.ready()
            body = {"status": missing or "ready", "started_at": self.server.started_at}
            self._json(body, 503 if missing else 200)
        elif path == "/metrics":
            self._answer(HTTPStatus.OK, self.server.metrics(), MEDIA_TYPE)
        else:
            problem = Problem(404, "unknown-path", f"There is no {path} here")
            self._answer(problem.status, json.dumps(problem.body()).encode(), PROBLEM)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _json(self, body: dict[str, object], status: int) -> None:
        self._answer(status, json.dumps(body).encode(), JSON)

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
