"""
What happens to every request: its trace, its place among the open ones, its answer when something goes wrong.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import sentry_sdk
from crashkit.problem import MEDIA_TYPE, Problem
from crashkit.telemetry import trace_id
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from analytics import failures
from analytics.control import PROBE_PATHS
from analytics.parts import Parts

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

Message = MutableMapping[str, Any]  # Any: as ASGI has it
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

UNKNOWN_ROUTE = "unknown"
CALLER_LEFT = 499
CUT_OFF = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "cut-off", "This process ends, and had no more time to finish this; ask again",
    {"Retry-After": "2"},
)  # fmt: skip


class Traced:
    """
    Continues the caller's trace; probes and control calls go by.

    The SDK's integration of the framework is left out for the middleware that it is built on: it would attach request
    bodies, and report what :mod:`analytics.failures` reports.

    Args:
        app: the application.
        parts: of the service.
    """

    def __init__(self, app: App, parts: Parts) -> None:
        self._untraced = app
        self._traced = SentryAsgiMiddleware(app, mechanism_type=failures.MECHANISM, transaction_style="url")
        self._control = PROBE_PATHS | {parts.faults_path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (the server calls this)."""
        control = scope["type"] != "http" or scope["path"] in self._control
        scope["control"] = control
        await (self._untraced if control else self._traced)(scope, receive, send)


class Served:
    """
    Counts a request, names its transaction, and turns whatever is raised into one answer and at most one event.

    Args:
        app: the application.
        parts: of the service.
    """

    def __init__(self, app: App, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (the server calls this)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["control"]:
            sentry_sdk.get_isolation_scope().add_event_processor(_names_transaction(scope))
        answer = Answer(send, self._parts)
        began = time.perf_counter()
        with self._parts.lifecycle.request():
            await self._finish(scope, receive, answer)
        self._parts.metrics.request(_route(scope), answer.status, time.perf_counter() - began)

    async def _finish(self, scope: Scope, receive: Receive, answer: "Answer") -> None:
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # The time to drain is over. Raised further, the server would answer 500, as if the service had failed.
            if not answer.began:
                await refusal(CUT_OFF)(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, it is one answer
            problem = failures.problem_of(error)
            if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                failures.report(error)
            if not answer.began:
                await refusal(problem)(scope, receive, answer.send)
        else:
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not scope["control"]:
                failures.report_silent(answer.status)


class Answer:
    """
    Sees what is sent.

    Args:
        send: sends it.
        parts: of the service.
    """

    def __init__(self, send: Send, parts: Parts) -> None:
        self._send = send
        self._parts = parts
        self.began = False
        self.status = CALLER_LEFT

    async def send(self, message: Message) -> None:
        """Pass a message on (the application calls this)."""
        if message["type"] == "http.response.start":
            self.began = True
            self.status = message["status"]
            if self._parts.lifecycle.draining:
                # The caller's next request shall find another pod, and not a connection that ends under it.
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await self._send(message)


def refusal(problem: Problem) -> Response:
    """Make the answer of a problem."""
    body = json.dumps(problem.body(trace_id()))
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", UNKNOWN_ROUTE))


def _names_transaction(scope: Scope) -> Callable[["Event", "Hint"], "Event"]:
    def name(event: "Event", _hint: "Hint") -> "Event":
        event["transaction"] = f"{scope['method']} {_route(scope)}"
        event["transaction_info"] = {"source": "route"}
        return event

    return name
