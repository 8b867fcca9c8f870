"""
What every handler of this service does alike: names its transaction, answers problems, counts itself.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import sentry_sdk
from crashkit.problem import MEDIA_TYPE, Problem
from crashkit.telemetry import trace_and_span, trace_id
from tornado.web import HTTPError, RequestHandler

from game_engine.capture import capture
from game_engine.engine import Engine

if TYPE_CHECKING:
    from types import TracebackType

    from sentry_sdk.types import Event, Hint

LOG = logging.getLogger(__name__)
SERVER_ERROR = 500
SILENT_FAILURE = "A request was answered with a server error that no exception carries"


class Handler(RequestHandler):
    """
    The base of all handlers.

    Args:
        engine: what they share.
        route: the path as the catalogue or the table has it, the name of the transaction.
    """

    # Probes say with a 5xx that they were asked too early or too late; that is no failure.
    reports_5xx = True
    # Probes and scrapes are on no trace.
    traced = True
    # Sentry shows the variables of a failing frame; not where they are amounts.
    reports_variables = True

    def initialize(self, engine: Engine, route: str) -> None:
        self.engine = engine
        self.route = route
        self._reported = False

    def set_default_headers(self) -> None:
        self.clear_header("Server")

    def prepare(self) -> None:
        self._request_counter = self.engine.lifecycle.request()
        self._request_counter.__enter__()
        sentry_sdk.get_isolation_scope().add_event_processor(self._name_transaction)
        if self.traced:
            self._opened = self.engine.flight.open(*trace_and_span(), f"{self.request.method} {self.route}")

    def on_finish(self) -> None:
        if self.get_status() >= SERVER_ERROR and self.reports_5xx and not self._reported:
            sentry_sdk.set_context("response", {"status_code": self.get_status(), "reason": self._reason})
            sentry_sdk.capture_message(SILENT_FAILURE, level="error")
        transaction = sentry_sdk.get_current_scope().transaction
        if transaction is not None:
            transaction.set_http_status(self.get_status())
        if hasattr(self, "_request_counter"):
            self._request_counter.__exit__(None, None, None)
        if hasattr(self, "_opened"):
            self.engine.flight.close(self._opened)
        self.engine.metrics.request(self.route, self.get_status(), self.request.request_time())

    def answer(self, body: dict[str, object], status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self._send(body, "application/json")

    def refuse(self, problem: Problem, **members: str) -> None:
        """Answer with the problem, and members of its own; no event, because the caller can mend it."""
        self.set_status(problem.status)
        for name, value in problem.headers.items():
            self.set_header(name, value)
        self._send({**problem.body(trace_id()), **members}, MEDIA_TYPE)

    def fail(self, error: Exception, problem: Problem, context: Mapping[str, object], **members: str) -> None:
        """
        Answer with a problem that the caller cannot mend, and report it once, with its cause.

        Args:
            error: what was raised.
            problem: what the caller is told, of 500 and above.
            context: becomes the context ``spin`` of the event.
            members: of the answer, beside those of every problem.
        """
        self._reported = True
        with sentry_sdk.new_scope() as scope:
            scope.set_context("spin", dict(context))
            capture(error, mechanism="spin", handled=True, with_variables=self.reports_variables)
        self.refuse(problem, **members)

    def write_error(self, status_code: int, **found: Any) -> None:  # Any: as Tornado types it
        error = found.get("exc_info", (None, None, None))[1]
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.allowed()))
        detail = "The service failed; the trace id leads to the event"
        if isinstance(error, HTTPError) and status_code < SERVER_ERROR:
            detail = f"{self.request.method} {self.request.path}: {error.log_message or self._reason}"
        code = "failed" if status_code >= SERVER_ERROR else "request"
        self._send(Problem(status_code, code, detail).body(trace_id()), MEDIA_TYPE)

    def allowed(self) -> list[str]:
        """Name the methods that the handler has a method of its own for."""
        return [
            method
            for method in self.SUPPORTED_METHODS
            if getattr(type(self), method.lower()) is not getattr(RequestHandler, method.lower())
        ]

    def log_exception(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        self._reported = True
        if error is None or (isinstance(error, HTTPError) and error.status_code < SERVER_ERROR):
            super().log_exception(kind, error, traceback)
            return
        # One event, however it was raised: the SDK leaves out HTTPError, whatever its status. And one only: of an
        # error line of Tornado's the SDK makes a second event, drops it, and counts it among what was lost.
        capture(error, mechanism="tornado", handled=False, with_variables=self.reports_variables)
        LOG.error("%s %s failed", self.request.method, self.request.path, exc_info=error)

    def _send(self, body: dict[str, object], media_type: str) -> None:
        self.set_header("Content-Type", media_type)
        if self.engine.lifecycle.draining:
            # The caller's next request shall find another pod, and not a connection that ends under it.
            self.set_header("Connection", "close")
        self.finish(json.dumps(body))

    def _name_transaction(self, event: "Event", _hint: "Hint") -> "Event":
        # The SDK names a transaction after the method of the handler class; people look for the route.
        event["transaction"] = f"{self.request.method} {self.route}"
        event["transaction_info"] = {"source": "route"}
        return event
