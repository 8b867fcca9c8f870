"""
The table of routes.
"""

from collections.abc import Callable

from crashkit.problem import Problem
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Match, Route

from analytics import control, product
from analytics.faults import METHODS, Fault, faults
from analytics.parts import SERVICE, Parts
from analytics.told import ToldRoute
from analytics.web import Served, Traced

METHOD_NOT_ALLOWED = 405
NOT_FOUND = 404
ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("POST", "/api/v1/spins", product.store_spin),
    ("GET", "/api/v1/spins", product.latest_spins),
    ("GET", "/api/v1/spins/{spin_id}", product.show_spin),
    ("GET", "/api/v1/turnover", product.turnover),
    ("GET", "/api/v1/return-to-player", product.return_to_player),
    ("GET", "/api/v1/players/top", product.top_players),
    ("GET", "/api/v1/timeseries", product.timeseries),
    ("GET", "/healthz/live", control.live),
    ("GET", "/healthz/ready", control.ready),
    ("GET", "/metrics", control.show_metrics),
)


def make_app(parts: Parts) -> FastAPI:
    """
    Make the application: the product, the probes, and one route for each scenario of the catalogue.

    Args:
        parts: what the routes share.
    """
    app = FastAPI(
        title=SERVICE,
        openapi_url=None,  # docs/api.md is generated from the catalogue; a second truth would differ
        redirect_slashes=False,
        middleware=[Middleware(Traced, parts=parts), Middleware(Served, parts=parts)],
        exception_handlers={HTTPException: _complete, RequestValidationError: _pass_on},
    )
    app.state.parts = parts
    app.router.route_class = ToldRoute
    for method, path, route in ROUTES:
        app.add_api_route(path, route, methods=[method])
    app.add_api_route(parts.faults_path, faults, methods=["GET", "DELETE"])
    for name, scenario in parts.catalogue.scenarios[SERVICE].items():
        app.add_api_route(scenario.path, Fault(name).__call__, methods=list(METHODS))
    return app


async def _pass_on(_request: Request, error: Exception) -> Response:
    """Leave it to :mod:`analytics.failures`, which answers everything (FastAPI calls this)."""
    raise error


async def _complete(request: Request, error: Exception) -> Response:
    """Say what the framework does not: what is not there, and which methods are (FastAPI calls this)."""
    status = error.status_code if isinstance(error, HTTPException) else 0
    if status == NOT_FOUND:
        raise Problem(404, "unknown-path", f"There is no {request.url.path} here")
    if status == METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods(request)))
        detail = f"{request.url.path} takes {allowed}; found {request.method}"
        raise Problem(405, "method", detail, {"Allow": allowed})
    raise error


def _methods(request: Request) -> set[str]:
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods
