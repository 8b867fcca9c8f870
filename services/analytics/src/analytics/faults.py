"""
Firing a fault, listing what is active, stopping it.
"""

import logging
from typing import Annotated

import sentry_sdk
from crashkit.guard import run_tag, tag_to_stop
from crashkit.problem import Problem
from crashkit.run import BudgetExceeded, Run, RunEnded
from crashkit.telemetry import tagged, trace_id
from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from analytics.firing import Firing, Report
from analytics.parts import SERVICE, Parts, parts_of
from analytics.reading import InvalidError, read_bytes

LOG = logging.getLogger(__name__)
# Who looks when a fault is fired: on-call practice needs a player that can be named in public.
PLAYER = "player-7"
MOST_BYTES = 65_536
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Shared = Annotated[Parts, Depends(parts_of)]


class Fault:
    """
    The route of one scenario.

    Args:
        scenario: its name in the catalogue.
    """

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario

    async def __call__(self, request: Request, parts: Shared) -> JSONResponse:
        """Fire it, if that is allowed (FastAPI calls this)."""
        bound = parts.guard.admit(
            SERVICE,
            self._scenario,
            request.path_params.get("case") or request.query_params.get("case"),
            method=request.method,
            authorization=request.headers.get("Authorization"),
        )
        tag = run_tag(request.headers.get("X-Crash-Run") or request.query_params.get("run"))
        body = await read_bytes(request, MOST_BYTES)
        with parts.guard.firing(bound, tag) as run, tagged(run):
            try:
                report = await self._look_and_fail(parts, run, body)
            except RunEnded as ended:
                code = "budget" if isinstance(ended, BudgetExceeded) else "stopped"
                raise Problem(409, code, str(ended)) from None
            except InvalidError as error:
                raise error.problem from None
        return JSONResponse(run.answer(report, trace_id()), bound.success_status)

    async def _look_and_fail(self, parts: Parts, run: Run, body: bytes) -> Report:
        parts.metrics.fault(run.case.scenario_name, run.case.case_name)
        LOG.info("fault %s is fired, run %s", run.case.id, run.tag)
        sentry_sdk.set_user({"id": PLAYER, "email": f"{PLAYER}@example.com"})
        sentry_sdk.add_breadcrumb(category="navigation", message="player opened the statistics")
        sentry_sdk.add_breadcrumb(category="statistics", message="report chosen", data={"report": self._scenario})
        return await parts.handlers[self._scenario](Firing(run, parts.database, body))


async def faults(request: Request, parts: Shared) -> JSONResponse:
    """``/api/debug/faults``: what is active, and the stop for all of it or for one run's (``?run=``)."""
    parts.guard.require_enabled()
    if request.method == "GET":
        return JSONResponse({"active": [run.listed() for run in parts.guard.active()]})
    parts.guard.require_token(request.headers.get("Authorization"))
    return JSONResponse({"stopped": parts.guard.stop(tag_to_stop(request.query_params.get("run")))})
