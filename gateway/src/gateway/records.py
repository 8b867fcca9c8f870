"""
How a request is written into its trace.

Three ways, from nothing to everything: :class:`Unrecorded` for what is not kept; :class:`LightRecord` for healthy
traffic, which makes the transaction's JSON itself and hands it to the SDK's transport, at a quarter of the cost of
the SDK's own path (scopes, processors, a serializer made for unknown objects); :class:`FullRecord` for faults, whose
transactions carry all that the SDK and its processors add.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol

import sentry_sdk
from crashkit.scrubbing import scrub_or_hide, scrub_sampling
from sentry_sdk.envelope import Envelope
from sentry_sdk.tracing import Span, Transaction, get_span_status_from_http_code

from gateway.call import Call
from gateway.trace_headers import sampling

ORIGIN = "auto.http.gateway"
CLIENT_CLOSED_REQUEST = 499
"""What nginx logs for a caller who left before the answer."""


class Recorder(Protocol):
    """Records one request."""

    def begin_call(self, call: Call) -> str:
        """Note that the service is asked now, and give the id of the span that does so."""

    def end_call(self, call: Call) -> None:
        """Note that the service has answered, or has not."""


class Unrecorded:
    """Records nothing; the service hangs below the gateway's own span id."""

    def begin_call(self, call: Call) -> str:
        """Give the span id that the gateway would have."""
        return call.trace.span_id

    def end_call(self, call: Call) -> None:
        """Do nothing."""


UNRECORDED = Unrecorded()


class LightRecord:
    """The transaction of a healthy request, begun with the object and ended by :meth:`send`."""

    __slots__ = ("_began", "_call_began", "_call_ended", "_call_id", "_call_status")

    def __init__(self) -> None:
        self._began = time.time()
        self._call_id: str | None = None
        self._call_began = self._call_ended = 0.0
        self._call_status = 0

    def begin_call(self, _: Call) -> str:
        """Start the span of the call."""
        self._call_began = time.time()
        self._call_id = secrets.token_hex(8)
        return self._call_id

    def end_call(self, call: Call) -> None:
        """End the span of the call."""
        self._call_ended = time.time()
        self._call_status = status_of(call)

    def send(self, call: Call, common: dict[str, object]) -> None:
        """
        Hand the transaction to the SDK's transport.

        Args:
            call: the request, answered.
            common: what every transaction of this process has.
        """
        transport = sentry_sdk.get_client().transport
        if transport is None:
            return
        trace = call.trace
        status = status_of(call)
        name = f"{call.method} {call.route}"
        event_id = secrets.token_hex(16)
        transaction = {
            **common,
            "type": "transaction",
            "event_id": event_id,
            "transaction": name,
            "transaction_info": {"source": "route"},
            "start_timestamp": self._began,
            "timestamp": time.time(),
            "request": {"method": call.method, "url": scrub_or_hide(call.path.decode("latin-1"))},
            "contexts": {
                "trace": {
                    "trace_id": trace.trace_id,
                    "span_id": trace.span_id,
                    "parent_span_id": trace.parent_span_id,
                    "op": "http.server",
                    "origin": ORIGIN,
                    "status": get_span_status_from_http_code(status),
                    "data": _http(call.method, status),
                },
                "response": {"status_code": status},
            },
            "spans": [self._span(call, name)] if self._call_id else [],
        }
        sent_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        envelope = Envelope(
            {"event_id": event_id, "sent_at": sent_at, "trace": scrub_sampling(sampling(trace.baggage))}
        )
        envelope.add_transaction(transaction)  # type: ignore[arg-type] # the SDK's type lists one form of each field
        transport.capture_envelope(envelope)

    def _span(self, call: Call, name: str) -> dict[str, object]:
        return {
            "trace_id": call.trace.trace_id,
            "span_id": self._call_id,
            "parent_span_id": call.trace.span_id,
            "op": "http.client",
            "description": name,
            "origin": ORIGIN,
            "start_timestamp": self._call_began,
            "timestamp": self._call_ended,
            "status": get_span_status_from_http_code(self._call_status),
            "data": {**_http(call.method, self._call_status), "server.address": call.service},
        }


class FullRecord:
    """
    The transaction of a fault, as the SDK makes it.

    Args:
        transaction: running.
    """

    __slots__ = ("_span", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._span: Span | None = None

    def begin_call(self, call: Call) -> str:
        """Start the span of the call."""
        self._span = self._transaction.start_child(op="http.client", name=f"{call.method} {call.route}", origin=ORIGIN)
        self._span.set_data("http.request.method", call.method)
        self._span.set_data("server.address", call.service)
        return self._span.span_id

    def end_call(self, call: Call) -> None:
        """End the span of the call."""
        if self._span is not None:
            self._span.set_http_status(status_of(call))
            self._span.finish()


def status_of(call: Call) -> int:
    """Give the status that the caller saw, or should have seen."""
    return call.status or CLIENT_CLOSED_REQUEST


def _http(method: str, status: int) -> dict[str, object]:
    return {"http.request.method": method, "http.response.status_code": status}
