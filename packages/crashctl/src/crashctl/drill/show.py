"""
Shows a drill on a terminal, live or line by line, and its table at the end.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crashctl.drill.cases import DrillCase
from crashctl.drill.outcome import BROKEN, KEPT, SKIPPED, Outcome, Report

STYLES = {KEPT: "green", BROKEN: "bold red", SKIPPED: "yellow"}
PLAIN_WIDTH = 160


def console_of(*, to_stderr: bool) -> Console:
    """
    Give a console that is wide enough for tables also where it is no terminal.

    Args:
        to_stderr: whether standard output belongs to somebody else.
    """
    console = Console(stderr=to_stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=to_stderr, highlight=False, width=PLAIN_WIDTH)


class Line:
    """
    One line on standard error that says what is done now, where that is a terminal.
    """

    def __init__(self) -> None:
        self._status = Console(stderr=True, highlight=False).status("")

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._status.stop()

    def doing(self, what: str) -> None:
        """Show what takes time now."""
        self._status.update(escape(what))


class Show:
    """
    The audience on a terminal.

    Args:
        to_stderr: whether standard output belongs to somebody else.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._console = console_of(to_stderr=to_stderr)
        self._status = self._console.status("")
        self._label = ""
        # A case that ended its container ends after others that began later.
        self._labels: dict[str, str] = {}

    def begins(self, number: int, total: int, case: DrillCase) -> None:
        """Show that a case begins."""
        self._label = self._labels[case.id] = f"[{number:>{len(str(total))}}/{total}] {case.id}"
        self._status.start()
        self.doing("")

    def waits(self, services: Sequence[str]) -> None:
        """Show that nothing can be fired until one of these services is back."""
        self._label = ""
        self._status.start()
        self.doing(f"waiting until {', '.join(services)} is back; a kubelet puts off restarts that come close together")

    def doing(self, what: str) -> None:
        """Show what takes time now."""
        self._status.update(f"{escape(self._label)} {escape(what)}")

    def ended(self, outcome: Outcome) -> None:
        """Show what came of a case."""
        self._status.stop()
        verdict, label = outcome.verdict, self._labels[outcome.case.id]
        self._console.print(f"{escape(label)} … [{STYLES[verdict]}]{verdict}[/] ({outcome.took_s:.1f} s)")
        for reason in outcome.reasons:
            self._console.print(f"      {escape(reason)}", soft_wrap=True)
        self._label = ""

    def report(self, report: Report) -> None:
        """Print the table, what is wrong, and the sum in one line."""
        self._status.stop()
        table = Table(title="\nfired, captured, lost, duplicated", title_justify="left")
        for column in ("case", "fired", "due", "captured", "lost", "duplicated", "s to capture", "verdict"):
            table.add_column(column, justify="left" if column in {"case", "verdict"} else "right")
        for outcome in report.outcomes:
            table.add_row(*_row(outcome), f"[{STYLES[outcome.verdict]}]{outcome.verdict}[/]")
        self._console.print(table)
        for outcome in report.outcomes:
            said = [outcome.skipped] if outcome.skipped else outcome.reasons
            for reason in said:
                self._console.print(f"{outcome.case.id}: {escape(reason)}", soft_wrap=True)
            if outcome.verdict == BROKEN:
                self._console.print(f"      {outcome.where}", soft_wrap=True)
        for wrong in (*report.wrongs, *report.notes):
            self._console.print(escape(wrong), soft_wrap=True)
        self._console.print(f"accounts: {escape(report.account)}", soft_wrap=True)
        self._console.print(f"[{'green' if report.green else 'bold red'}]{escape(summary(report))}[/]", soft_wrap=True)


def summary(report: Report) -> str:
    """Say in one line what came of a drill."""
    verdicts = [outcome.verdict for outcome in report.outcomes]
    parts = [f"{verdicts.count(KEPT)} kept", f"{verdicts.count(BROKEN)} broken", f"{verdicts.count(SKIPPED)} skipped"]
    sums = [
        f"{sum(outcome.comparison.captured for outcome in report.outcomes)} events captured",
        f"{sum(outcome.comparison.lost for outcome in report.outcomes)} lost",
        f"{sum(outcome.comparison.duplicated for outcome in report.outcomes)} duplicated",
    ]
    word = "GREEN" if report.green else "NOT GREEN"
    return f"{word} after {report.took_s:.1f} s: {', '.join(parts)}; {', '.join(sums)}"


def _row(outcome: Outcome) -> tuple[str, ...]:
    compared = outcome.comparison
    if outcome.skipped:
        return (outcome.case.id, *("-",) * 6)
    seconds = "-" if outcome.seconds is None else f"{outcome.seconds:.2f}"
    numbers = (len(outcome.firings), outcome.due, compared.captured, compared.lost, compared.duplicated)
    return (outcome.case.id, *map(str, numbers), seconds)
