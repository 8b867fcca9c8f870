"""
Shows an account: one table a service, one line for all.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from crashctl.account.faults import Fired
from crashctl.account.sheet import Counts
from crashctl.account.sums import Account, Sum
from crashctl.account.verdict import EVENT, SILENT, Verdict

PLAIN_WIDTH = 200
UNKNOWN = "unknown"
COLUMNS = (
    "item", "captured by the SDK", "spooled", "received by the sink", "duplicates", "waiting", "discarded by reason",
    "nowhere",
)  # fmt: skip
FORWARDED = {"delivered": "forwarded", "refused": "refused", "pending": "pending", "dropped": "dropped"}


def show(verdict: Verdict) -> None:
    """Print it on standard output."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PLAIN_WIDTH)
    for account in verdict.accounts:
        if not account.sums:
            console.print(f"\n[bold]{escape(account.service)}[/]: {UNKNOWN}: {SILENT}", soft_wrap=True)
            continue
        console.print()
        console.print(_table(verdict, account))
        for why in account.unknown:
            console.print(f"{UNKNOWN}: {escape(why)}", soft_wrap=True)
    console.print()
    console.print(f"[{'green' if verdict.closes else 'bold red'}]{escape(verdict.line())}[/]", soft_wrap=True)


def as_document(verdict: Verdict) -> dict[str, Any]:  # Any: JSON
    """Give it as one JSON object."""
    return {
        "closes": verdict.closes,
        "verdict": verdict.line(),
        "not_closed": list(verdict.problems.values()),
        "unknown": list(verdict.unknown),
        "moving": verdict.moving,
        "services": {
            account.service: {
                "faults": _faults_document(verdict.fired[account.service]),
                "items": {kind: _document(verdict, account, kind, one) for kind, one in account.sums.items()},
                "unknown": list(account.unknown),
            }
            for account in verdict.accounts
        },
    }


def _table(verdict: Verdict, account: Account) -> Table:
    fired = verdict.fired[account.service]
    table = Table(title=f"{account.service}: {_said(fired)}", title_justify="left", title_style="bold")
    targets = list(verdict.sheet.targets)
    for column in (*COLUMNS, *(f"{target}:" for target in targets)):
        table.add_column(column, justify="left" if column in {"item", "discarded by reason"} else "right")
    for kind, one in account.sums.items():
        forwarded = [_target(_of_target(verdict, target, account.service, kind)) for target in targets]
        table.add_row(kind, *_row(kind, one), *forwarded)
    return table


def _said(fired: Fired) -> str:
    if fired.fired is None:
        return f"faults fired {UNKNOWN}, {fired.arrived} events with their tags"
    due = UNKNOWN if fired.due is None else fired.due
    said = f"{fired.fired} faults fired, {due} events due for them, {fired.arrived} arrived with their tags"
    return said + (f", up to {fired.excused} need not come (stopped or cut off)" if fired.excused else "")


def _row(kind: str, one: Sum) -> tuple[str, ...]:
    known = one.captured_is_known
    spooled = str(one.spooled) if kind == EVENT else "-"
    waiting = [f"{one.on_disk} on disk"] if one.on_disk else []
    waiting += [f"{one.in_memory} in memory"] if one.in_memory else []
    gone = [f"{n} {reason}" for reason, n in sorted(one.discarded.items()) if n]
    gone += [f"{one.repeated} told before"] if one.repeated else []
    gone += [f"{one.lost} lost with their process"] if one.lost else []
    gone += [f"(of these {one.arrived_all_the_same} arrived)"] if one.arrived_all_the_same else []
    nowhere = f"{one.missing}" if not one.too_many else f"{one.too_many} too many"
    return (
        str(one.captured) if known else f"{one.captured} and {UNKNOWN}" if one.captured else UNKNOWN,
        spooled if known else UNKNOWN,
        str(one.received),
        str(one.duplicates),
        (", ".join(waiting) or "0") if known else UNKNOWN,
        ("\n".join(gone) or "0") if known or gone else UNKNOWN,
        nowhere if known or one.missing else UNKNOWN,
    )


def _target(counts: Counts) -> str:
    said = [f"{counts[outcome]} {word}" for outcome, word in FORWARDED.items() if counts.get(outcome)]
    return "\n".join(said) or ("not for it" if counts.get("filtered") else "0")


def _of_target(verdict: Verdict, target: str, service: str, kind: str) -> Counts:
    return verdict.sheet.targets[target].get(service, {}).get(kind, {})


def _faults_document(fired: Fired) -> Mapping[str, object]:
    unknown = fired.fired is None
    return {
        "fired": UNKNOWN if unknown else fired.fired,
        "events_due": UNKNOWN if fired.due is None else fired.due,
        "events_arrived": fired.arrived,
        "events_excused": UNKNOWN if unknown else fired.excused,
    }


def _document(verdict: Verdict, account: Account, kind: str, one: Sum) -> Mapping[str, object]:
    known = one.captured_is_known
    return {
        "captured": one.captured if known else UNKNOWN,
        **({"spooled": one.spooled if known else UNKNOWN} if kind == EVENT else {}),
        "received": one.received,
        "duplicates": one.duplicates,
        "discarded": dict(sorted(one.discarded.items())) if known or one.discarded else UNKNOWN,
        "waiting_on_disk": one.on_disk if known else UNKNOWN,
        "waiting_in_memory": one.in_memory if known else UNKNOWN,
        "told_before": one.repeated if known else UNKNOWN,
        "lost_with_their_process": one.lost if known else UNKNOWN,
        "arrived_all_the_same": one.arrived_all_the_same,
        "missing": one.missing if known else UNKNOWN,
        "too_many": one.too_many,
        "targets": {
            target: dict(_of_target(verdict, target, account.service, kind)) for target in verdict.sheet.targets
        },
    }
