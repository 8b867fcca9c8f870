"""
Shows chaos on a terminal, as it happens and at its end; or as one JSON document.
"""

import time
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from crashctl.chaos.lives import Death
from crashctl.chaos.told import Done
from crashctl.chaos.verdict import Outcome
from crashctl.drill.show import console_of


class Show:
    """
    The audience on a terminal.

    Args:
        to_stderr: whether standard output belongs to somebody else.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        self._console = console_of(to_stderr=to_stderr)
        self._status = self._console.status("")
        self._began = time.time()

    def doing(self, what: str) -> None:
        """Show what takes time now."""
        self._status.start()
        self._status.update(escape(what))

    def killed(self, number: int, done: Done) -> None:
        """Show what came of a turn."""
        said = f"[yellow]not killed: {escape(done.failed)}[/]" if done.failed else ""
        moment = f"{done.at - self._began:>6.1f} s  {number:>3}"
        self._console.print(f"{moment}  {escape(str(done.kill)):<44} {said}", soft_wrap=True)

    def died(self, death: Death) -> None:
        """Show that something died."""
        self._console.print(f"[dim]{time.time() - self._began:>6.1f} s       † {escape(str(death))}[/]", soft_wrap=True)

    def report(self, outcome: Outcome) -> None:
        """Print the table, what does not close, and the verdict."""
        self._status.stop()
        for table in (_kills(outcome), _players(outcome)):
            self._console.print()
            self._console.print(table)
        answers = ", ".join(f"{count} x {status}" for status, count in outcome.statuses.items()) or "none"
        self._console.print(f"\nanswers to spins: {answers}", soft_wrap=True)
        if outcome.never_killed:
            said = ", ".join(map(str, outcome.never_killed))
            self._console.print(f"[yellow]no turn came for {escape(said)}[/]", soft_wrap=True)
        for problem in outcome.problems:
            self._console.print(f"[red]{escape(problem)}[/]", soft_wrap=True)
        self._console.print(f"[{'green' if outcome.closes else 'bold red'}]{escape(outcome.line())}[/]", soft_wrap=True)


def as_document(outcome: Outcome) -> dict[str, Any]:  # Any: JSON
    """Give it as one JSON object."""
    return {
        "closes": outcome.closes,
        "verdict": outcome.line(),
        "problems": outcome.problems,
        "seed": outcome.seed,
        "took_s": round(outcome.took_s, 1),
        "interrupted": outcome.interrupted,
        "timeline": [
            {
                "at": _moment(done.at), "kind": done.kill.kind.value, "what": done.kill.what,
                "failed": done.failed or None,
            }
            for done in outcome.done
        ],
        "deaths": [
            {
                "at": _moment(death.at), "pod": death.pod, "container": death.key.container, "start": death.key.start,
                "reason": death.reason or None, "exit_code": death.exit_code,
            }
            for death in outcome.deaths
        ],
        "told": outcome.inquest.reported,
        "blamed": outcome.inquest.blamed,
        "never_killed": [str(kill) for kill in outcome.never_killed],
        "answers": outcome.statuses,
        "players": {
            purse.player_id: {
                "before": purse.before, "after": purse.after, "settled": purse.settled, "staked": purse.staked,
                "won": purse.won, "in_doubt": dict(purse.in_doubt),
            }
            for purse in outcome.purses
        },
        "house": outcome.house,
        "faults": {name: value for name, value in vars(outcome.volley).items() if name != "problems"},
        "account": outcome.account.line() if outcome.account else None,
    }  # fmt: skip


def _kills(outcome: Outcome) -> Table:
    table = Table(title="killed, died, told", title_justify="left")
    for column in ("what", "killed", "not killed"):
        table.add_column(column, justify="left" if column == "what" else "right")
    killed = outcome.killed
    for kill in outcome.kills:
        failed = sum(done.kill == kill for done in outcome.done if done.failed)
        table.add_row(str(kill), str(killed[kill]), str(failed or ""))
    found = outcome.inquest
    table.add_section()
    table.add_row("deaths", str(found.deaths), "")
    table.add_row("told by the coroner", str(found.reported), "")
    table.add_row("on the trace of a request", str(found.blamed), "")
    return table


def _players(outcome: Outcome) -> Table:
    table = Table(title="money", title_justify="left")
    for column in ("player", "before", "staked", "won", "after", "settled", "in doubt"):
        table.add_column(column, justify="left" if column in {"player", "in doubt"} else "right")
    for purse in outcome.purses:
        doubt = ", ".join(f"{count} {state}" for state, count in sorted(purse.in_doubt.items()))
        numbers = (purse.before, purse.staked, purse.won, purse.after, purse.settled)
        table.add_row(purse.player_id, *map(str, numbers), doubt)
    return table


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
