"""
Hands requests to the services, and fires the faults: those of a service there, the gateway's own here.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sentry_sdk
from crashkit.flight import note_fault
from crashkit.guard import Guard
from crashkit.run import Run
from crashkit.telemetry import tagged

from gateway import proxy
from gateway.call import Call
from gateway.choice import Admitted
from gateway.metrics import Metrics
from gateway.proxy import Handover
from gateway.records import FullRecord, Recorder
from gateway.routing import Route, Routing, collapsed
from gateway.scenarios import Handler
from gateway.settings import Settings

GRACE_S = 5.0
"""How much longer than its budget a fault may take to be answered."""
UNKNOWN_TO_THE_SERVICE = frozenset({404, 405})
OWN = "gateway"


class Services:
    """
    The services, seen from a request.

    Args:
        settings: of the process.
        routing: knows where they are.
        guard: counts what is fired.
        handlers: the gateway's own faults.
        metrics: counts.
    """

    def __init__(
        self, settings: Settings, routing: Routing, guard: Guard, handlers: Mapping[str, Handler], metrics: Metrics
    ) -> None:
        self._settings = settings
        self._routing = routing
        self._guard = guard
        self._handlers = handlers
        self._metrics = metrics
        self._max_body_bytes = settings.max_body_bytes
        self._token = (b"authorization", f"Bearer {settings.policy.token}".encode())

    async def forward(self, call: Call, route: Route, recorder: Recorder) -> None:
        """
        Proxy a request that is no fault.

        Args:
            call: the request.
            route: where it goes.
            recorder: writes it into its trace.

        Raises:
            Problem: there is nobody to forward to, or the body is refused.
            CallerGone: the caller hung up.
            UpstreamError: the service did not answer.
        """
        within_s = self._settings.upstream_timeout_s
        await self._hand_over(call, Handover(route.rest, call.query, within_s), recorder)
        if call.status in UNKNOWN_TO_THE_SERVICE:
            call.route = collapsed(route)

    async def fire(self, call: Call, admitted: Admitted, recorder: Recorder) -> None:
        """
        Fire a fault, counted against its budget here too: the service's own count may die with it.

        Args:
            call: the request.
            admitted: the fault.
            recorder: writes it into its trace.

        Raises:
            Problem: the budget is used up, or as :meth:`forward`.
            CallerGone: as :meth:`forward`.
            UpstreamError: as :meth:`forward`.
            Exception: the gateway's own fault did what it is for.
        """
        case = admitted.case
        with self._guard.firing(case, admitted.tag) as run, _identified(run, recorder):
            self._metrics.fired(case.id)
            if case.service.name == OWN:
                report = await self._handlers[case.scenario_name](run)
                await call.json(run.answer(report, call.trace.trace_id))
                return
            path, _, query = case.local_path.partition("?")
            handover = Handover(
                path.encode(),
                b"&".join(part for part in (query.encode(), admitted.query) if part),
                max(self._settings.upstream_timeout_s, case.budget.wall_s + GRACE_S),
                (self._token, (b"x-crash-run", admitted.tag.encode())),
            )
            sentry_sdk.add_breadcrumb(category="gateway", message="hand the fault over", data={"case": case.id})
            await self._hand_over(call, handover, recorder)

    async def _hand_over(self, call: Call, handover: Handover, recorder: Recorder) -> None:
        upstream = self._routing.upstream(call.service)
        began = time.monotonic()
        span_id = recorder.begin_call(call)
        try:
            await proxy.forward(call, upstream, handover, span_id, self._max_body_bytes)
        finally:
            recorder.end_call(call)
        self._metrics.took(call.service, time.monotonic() - began)


@contextmanager
def _identified(run: Run, recorder: Recorder) -> Iterator[None]:
    if not isinstance(recorder, FullRecord):  # without Sentry there is no scope of the request's own
        note_fault(run)
        yield
        return
    with tagged(run):
        sentry_sdk.set_user({"id": "player-7", "email": "player-7@example.com"})
        yield
