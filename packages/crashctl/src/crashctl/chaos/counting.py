"""
Counts at the end: which deaths were told, what became of the faults, whether the sums of all items close.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from crashctl.account.sheet import Sheet, read_sheet
from crashctl.account.verdict import FAULTS, Verdict, judge
from crashctl.account.watch import AT_REST_WITHIN_S, look_until_at_rest
from crashctl.chaos import told
from crashctl.chaos.cluster import ClusterAwayError
from crashctl.chaos.firing import Fired, Volley, looked_at
from crashctl.chaos.lives import Death
from crashctl.chaos.told import Done
from crashctl.chaos.watching import Watching
from crashctl.drill.deaths import CORONER
from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import Sink, SinkAwayError
from crashctl.waiting import TooLateError, wait_for

TOLD_WITHIN_S = 60.0
# A second event of one death comes a moment after the first, if it comes.
SETTLE_S = 3.0
# A container that dies again and again starts again by then.
ALL_QUIET_WITHIN_S = 90.0
STEP_S = 2.0
GAME_ENGINE = "game-engine"
# How the game engine says that analytics will not hear of some spins; see game_engine.recorder.
NOT_RECORDED = ("Settled spins were not recorded before the process ended", "Settled spins are not recorded")


class Counting:
    """
    Holds the end against the beginning.

    Args:
        sink: that is asked.
        services: those that keep a book.
        due: events for one firing, by the id of the case.

    Raises:
        CannotRunError: the sink tells no books.
    """

    def __init__(self, sink: Sink, services: Sequence[str], due: dict[str, int]) -> None:
        self._sink = sink
        self._services = services
        self._due = due
        try:
            first = look_until_at_rest(self._look, partial(judge, services=services, due={}), AT_REST_WITHIN_S)
            self._newest = {service: sink.newest(service) for service in (CORONER, GAME_ENGINE)}
        except SinkAwayError as error:
            raise CannotRunError(f"the sink tells no books: {error}; check --sink") from None
        self._before = first.sheet

    def inquest(
        self, watching: Watching, done: Sequence[Done], hurry: threading.Event
    ) -> tuple[list[Death], told.Inquest]:
        """
        Wait until every death is told, and a moment longer, and say what was told of which.

        Args:
            watching: knows who died; it is stopped.
            done: what was killed.
            hurry: nobody wants to wait any longer.
        """
        fatals = [found.fatal for found in done if found.fatal]

        def look() -> tuple[list[Death], told.Inquest]:
            deaths, firsts = watching.deaths(), watching.firsts()
            events = self._sink.payloads(CORONER, self._newest[CORONER])
            return deaths, told.compare(deaths, map(told.read_report, events), fatals, firsts)

        def all_told() -> bool:
            with suppress(SinkAwayError):
                return hurry.is_set() or not look()[1].problems
            return False

        with suppress(TooLateError):  # what lacks is said by the last look
            wait_for(all_told, TOLD_WITHIN_S, "every death to be told", STEP_S)
        hurry.wait(SETTLE_S)
        with suppress(ClusterAwayError):
            watching.stop()
        try:
            return look()
        except SinkAwayError as error:
            deaths = watching.deaths()
            return deaths, told.Inquest(len(deaths), 0, 0, (f"the sink does not say what was told: {error}",))

    def volley(self, fired: Sequence[Fired], deaths: Sequence[Death]) -> Volley:
        """
        Say what became of the faults that were fired.

        Args:
            fired: all of them.
            deaths: that there were.
        """
        try:
            return looked_at(fired, self._sink, deaths)
        except SinkAwayError as error:
            return Volley(problems=[f"the sink does not say what was captured: {error}"])

    def given_up(self) -> int:
        """Count the settled spins of which the game engine said that analytics will not hear of them."""
        try:
            found = self._sink.payloads(GAME_ENGINE, self._newest[GAME_ENGINE], NOT_RECORDED)
        except SinkAwayError:
            return 0
        return sum(int(payload.get("contexts", {}).get("backlog", {}).get("left", 1)) for payload in found)

    def account(self, within_s: float = ALL_QUIET_WITHIN_S) -> Verdict | None:
        """
        Add up all items since the beginning.

        Args:
            within_s: how long to wait until nothing is on its way (seconds).

        Returns:
            None where the sink does not answer.
        """

        def since() -> Sheet:
            return self._look().since(self._before)

        sums = partial(judge, services=self._services)
        try:
            verdict = look_until_at_rest(since, partial(sums, due=self._due), within_s)
            # Where something was on its way at the beginning, the difference is not exact; the sums since ever are.
            ever = sums(self._look(), due={}, moving=verdict.moving).problems
        except SinkAwayError:
            return None
        problems = {what: words for what, words in verdict.problems.items() if what in ever or what.endswith(FAULTS)}
        return replace(verdict, problems=problems)

    def _look(self) -> Sheet:
        return read_sheet(self._sink.books())
