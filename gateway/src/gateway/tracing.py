"""
The gateway's own part in a trace: a transaction for what is kept, and next to nothing for what is not.

The decision is made here, before the SDK is asked for anything, because most requests are not kept: they pay for two
random numbers and a header. A fault that was admitted is always kept. The rest follows the caller's decision, and
where the caller left it open, ``TRACES_SAMPLE_RATE``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sentry_sdk
from sentry_sdk.tracing import Span, Transaction, TransactionSource
from sentry_sdk.tracing_utils import Baggage

from gateway.call import Call
from gateway.trace_headers import Origin, Trace, draw

ALWAYS = 1.0
SPAN_ORIGIN = "auto.http.gateway"


class Tracing:
    """
    Decides and records.

    Args:
        rate: the share of traces that begin here and are kept.
    """

    def __init__(self, rate: float) -> None:
        client = sentry_sdk.get_client()
        self._rate = rate
        self.active = bool(client.is_active() and client.parsed_dsn)
        self._origin: Origin | None = None
        if client.parsed_dsn:
            members = {
                "environment": client.options["environment"],
                "release": client.options["release"],
                "public_key": client.parsed_dsn.public_key,
            }
            self._origin = Origin({name: value for name, value in members.items() if value})

    def decide(self, trace: Trace, *, fault: bool) -> None:
        """
        Decide whether a trace is kept, and sign one that begins here.

        Args:
            trace: of the request; gets the decision.
            fault: whether it fires a fault.
        """
        rand = _rand_of(trace)
        if fault:
            rate = ALWAYS
        elif trace.parent_sampled is not None:
            rate = float(trace.parent_sampled)
        else:
            rate = self._rate
        trace.sampled = rand < rate
        if trace.parent_span_id is None and self._origin is not None:
            self._origin.sign(trace, rate, rand)

    @contextmanager
    def transaction(self, call: Call) -> Iterator[Transaction]:
        """Record what happens inside as the gateway's transaction of this request."""
        trace = call.trace
        baggage = Baggage.from_incoming_header(trace.baggage.decode("latin-1"))
        baggage.freeze()
        rate = baggage.sentry_items.get("sample_rate")
        with sentry_sdk.isolation_scope() as scope:
            scope.generate_propagation_context(_headers(trace))
            transaction = Transaction(
                name=f"{call.method} {call.route}",
                op="http.server",
                source=TransactionSource.ROUTE,
                origin=SPAN_ORIGIN,
                trace_id=trace.trace_id,
                span_id=trace.span_id,
                parent_span_id=trace.parent_span_id,
                parent_sampled=trace.parent_sampled,
                same_process_as_parent=False,
                sampled=True,
                baggage=baggage,
            )
            with sentry_sdk.start_transaction(transaction):
                if rate is not None:
                    baggage.sentry_items["sample_rate"] = rate
                transaction.set_data("http.request.method", call.method)
                try:
                    yield transaction
                finally:
                    transaction.name = f"{call.method} {call.route}"
                    transaction.set_http_status(call.status or 499)

    @contextmanager
    def event_scope(self, call: Call) -> Iterator[sentry_sdk.Scope]:
        """Give the scope for an event of this request, on its trace whether that is kept or not."""
        if self.active and call.trace.sampled:
            with sentry_sdk.new_scope() as scope:
                yield scope
        else:
            with sentry_sdk.isolation_scope() as scope:
                scope.generate_propagation_context(_headers(call.trace))
                yield scope


@contextmanager
def client_span(transaction: Transaction | None, call: Call, service: str) -> Iterator[str]:
    """
    Record the call of a service.

    Args:
        transaction: of the request; none when it is not kept.
        call: the request.
        service: name of the service.

    Yields:
        Id of the span that makes the call.
    """
    if transaction is None:
        yield call.trace.span_id
        return
    span: Span = transaction.start_child(op="http.client", name=f"{call.method} {call.route}", origin=SPAN_ORIGIN)
    span.set_data("http.request.method", call.method)
    span.set_data("server.address", service)
    try:
        yield span.span_id
    finally:
        span.set_http_status(call.status or 499)
        span.finish()


def _headers(trace: Trace) -> dict[str, str]:
    parent = trace.parent_span_id or trace.span_id
    return {"sentry-trace": f"{trace.trace_id}-{parent}", "baggage": trace.baggage.decode("latin-1")}


def _rand_of(trace: Trace) -> float:
    if trace.parent_sampled is None and trace.parent_span_id is not None:
        given = Baggage.from_incoming_header(trace.baggage.decode("latin-1")).sentry_items.get("sample_rand", "")
        try:
            rand = float(given)
        except ValueError:
            return draw()
        if 0 <= rand < 1:
            return rand
    return draw()
