"""
Firing a fault, listing what is active, stopping it.
"""

import logging
from collections.abc import Callable

import sentry_sdk
from crashkit.guard import run_tag, tag_to_stop
from crashkit.problem import Problem
from crashkit.run import BudgetExceeded, Run, RunEnded
from crashkit.telemetry import tagged, trace_id

from game_engine.engine import SERVICE, Engine
from game_engine.spin import Stake, play
from game_engine.web import Handler

LOG = logging.getLogger(__name__)
# Who plays when a fault is fired: on-call practice needs a player that can be named in public.
PLAYER = "player-7"
STAKE = 100


class FaultHandler(Handler):
    """``POST`` (and, where it is allowed, ``GET``) on the path of a scenario."""

    def initialize(self, engine: Engine, route: str, scenario: str = "") -> None:
        super().initialize(engine, route)
        self.scenario = scenario

    async def get(self, case: str | None = None) -> None:
        await self._fire(case)

    async def post(self, case: str | None = None) -> None:
        await self._fire(case)

    def allowed(self) -> list[str]:
        return ["POST"]

    async def _fire(self, case: str | None) -> None:
        guard = self.engine.guard
        try:
            bound = guard.admit(
                SERVICE,
                self.scenario,
                case or self.get_query_argument("case", None),
                method=self.request.method or "",
                authorization=self.request.headers.get("Authorization"),
            )
            tag = run_tag(self.request.headers.get("X-Crash-Run") or self.get_query_argument("run", None))
            with guard.firing(bound, tag) as run, tagged(run):
                report = await self._play_and_fail(run)
        except Problem as problem:
            self.refuse(problem)
        except RunEnded as ended:
            code = "budget" if isinstance(ended, BudgetExceeded) else "stopped"
            self.refuse(Problem(409, code, str(ended)))
        else:
            self.answer(run.answer(report, trace_id()), bound.success_status)

    async def _play_and_fail(self, run: Run) -> dict[str, object]:
        self.engine.metrics.fault(run.case.scenario_name, run.case.case_name)
        LOG.info("fault %s is fired, run %s", run.case.id, run.tag)
        sentry_sdk.add_breadcrumb(category="navigation", message="player opened the machine")
        play(Stake(player_id=PLAYER, stake=STAKE), self.engine.random)
        return await self.engine.handlers[self.scenario](run)


class FaultsHandler(Handler):
    """``/debug/faults``: what is active, and the stop for all of it or for one run's (``?run=``)."""

    traced = False

    def get(self) -> None:
        self._if_allowed(lambda: self.answer({"active": [run.listed() for run in self.engine.guard.active()]}))

    def delete(self) -> None:
        def stop() -> None:
            self.engine.guard.require_token(self.request.headers.get("Authorization"))
            tag = tag_to_stop(self.get_query_argument("run", None))
            self.answer({"stopped": self.engine.guard.stop(tag)})

        self._if_allowed(stop)

    def _if_allowed(self, act: Callable[[], None]) -> None:
        try:
            self.engine.guard.require_enabled()
            act()
        except Problem as problem:
            self.refuse(problem)
