"""
What came of one case, and of a whole drill.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Comparison, Firing
from crashctl.drill.nearing import warnings_due

KEPT = "ok"
BROKEN = "BROKEN"
SKIPPED = "skipped"
NOTHING_YET = Comparison(0, 0, 0, ())


@dataclass(frozen=True)
class Outcome:
    """
    What came of one case.

    Args:
        case: what was fired.
        firings: every call of it.
        comparison: what arrived against what was due, over all calls.
        seconds: from an answer until its events could be queried, of the slowest call; none when one is missing.
        wrongs: what else is not as promised: answers, pods, recovery.
        skipped: why it was not fired at all.
        took_s: how long all of it took (seconds).
    """

    case: DrillCase
    firings: tuple[Firing, ...] = ()
    comparison: Comparison = NOTHING_YET
    seconds: float | None = None
    wrongs: tuple[str, ...] = ()
    skipped: str | None = None
    took_s: float = 0.0

    @property
    def due(self) -> int:
        """How many events had to arrive."""
        return self.case.due * len(self.firings) + warnings_due(self.case, len(self.firings))

    @property
    def where(self) -> str:
        """Where to look for it."""
        traces = ", ".join(firing.trace_id for firing in self.firings)
        return f"run {self.firings[0].run}, trace {traces}" if self.firings else "nothing was fired"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that is not as promised, in words."""
        return self.wrongs + self.comparison.mismatches

    @property
    def verdict(self) -> str:
        """One word."""
        if self.skipped:
            return SKIPPED
        return BROKEN if self.reasons else KEPT


@dataclass(frozen=True)
class Report:
    """
    What came of a drill.

    Args:
        outcomes: of its cases.
        wrongs: what is wrong beyond single cases: restarts that none asked for.
        notes: what helps to understand a loss.
        took_s: how long it took (seconds).
        account: the sums of what was fired and captured meanwhile, in one line.
    """

    outcomes: Sequence[Outcome]
    wrongs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    account: str = ""

    @property
    def green(self) -> bool:
        """Whether every contract is kept, and at least one was tried."""
        verdicts = [outcome.verdict for outcome in self.outcomes]
        return KEPT in verdicts and BROKEN not in verdicts and not self.wrongs
