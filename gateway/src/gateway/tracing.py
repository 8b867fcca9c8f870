"""
The gateway's own part in a trace: a transaction for what is kept, and next to nothing for what is not.

The decision is made here, before the SDK is asked for anything, because most requests are not kept: they pay for two
random numbers and a header. A fault that was admitted is always kept. The rest follows the caller's decision, and
where the caller left it open, ``TRACES_SAMPLE_RATE``; a burst of it is left out and counted lost
(:mod:`gateway.allowance`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sentry_sdk
from sentry_sdk.client import SDK_INFO
from sentry_sdk.tracing import Transaction, TransactionSource
from sentry_sdk.tracing_utils import Baggage

from gateway.allowance import Allowance
from gateway.call import Call
from gateway.records import ORIGIN, UNRECORDED, FullRecord, LightRecord, Recorder, status_of
from gateway.trace_headers import Origin, Trace, draw, sampling

ALWAYS = 1.0


class Tracing:
    """
    Decides and records.

    Args:
        rate: the share of traces that begin here and are kept.
        per_s: the most healthy traces that are written in a second.
    """

    def __init__(self, rate: float, per_s: float) -> None:
        client = sentry_sdk.get_client()
        self._rate = rate
        self._allowance = Allowance(per_s, burst=max(1, per_s))
        self._transport = client.transport
        self.active = bool(client.is_active() and client.parsed_dsn)
        self._origin: Origin | None = None
        self._common: dict[str, object] = {
            "platform": "python",
            "sdk": dict(SDK_INFO),
            "tags": {"service": "gateway"},
            **{name: client.options[name] for name in ("release", "environment", "server_name") if self.active},
        }
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
        trace.recorded = self.active and trace.sampled
        if trace.recorded and not fault and not self._allowance.take():
            self._leave_out(trace)
        if trace.parent_span_id is None and self._origin is not None:
            self._origin.sign(trace, rate, rand)

    def _leave_out(self, trace: Trace) -> None:
        trace.recorded = False
        if trace.parent_sampled is None:
            trace.sampled = False
        if self._transport is not None:
            self._transport.record_lost_event("backpressure", data_category="transaction")

    @contextmanager
    def record(self, call: Call, *, fault: bool) -> Iterator[Recorder]:
        """
        Record what happens inside as the gateway's transaction of this request, if its trace is kept.

        Args:
            call: the request.
            fault: whether it fires a fault.
        """
        if not call.trace.recorded:
            yield UNRECORDED
        elif fault:
            with self._transaction(call) as transaction:
                yield FullRecord(transaction)
        else:
            light = LightRecord()
            try:
                yield light
            finally:
                light.send(call, self._common)

    @contextmanager
    def _transaction(self, call: Call) -> Iterator[Transaction]:
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
                origin=ORIGIN,
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
                    transaction.set_http_status(status_of(call))

    @contextmanager
    def event_scope(self, call: Call) -> Iterator[sentry_sdk.Scope]:
        """Give the scope for an event of this request, on its trace whether that is kept or not."""
        if sentry_sdk.get_current_span() is not None:
            with sentry_sdk.new_scope() as scope:
                yield scope
        else:
            with sentry_sdk.isolation_scope() as scope:
                scope.generate_propagation_context(_headers(call.trace))
                yield scope


def _headers(trace: Trace) -> dict[str, str]:
    parent = trace.parent_span_id or trace.span_id
    return {"sentry-trace": f"{trace.trace_id}-{parent}", "baggage": trace.baggage.decode("latin-1")}


def _rand_of(trace: Trace) -> float:
    if trace.parent_sampled is None and trace.parent_span_id is not None:
        given = sampling(trace.baggage).get("sample_rand", "")
        try:
            rand = float(given)
        except ValueError:
            return draw()
        if 0 <= rand < 1:
            return rand
    return draw()
