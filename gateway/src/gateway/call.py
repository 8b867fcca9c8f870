"""
One request while the gateway works on it, and how it is answered.
"""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus

from crashkit.problem import MEDIA_TYPE, Problem

from gateway import trace_headers
from gateway.asgi import Headers, Receive, Scope, Send
from gateway.cors import Cors

LINGER_S = 1.0
LINGER_BYTES = 16 * 1024 * 1024
JSON = b"application/json"


class Call:
    """
    A request and its answer.

    Args:
        scope: of ASGI.
        receive: of ASGI.
        send: of ASGI.
        cors: says which pages may read the answer.
    """

    __slots__ = (
        "authorization",
        "client",
        "cors",
        "gone",
        "headers",
        "method",
        "origin",
        "path",
        "query",
        "receive",
        "route",
        "run",
        "scheme",
        "send",
        "service",
        "status",
        "trace",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, cors: Cors) -> None:
        self.method: str = scope["method"]
        self.path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = scope["headers"]
        self.scheme: str = scope["scheme"]
        self.client: str = scope["client"][0] if scope.get("client") else "unknown"
        self.receive = receive
        self.send = send
        self.cors = cors
        self.status = 0
        self.service = "gateway"
        self.route = "/*"
        self.gone = False
        self.origin: bytes | None = None
        self.authorization: bytes | None = None
        self.run: bytes | None = None
        self.trace = self._read_headers()

    def _read_headers(self) -> trace_headers.Trace:
        sentry_trace = baggage = traceparent = None
        for name, value in self.headers:
            if name == b"sentry-trace":
                sentry_trace = value if sentry_trace is None else sentry_trace
            elif name == b"baggage":
                baggage = value if baggage is None else baggage + b"," + value
            elif name == b"traceparent":
                traceparent = value
            elif name == b"authorization":
                self.authorization = value
            elif name == b"x-crash-run":
                self.run = value
            elif name == b"origin":
                self.origin = value
        return trace_headers.read(sentry_trace, baggage, traceparent)

    def header(self, wanted: bytes) -> bytes | None:
        """Find the first header of a name (lower case)."""
        for name, value in self.headers:
            if name == wanted:
                return value
        return None

    @property
    def bearer(self) -> str | None:
        """The ``Authorization`` header; none where it is empty."""
        return self.authorization.decode("latin-1") if self.authorization else None

    @property
    def started(self) -> bool:
        """Whether the caller has a status already."""
        return self.status != 0

    async def start(self, status: int, headers: Headers) -> None:
        """Send status and headers, the trace id among them."""
        self.status = status
        headers.append((b"x-trace-id", self.trace.trace_id.encode()))
        if self.origin is not None:
            headers += self.cors.allow(self.origin)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def part(self, body: bytes, *, more: bool) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def answer(self, status: int, body: bytes, media_type: bytes, headers: Headers | None = None) -> None:
        """Send a whole answer."""
        fields = [(b"content-type", media_type), *(headers or ())]
        if status != HTTPStatus.NOT_MODIFIED:
            fields.append((b"content-length", str(len(body)).encode()))
        await self.start(status, fields)
        await self.part(body, more=False)

    async def json(self, content: object, status: int = HTTPStatus.OK, headers: Headers | None = None) -> None:
        """Send a JSON document that nobody may keep."""
        body = json.dumps(content, indent=2).encode() + b"\n"
        await self.answer(status, body, JSON, [(b"cache-control", b"no-store"), *(headers or ())])

    async def problem(self, problem: Problem) -> None:
        """Send a refusal or failure; after a body too long, take some more of it first, so that the caller reads us."""
        body = json.dumps(problem.body(self.trace.trace_id)).encode() + b"\n"
        fields = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *_encoded(problem.headers),
        ]
        if problem.status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT}:
            await self.start(problem.status, [*fields, (b"connection", b"close")])
            await self.part(body, more=True)
            await self._linger()
            await self.part(b"", more=False)
            return
        await self.start(problem.status, fields)
        await self.part(body, more=False)

    async def _linger(self) -> None:
        taken = 0
        try:
            async with asyncio.timeout(LINGER_S):
                while taken < LINGER_BYTES:
                    message = await self.receive()
                    taken += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _encoded(headers: Mapping[str, str]) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
