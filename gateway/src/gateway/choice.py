"""
What a request asks for: a page of the gateway, a service, a fault, or something that is refused.
"""

from dataclasses import dataclass, field

from crashkit.catalogue import BoundCase
from crashkit.guard import Guard, run_tag
from crashkit.problem import Problem

from gateway.call import Call
from gateway.cors import Cors
from gateway.fault_pass import FaultPasses
from gateway.fault_paths import Firing
from gateway.pages import Page, Pages
from gateway.routing import Route, Routing


@dataclass(frozen=True, slots=True)
class Admitted:
    """
    A fault that may be fired.

    Args:
        route: where it goes.
        case: what it is.
        tag: who fires it.
        query: what else the caller asked, byte for byte.
    """

    route: Route
    case: BoundCase
    tag: str
    query: bytes = field(repr=False)  # the caller's values, and this is among the variables of a failing frame


@dataclass(frozen=True, slots=True)
class Preflight:
    """
    A browser's question whether a page may call.

    Args:
        headers: that answer it.
    """

    headers: list[tuple[bytes, bytes]]


Choice = Page | Route | Admitted | Preflight | Problem


@dataclass(frozen=True, slots=True)
class Chooser:
    """
    Tells requests apart.

    Args:
        pages: the gateway's own.
        routing: the services.
        guard: of the fault surface.
        passes: what a caller may show in place of the token.
        cors: answers browsers.
    """

    pages: Pages
    routing: Routing
    guard: Guard
    passes: FaultPasses
    cors: Cors

    def choose(self, call: Call) -> Choice:
        """Say what a request asks for, and name its route and service in the call."""
        preflight = self.preflight(call)
        if preflight is not None:
            return preflight
        page = self.pages.traced.get(call.path)
        if page is not None:
            call.route = call.path.decode()
            return page
        try:
            route = self.routing.find(call.path, call.query)
            if route is None:
                return Problem(404, "unknown-path", "There is no such path; GET / lists what there is")
            call.route = route.name
            call.service = route.service
            return route if route.firing is None else self._admit(call, route, route.firing)
        except Problem as problem:
            return problem

    def preflight(self, call: Call) -> Preflight | None:
        """Say whether a request is a browser's question before another one."""
        if call.origin is None:
            return None
        allowed = self.cors.preflight(call.method, call.origin, call.headers)
        return None if allowed is None else Preflight(allowed)

    def _admit(self, call: Call, route: Route, firing: Firing) -> Admitted:
        case = self.guard.admit(
            route.service,
            firing.scenario or route.rest.decode("latin-1").strip("/").partition("/")[2],
            firing.case,
            method=call.method,
            authorization=self.passes.redeem(call.bearer),
        )
        tag = run_tag(call.run.decode("latin-1") if call.run else firing.run)
        return Admitted(route, case, tag, firing.query)
