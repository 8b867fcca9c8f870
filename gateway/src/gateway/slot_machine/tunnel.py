"""
``POST /api/v1/envelopes``: the page's events on their way to the sink.

A browser reaches the gateway and nothing else of the release, and blockers know the paths of a Sentry.
What the page sends is told apart from the services' by its project.
"""

import json
from http import HTTPStatus

from crashkit.problem import Problem
from sentry_sdk.utils import Dsn

from gateway.allowance import Allowance
from gateway.call import JSON, Call
from gateway.metrics import Metrics
from gateway.own_page import require_own_page
from gateway.request_body import read_whole
from gateway.upstream.asking import ask
from gateway.upstream.errors import UpstreamError
from gateway.upstream.pool import Upstream

MAX_BYTES = 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024
BODY_WITHIN_S = 10.0
SINK_WITHIN_S = 5.0
PER_S = 50
"""Envelopes a second, of all visitors together; far less than the sink can take, far more than presenters make."""
BURST = 100
RETRY_AFTER_S = "1"
MEDIA_TYPE = b"application/x-sentry-envelope"
CLIENT = "crash-demo-gateway/0.1.0"
SHOWN_CHARS = 200


class Tunnel:
    """
    The way to the sink.

    Args:
        dsn: of the page's project at the sink; none where the page sends nothing.
        connect_timeout_s: seconds until the sink must accept a connection.
        metrics: counts what was answered.
    """

    def __init__(self, dsn: str | None, connect_timeout_s: float, metrics: Metrics) -> None:
        self._metrics = metrics
        self._allowance = Allowance(PER_S, BURST)
        self.sink: Upstream | None = None
        if dsn is None:
            return
        target = Dsn(dsn)
        self._project_id = target.project_id
        self._path = f"api/{target.project_id}/envelope/"
        self._headers = [
            (b"content-type", MEDIA_TYPE),
            (b"x-sentry-auth", target.to_auth(CLIENT).to_header().encode()),
        ]
        self.sink = Upstream("event-sink", f"{target.scheme}://{_netloc(target)}{target.path}", connect_timeout_s)

    async def take(self, call: Call) -> None:
        """
        Hand an envelope on, and answer what the sink answers.

        Raises:
            Problem: it is not taken.
            CallerGone: the caller hung up.
        """
        try:
            body = await self._hand_on(call)
        except Problem as problem:
            self._metrics.envelope(problem.status)
            raise
        self._metrics.envelope(HTTPStatus.OK)
        await call.answer(HTTPStatus.OK, body, JSON, [(b"cache-control", b"no-store")])

    async def _hand_on(self, call: Call) -> bytes:
        require_own_page(call)
        if self.sink is None:
            raise Problem(404, "no-ingest", "Nothing of the page is taken here; set PAGE_DSN where it is to be")
        if not self._allowance.take():
            detail = f"All pages together may send {PER_S} envelopes a second; try again in {RETRY_AFTER_S} s"
            raise Problem(429, "envelope-rate", detail, {"Retry-After": RETRY_AFTER_S})
        if call.header(b"content-encoding") not in {None, b"identity"}:
            raise Problem(415, "envelope-encoding", "An envelope must come uncompressed")
        envelope = await read_whole(call.headers, call.receive, MAX_BYTES, BODY_WITHIN_S)
        self._require_ours(envelope)
        try:
            status, answer = await ask(self.sink, "POST", f"/{self._path}", self._headers, SINK_WITHIN_S, body=envelope)
        except UpstreamError as error:
            detail = f"The event sink did not take it ({error.kind}: {error.reason}); the page goes on without"
            raise Problem(503, "sink-away", detail) from None
        if status != HTTPStatus.OK:
            raise _refused(status, answer)
        return answer

    def _require_ours(self, envelope: bytes) -> None:
        """
        Refuse what is no envelope of the page.

        Raises:
            Problem: 400.
        """
        line = envelope[: MAX_HEADER_BYTES + 1].partition(b"\n")[0]
        if len(line) > MAX_HEADER_BYTES:
            raise Problem(400, "envelope", f"The first line of an envelope has {MAX_HEADER_BYTES} bytes at the most")
        try:
            header = json.loads(line)
        except (ValueError, RecursionError):
            header = None
        if not isinstance(header, dict):
            raise Problem(400, "envelope", "The first line of an envelope is a JSON object; found something else")
        given = header.get("dsn")
        if given is not None and not (isinstance(given, str) and _project(given) == self._project_id):
            detail = f"Only envelopes of project {self._project_id} are taken here; the DSN names another, or none"
            raise Problem(400, "envelope-dsn", detail)


def _project(dsn: str) -> str | None:
    try:
        return Dsn(dsn).project_id
    except ValueError:
        return None


def _netloc(target: Dsn) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"


def _refused(status: int, answer: bytes) -> Problem:
    try:
        known = HTTPStatus(status)
    except ValueError:
        known = HTTPStatus.BAD_GATEWAY
    if known < HTTPStatus.BAD_REQUEST:  # a redirect, or a success that is none of an ingest
        known = HTTPStatus.BAD_GATEWAY
    said = answer[:SHOWN_CHARS].decode("utf-8", "replace")
    return Problem(known, "sink-refused", f"The event sink answered {status}: {said}")
