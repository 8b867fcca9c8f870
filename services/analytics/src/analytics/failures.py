"""
What goes wrong while a request is served: which answer it gives, and whether it is an event.

A 4xx is the caller's and no event. Every 5xx is exactly one: ``handled: true`` where the service did what it is for
and the database did not, else ``handled: false``.
"""

import logging
from http import HTTPStatus

import sentry_sdk
from crashkit.problem import Problem
from crashkit.telemetry import capture_unhandled
from fastapi.exceptions import RequestValidationError
from sentry_sdk.utils import event_from_exception
from starlette.exceptions import HTTPException

from analytics.database.errors import DatabaseAwayError, DatabaseFailure, DatabaseSlowError
from analytics.reading import InvalidError, invalid

LOG = logging.getLogger(__name__)
MECHANISM = "fastapi"
QUERY_FIX = "times are RFC 3339 with an offset, such as 2026-01-31T12:00:00Z"
SILENT_FAILURE = "A request was answered with a server error that no exception carries"
FAILED = "The service failed; the trace id leads to the event"
RETRY_AFTER_S = "1"


def problem_of(error: Exception) -> Problem:
    """
    Give the answer to what was raised.

    Args:
        error: by a route or by the framework.
    """
    match error:
        case Problem():
            problem = error
        case InvalidError():
            problem = error.problem
        case RequestValidationError():
            problem = invalid(error.errors(), QUERY_FIX).problem
        case HTTPException():
            problem = _of_framework(error)
        case DatabaseAwayError():
            detail = "The database does not answer; what was asked may not have been done, ask again"
            problem = Problem(503, "database-away", detail, {"Retry-After": RETRY_AFTER_S})
        case DatabaseSlowError():
            detail = "The database took too long; what was asked may have been done, ask again"
            problem = Problem(504, "database-slow", detail)
        case TimeoutError():
            problem = Problem(504, "too-slow", "The service took too long; the trace id leads to the event")
        case _:
            problem = Problem(500, "failed", FAILED)
    return problem


def report(error: Exception) -> None:
    """
    Make the one event of what ended a request with a 5xx, unless it has one.

    Args:
        error: that ended it.
    """
    if isinstance(error, DatabaseFailure):
        LOG.error("%s: %s", error, error.reason)
        sentry_sdk.set_context("database", {"reason": error.reason})
        _capture_handled(error)
        return
    LOG.error("a request failed", exc_info=error)
    if not vars(error).get("_reported"):
        capture_unhandled(error, MECHANISM)


def note_reported(error: BaseException) -> None:
    """Say that an error has its event already, where it had to be captured before it left its scope."""
    vars(error)["_reported"] = True


def _capture_handled(error: DatabaseFailure) -> None:
    # All requests of an outage end here, so its event is made cheap: nobody reads their local variables anyway.
    options = {**sentry_sdk.get_client().options, "include_local_variables": False}
    event, hint = event_from_exception(error, options, mechanism={"type": MECHANISM, "handled": True})
    sentry_sdk.capture_event(event, hint)


def report_silent(status: int) -> None:
    """
    Make the event of a 5xx that somebody answered by hand.

    Args:
        status: of the answer.
    """
    sentry_sdk.set_context("response", {"status_code": status, "reason": HTTPStatus(status).phrase})
    sentry_sdk.capture_message(SILENT_FAILURE, level="error")


def _of_framework(error: HTTPException) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(error.status_code, "failed", FAILED, headers)
    return Problem(error.status_code, "request", str(error.detail), headers)
