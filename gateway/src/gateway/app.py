"""
The ASGI application: from a request to the one who answers it, and from whatever goes wrong to an answer.
"""

import asyncio
import time
from http import HTTPStatus

from crashkit.binding import bind
from crashkit.catalogue import Catalogue
from crashkit.flight import FlightRecord
from crashkit.guard import Guard
from crashkit.lifecycle import Lifecycle
from crashkit.problem import Problem
from crashkit.spool.store import Store

from gateway import failures
from gateway.asgi import Receive, Scope, Send
from gateway.call import Call
from gateway.catalogue_view import CatalogueView
from gateway.choice import Admitted, Choice, Chooser, Preflight
from gateway.cors import Cors
from gateway.fault_pass import FaultPasses
from gateway.faults import Faults
from gateway.metrics import Metrics
from gateway.pages import Pages
from gateway.records import UNRECORDED, Recorder
from gateway.request_body import CallerGone
from gateway.routing import Route, Routing
from gateway.scenarios import HANDLERS
from gateway.services import OWN, Services
from gateway.settings import Settings
from gateway.slot_machine.machine import SlotMachine
from gateway.slot_machine.told import pass_state
from gateway.tracing import Tracing
from gateway.upstream.errors import UpstreamError, UpstreamUnreachable
from gateway.upstream.pool import Upstream

RETRY_AFTER_S = "2"
CUT_OFF = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "cut-off", "The gateway ends, and had no more time to finish this; ask again",
    {"Retry-After": RETRY_AFTER_S},
)  # fmt: skip


class Gateway:
    """
    The application.

    Args:
        settings: of the process.
        catalogue: what can be fired.
        lifecycle: of the process; counts open requests.
        spool: of the process, for its figures; none where there is none.
        flight: tells which requests are open, should the process be killed.

    Raises:
        BindingError: the catalogue and the table of the gateway's own faults disagree.
        PageError: the folder of the page cannot be served.
    """

    def __init__(
        self, settings: Settings, catalogue: Catalogue, lifecycle: Lifecycle, spool: Store | None, flight: FlightRecord
    ) -> None:
        self._lifecycle = lifecycle
        self._flight = flight
        self._upstreams = {
            name: Upstream(name, url, settings.upstream_connect_timeout_s) if url else None
            for name, url in settings.upstream_urls.items()
        }
        guard = Guard(catalogue, settings.policy)
        routing = Routing(catalogue, self._upstreams)
        self._cors = Cors(settings.cors_origins)
        self._tracing = Tracing(settings.traces_sample_rate, settings.traces_per_s)
        self._metrics = Metrics(spool)
        self._slot_machine = SlotMachine.make(settings, catalogue, self._upstreams, lifecycle, self._metrics)
        passes = FaultPasses(settings.policy, settings.fault_pass_s, self._metrics.fault_pass)
        self.pages = Pages(
            settings=settings,
            guard=guard,
            view=self._view(settings, catalogue),
            faults=Faults(guard, catalogue, self._upstreams, settings.policy.token),
            passes=passes,
            slot_machine=self._slot_machine,
            metrics=self._metrics,
            lifecycle=lifecycle,
        )
        self._chooser = Chooser(self.pages, routing, guard, passes, self._cors)
        self._services = Services(settings, routing, guard, bind(catalogue, OWN, HANDLERS), self._metrics)

    def _view(self, settings: Settings, catalogue: Catalogue) -> CatalogueView:
        of_the_page = {service.name for service in catalogue.services if service.runs_in == "page"}
        served = of_the_page if settings.page_dir or settings.page_dsn else set()
        present = frozenset({OWN, *served, *(name for name, upstream in self._upstreams.items() if upstream)})
        return CatalogueView(catalogue, settings.policy, present, pass_state(settings.policy, settings.fault_pass_s))

    def close(self) -> None:
        """Close the connections to the services."""
        for upstream in self._upstreams.values():
            if upstream is not None:
                upstream.close()
        self._slot_machine.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (the server calls this)."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive, send, self._cors)
        page = self.pages.untraced(call.path)
        if page is not None:
            await self._finish(call, self._chooser.preflight(call) or page, UNRECORDED)
            return
        choice = self._chooser.choose(call)
        fault = isinstance(choice, Admitted)
        self._tracing.decide(call.trace, fault=fault)
        opened = self._flight.open(call.trace.trace_id, call.trace.span_id, f"{call.method} {call.route}")
        try:
            with self._lifecycle.request(), self._tracing.record(call, fault=fault) as recorder:
                await self._finish(call, choice, recorder)
        finally:
            self._flight.close(opened)
        self._metrics.answered(call.service, call.status)

    async def _finish(self, call: Call, choice: Choice, recorder: Recorder) -> None:
        began = time.monotonic()
        try:
            await self._carry_out(call, choice, recorder)
        except Problem as problem:
            await _refuse(call, problem)
        except CallerGone:
            return
        except asyncio.CancelledError:
            # The time to drain is over. Raised further, the server would answer 500, as if the gateway had failed.
            await _refuse(call, CUT_OFF)
        except UpstreamError as error:
            self._metrics.failed(call.service, error.kind)
            failures.report_upstream(self._tracing, call, error, time.monotonic() - began)
            await _refuse(call, _as_problem(call, error))
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, it is one event and one answer
            failures.report_bug(self._tracing, call, error)
            detail = "The gateway failed while it worked on this; the event with this trace id says where"
            await _refuse(call, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "gateway-bug", detail))

    async def _carry_out(self, call: Call, choice: Choice, recorder: Recorder) -> None:
        if isinstance(choice, Route):
            await self._services.forward(call, choice, recorder)
        elif isinstance(choice, Admitted):
            await self._services.fire(call, choice, recorder)
        elif isinstance(choice, Problem):
            raise choice
        elif isinstance(choice, Preflight):
            await call.start(HTTPStatus.NO_CONTENT, choice.headers)
            await call.part(b"", more=False)
        else:
            await choice(call)


async def _refuse(call: Call, problem: Problem) -> None:
    if call.started:  # half an answer is out; to leave it unfinished breaks the caller's connection
        return
    await call.problem(problem)


def _as_problem(call: Call, error: UpstreamError) -> Problem:
    headers = {"Retry-After": RETRY_AFTER_S} if isinstance(error, UpstreamUnreachable) else {}
    return Problem(error.status, error.kind, f"{error} ({call.service}: {error.reason})", headers)
