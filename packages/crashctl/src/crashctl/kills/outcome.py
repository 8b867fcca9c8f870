"""
What came of the kills, in figures and in words. Pure.
"""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crashctl.drill.cases import DrillCase
from crashctl.drill.contract import Firing

WITHIN_S = 3.0
MOST_MIB = 60.0


@dataclass(frozen=True)
class Kill:
    """
    One kill.

    Args:
        case: that was fired.
        firings: its calls, the last of which passed the limit.
        wrongs: what is not as promised, one sentence each.
        delay_s: from the kubelet's status to the coroner's report (seconds); none where one of both was not seen.
        on_new_pod: whether its pod was made for it, because the one before had died twice.
    """

    case: DrillCase
    firings: tuple[Firing, ...]
    wrongs: tuple[str, ...] = ()
    delay_s: float | None = None
    on_new_pod: bool = False

    @property
    def where(self) -> str:
        """Where to look for it."""
        traces = ", ".join(firing.trace_id for firing in self.firings)
        return f"{self.case.id}, run {self.firings[0].run}, trace {traces}" if self.firings else self.case.id


@dataclass(frozen=True)
class Outcome:
    """
    What came of all kills.

    Args:
        wanted: how many, by service.
        kills: that were tried.
        reports: what the coroner told meanwhile of these services, by cause.
        resident_mib: of the coroner at the end; none where it does not say.
        account: the sums, in one line.
        unbalanced: sums that do not close.
        took_s: how long it took (seconds).
    """

    wanted: Mapping[str, int]
    kills: Sequence[Kill]
    reports: Counter[str] = field(default_factory=Counter)
    resident_mib: float | None = None
    account: str = ""
    unbalanced: tuple[str, ...] = ()
    took_s: float = 0.0

    @property
    def told(self) -> Counter[str]:
        """How many are told as they should be, by service."""
        return Counter(kill.case.service for kill in self.kills if not kill.wrongs)

    @property
    def delays_s(self) -> list[float]:
        """From the kubelet's status to the report, in order (seconds)."""
        return sorted(kill.delay_s for kill in self.kills if kill.delay_s is not None)

    @property
    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        said = [f"{wrong} ({kill.where})" for kill in self.kills for wrong in kill.wrongs]
        fired = sum(bool(kill.firings) for kill in self.kills)
        if (told := self.reports["oom-kill"]) != fired:
            said.append(f"the coroner told {told} OOM kills of these services, and there were {fired}")
        return said + list(self.unbalanced)

    @property
    def good(self) -> bool:
        """Whether every kill that was wanted is one event on its trace, and all sums close."""
        return self.told == Counter(self.wanted) and not self.problems

    def lines(self) -> list[str]:
        """Say it in some lines, the first of which says all."""
        each = ", ".join(f"{service} {self.told[service]}/{wanted}" for service, wanted in self.wanted.items())
        said = [
            f"OOM kills {self.told.total()}/{sum(self.wanted.values())} ({each}): one fatal event each, on its trace"
        ]
        delays = self.delays_s
        if delays:
            said.append(
                f"from the kubelet's status to the report: median {statistics.median(delays):.2f} s,"
                f" p99 {share(delays, 0.99):.2f} s, slowest {delays[-1]:.2f} s ({len(delays)} seen)"
            )
        replaced = sum(kill.on_new_pod for kill in self.kills)
        said.append(f"pods replaced in between, because a kubelet puts off a third start: {replaced}")
        resident = "unknown" if self.resident_mib is None else f"{self.resident_mib:.0f} MiB"
        said.append(f"coroner's resident memory at the end: {resident}")
        besides = {cause: count for cause, count in sorted(self.reports.items()) if cause != "oom-kill"}
        if besides:
            said.append("also told: " + ", ".join(f"{count} {cause}" for cause, count in besides.items()))
        return [
            *said,
            f"accounts: {self.account}",
            f"{'GREEN' if self.good else 'NOT GREEN'} after {self.took_s:.0f} s",
        ]

    def document(self) -> dict[str, Any]:  # Any: JSON
        """Give it as JSON has it."""
        delays = self.delays_s
        return {
            "good": self.good,
            "wanted": dict(self.wanted),
            "told": dict(self.told),
            "delay_s": {"median": statistics.median(delays), "p99": share(delays, 0.99), "slowest": delays[-1]}
            if delays
            else None,
            "seen": len(delays),
            "pods_replaced": sum(kill.on_new_pod for kill in self.kills),
            "coroner_mib": self.resident_mib,
            "reports": dict(self.reports),
            "problems": self.problems,
            "account": self.account,
            "took_s": self.took_s,
            "kills": [
                {
                    "case": kill.case.id,
                    "run": kill.firings[0].run if kill.firings else None,
                    "traces": [firing.trace_id for firing in kill.firings],
                    "delay_s": kill.delay_s,
                    "wrongs": list(kill.wrongs),
                }
                for kill in self.kills
            ],
        }


def share(ordered: Sequence[float], part: float) -> float:
    """
    Give the smallest value that a share of all values does not exceed.

    Args:
        ordered: at least one, the smallest first.
        part: above 0, at most 1.
    """
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)]


def divided(times: int, services: Sequence[str]) -> dict[str, int]:
    """
    Divide kills among services as evenly as it goes.

    Args:
        times: how many.
        services: the first get what is left over.
    """
    each, more = divmod(times, len(services))
    return {service: each + (number < more) for number, service in enumerate(services)}
