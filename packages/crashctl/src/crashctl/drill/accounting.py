"""
The sums of a drill: what was fired and captured while it ran is received, discarded for a reason, or waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from crashctl.account.sheet import Sheet, read_sheet
from crashctl.account.verdict import FAULTS, Verdict, judge
from crashctl.account.watch import AT_REST_WITHIN_S, look_until_at_rest
from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import GATEWAY
from crashctl.drill.play import Listener, Stage
from crashctl.drill.sink import SinkAwayError

# Who fired something before the drill has told it by then.
BEGIN_WITHIN_S = 5.0


@dataclass(frozen=True)
class Accounting:
    """
    The look at the beginning, and what is held against it at the end.

    Args:
        stage: whose sink is asked.
        services: that are drilled, and the gateway.
        due: events for one firing, by the id of the case.
        before: the look at the beginning; none where the sink tells no books.
    """

    stage: Stage
    services: Sequence[str]
    due: dict[str, int]
    before: Sheet | None = field(repr=False)

    @classmethod
    def begin(cls, stage: Stage, cases: Sequence[DrillCase]) -> "Accounting":
        """
        Look when nothing is on its way.

        Args:
            stage: what will be played on.
            cases: that will be fired.
        """
        services = list(dict.fromkeys([GATEWAY, *(case.service for case in cases)]))
        due = {case.id: case.due for case in cases}
        stage.listener.doing("looking at the accounts")
        try:
            # Only for it to be at rest: what is amiss already is not this drill's.
            verdict = look_until_at_rest(
                lambda: read_sheet(stage.sink.books()), partial(judge, services=services, due={}), BEGIN_WITHIN_S
            )
        except SinkAwayError:
            return cls(stage, services, due, None)
        return cls(stage, services, due, verdict.sheet)

    def end(self, listener: Listener) -> tuple[str, tuple[str, ...]]:
        """
        Look again.

        Args:
            listener: shows that it takes a moment.

        Returns:
            The sums in one line, and those that do not close.
        """
        if self.before is None:
            return "unknown: the sink told no books at the beginning", ()
        listener.doing("adding up what was fired, captured and received")
        try:
            verdict = look_until_at_rest(self._sheet, self._judge, AT_REST_WITHIN_S)
            # Where others were at work at the beginning, the difference is not exact; the sums since ever are.
            since_ever = judge(self._sheet(), self.services, {}, moving=verdict.moving).problems
        except SinkAwayError as error:
            return f"unknown: the sink does not answer: {error}", ()
        problems = {
            what: words for what, words in verdict.problems.items() if what in since_ever or what.endswith(FAULTS)
        }
        said = replace(verdict, problems=problems)
        return said.line(), tuple(f"accounts: {words}" for words in problems.values())

    def _sheet(self) -> Sheet:
        return read_sheet(self.stage.sink.books())

    def _judge(self, sheet: Sheet, *, moving: bool) -> Verdict:
        before = self.before or Sheet(0, ())
        return judge(sheet.since(before), self.services, self.due, moving=moving)
