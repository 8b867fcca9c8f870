"""
The gateway's own failures as Sentry events: exactly one each.

A 5xx that a service answered is that service's event and never the gateway's; a 4xx is nobody's. What is left:

- a service did not answer (:class:`~gateway.upstream.errors.UpstreamError`): ``handled: true``, because the gateway
  did what it is for; tags ``upstream`` and ``kind`` (``upstream-unreachable``, ``upstream-died``,
  ``upstream-malformed``, ``upstream-slow``, ``upstream-cut``), one issue for each pair of them. A fault that kills
  its service ends this way too: that event carries ``service: gateway`` beside scenario, case and run, so it is told
  from the service's own.
- the gateway has a bug: ``handled: false``, status 500.
"""

import logging

import sentry_sdk
from sentry_sdk.utils import event_from_exception

from gateway.call import Call
from gateway.tracing import Tracing
from gateway.upstream.errors import UpstreamError

LOG = logging.getLogger(__name__)


def report_upstream(tracing: Tracing, call: Call, error: UpstreamError, waited_s: float) -> None:
    """
    Report that a service did not answer.

    Args:
        tracing: knows the trace of the request.
        call: the request.
        error: how it failed.
        waited_s: how long the gateway waited (seconds).
    """
    with tracing.event_scope(call) as scope:
        scope.set_tag("kind", error.kind)
        scope.set_tag("upstream", call.service)
        scope.set_context(
            "upstream",
            {
                "service": call.service,
                "kind": error.kind,
                "reason": error.reason,
                "waited_ms": round(waited_s * 1000),
                "answer_had_begun": call.started,
            },
        )
        LOG.error("%s: %s: %s", call.service, error, error.reason)
        scope.fingerprint = ["gateway", call.service, error.kind]
        _capture(call, error, handled=True)


def report_bug(tracing: Tracing, call: Call, error: Exception) -> None:
    """
    Report what the gateway did not foresee.

    Args:
        tracing: knows the trace of the request.
        call: the request.
        error: what was raised.
    """
    with tracing.event_scope(call):
        LOG.error("%s %s failed", call.method, call.route, exc_info=error)
        _capture(call, error, handled=False)


def _capture(call: Call, error: Exception, *, handled: bool) -> None:
    options = sentry_sdk.get_client().options
    event, hint = event_from_exception(error, client_options=options, mechanism={"type": "gateway", "handled": handled})
    event["transaction"] = f"{call.method} {call.route}"
    if sentry_sdk.get_current_span() is None:
        trace = call.trace
        event["contexts"] = {
            "trace": {
                "trace_id": trace.trace_id,
                "span_id": trace.span_id,
                "parent_span_id": trace.parent_span_id,
                "op": "http.server",
            }
        }
    event["request"] = {"method": call.method, "url": call.path.decode("latin-1")}
    sentry_sdk.capture_event(event, hint)
