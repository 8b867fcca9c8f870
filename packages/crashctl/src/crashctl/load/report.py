"""
What a load came to: a table, or JSON.
"""

import json
from dataclasses import asdict, dataclass

from crashctl.load.money import UNCHECKED
from crashctl.load.plan import Order
from crashctl.load.tally import Tally


@dataclass(frozen=True)
class Report:
    """
    The figures.

    Args:
        spins: how many were answered, or should have been.
        statuses: how many by HTTP status, or ``no answer``.
        failed: how many were answered with a 5xx, or not at all.
        late: how many began more than 0.1 s after they were due.
        not_begun: how many were due and never begun.
        not_recorded: settled spins that were not in analytics when the player had the answer.
        wanted_rate: spins a second.
        rate: spins a second that were answered.
        p50_ms: half of the answers took no longer, from when the spin was due (milliseconds).
        p99_ms: the same for 99 of 100.
        max_ms: the longest.
        seconds: how long spins were due.
        players: how many played.
        staked: of settled spins (minor units).
        won: of settled spins (minor units).
        money: what does not fit, in words; empty when all of it does.
    """

    spins: int
    statuses: dict[str, int]
    failed: int
    late: int
    not_begun: int
    not_recorded: int
    wanted_rate: float
    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    seconds: float
    players: int
    staked: int
    won: int
    money: list[str]

    @property
    def good(self) -> bool:
        """Whether no money is missing and no spin failed."""
        return not self.money and not self.failed


def make(order: Order, tally: Tally, seconds: float, not_begun: int, money: list[str]) -> Report:
    """
    Put the figures together.

    Args:
        order: what was asked for.
        tally: what was counted.
        seconds: how long spins were due.
        not_begun: spins that were due and never begun.
        money: what does not fit.
    """
    durations = tally.durations
    return Report(
        spins=tally.spins,
        statuses=dict(sorted(tally.statuses.items())),
        failed=tally.failed,
        late=tally.late,
        not_begun=not_begun,
        not_recorded=tally.not_recorded,
        wanted_rate=order.rate,
        rate=round(tally.spins / seconds, 1) if seconds else 0.0,
        p50_ms=round(durations.share_ms(0.5), 1),
        p99_ms=round(durations.share_ms(0.99), 1),
        max_ms=round(durations.longest_ms, 1),
        seconds=round(seconds, 1),
        players=order.players,
        staked=sum(account.stakes for account in tally.accounts.values()),
        won=sum(account.wins for account in tally.accounts.values()),
        money=money,
    )


def as_json(report: Report) -> str:
    """Give it as a JSON document."""
    return json.dumps({"good": report.good, **asdict(report)}, indent=2)


def as_table(report: Report) -> str:
    """Give it for reading."""
    statuses = ", ".join(f"{count} x {status}" for status, count in report.statuses.items()) or "none"
    money = f"every wallet of {report.players} holds what its player had, staked and won"
    if report.money:
        money = "NOT CHECKED" if all(UNCHECKED in said for said in report.money) else "DOES NOT FIT"
    rows = {
        "spins": f"{report.spins} in {report.seconds:g} s by {report.players} players",
        "answers": statuses,
        "rate": f"{report.rate:g} a second of {report.wanted_rate:g} wanted; {report.late} began late, "
        f"{report.not_begun} never",
        "took": f"p50 {report.p50_ms:g} ms, p99 {report.p99_ms:g} ms, longest {report.max_ms:g} ms, from when due",
        "recorded": "all at once" if not report.not_recorded else f"{report.not_recorded} later, or not",
        "money": f"staked {report.staked}, won {report.won}; {money}",
    }
    lines = [f"{name:<9} {said}" for name, said in rows.items()] + [f"          {said}" for said in report.money]
    if report.failed:
        lines.append(f"FAILED    {report.failed} spins were answered with a 5xx, or not at all")
    return "\n".join(lines)
