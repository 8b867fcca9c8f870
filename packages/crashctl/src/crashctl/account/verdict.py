"""
Whether everything that was fired and captured is somewhere. Pure.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crashctl.account.faults import Fired, fired
from crashctl.account.sheet import Sheet
from crashctl.account.sums import Account, Sum, accounts, target_mismatches

EVENT = "event"
FAULTS = "faults"
SILENT = "told nothing, and nothing came"
NOTHING = Sum()


@dataclass(frozen=True)
class Verdict:
    """
    What came of a look.

    Args:
        sheet: that was looked at.
        accounts: of each service.
        fired: by service.
        problems: which sums do not close, by what they are of; none when all do.
        unknown: what cannot be said, and of which services.
        moving: whether figures still changed: then only what is certain all the same is held against them.
    """

    sheet: Sheet
    accounts: Sequence[Account]
    fired: Mapping[str, Fired]
    problems: Mapping[str, str]
    unknown: tuple[str, ...]
    moving: bool = False

    @property
    def closes(self) -> bool:
        """Whether no sum is known not to close."""
        return not self.problems

    @property
    def waiting(self) -> int:
        """How many items are still on their way to the sink."""
        return sum(one.waiting for account in self.accounts for one in account.sums.values())

    def line(self) -> str:
        """Say it in one line."""
        faults = [one for one in self.fired.values() if one.fired is not None]
        said = f"{sum(one.fired or 0 for one in faults)} faults fired"
        if all(one.due is not None for one in faults):
            said += f", {sum(one.due or 0 for one in faults)} events due for them"
        said += f"; {_told('events', self._total(events=True))}; {_told('other items', self._total(events=False))}"
        parts = [f"{'CLOSES' if self.closes else 'DOES NOT CLOSE'}: {said}"]
        if self.problems:
            parts.append("not closed: " + "; ".join(self.problems.values()))
        if self.moving:
            parts.append("figures still move")
        if self.unknown:
            parts.append("unknown: " + "; ".join(self.unknown))
        return ". ".join(parts)

    def _total(self, *, events: bool) -> Sum:
        total = NOTHING
        for account in self.accounts:
            for kind, one in account.sums.items():
                if (kind == EVENT) == events and one.captured_is_known:
                    total += one
        return total


def judge(sheet: Sheet, services: Sequence[str], due: Mapping[str, int], *, moving: bool = False) -> Verdict:
    """
    Hold everything against everything.

    Args:
        sheet: what the sink knows.
        services: those that there must be.
        due: events for one firing, by the id of the case.
        moving: whether figures still change.
    """
    found = accounts(sheet, services)
    faults = {account.service: fired(sheet, account.service, due) for account in found}
    problems = {
        f"{account.service} {kind}": f"{account.service} {kind}: {words}"
        for account in found
        for kind, one in account.sums.items()
        if (words := _problem(one, moving=moving))
    }
    for account in found if not moving else ():
        if words := _of_faults(account, faults[account.service]):
            problems[f"{account.service} {FAULTS}"] = words
    problems |= target_mismatches(sheet)
    return Verdict(sheet, found, faults, problems, tuple(_unknown(found)), moving)


def _unknown(found: Sequence[Account]) -> Iterator[str]:
    """Say each reason once, with the services that it holds for."""
    whys: dict[str, list[str]] = {}
    for account in found:
        for why in account.unknown if account.sums else (SILENT,):
            whys.setdefault(why, []).append(account.service)
    for why, services in whys.items():
        yield f"{', '.join(services)} ({why})"


def _problem(one: Sum, *, moving: bool) -> str:
    # What was captured a moment ago is not told yet, and received already.
    if not one.missing and (moving or not one.too_many):
        return ""
    had = f"{one.captured} captured, {one.received} received, {one.discarded.total()} discarded, {one.waiting} waiting"
    said = ", ".join([had, *_rest(one)])
    if one.missing:
        return f"{said}: {one.missing} are nowhere"
    return f"{said}: {one.too_many} were received and never captured"


def _of_faults(account: Account, faults: Fired) -> str:
    events = account.sums.get(EVENT, NOTHING)
    # What was captured and did not arrive is explained by the sum of events.
    explained = events.discarded.total() + max(0, events.waiting) + events.lost + events.missing
    said = f"{account.service}: {faults.due} events are due for {faults.fired} faults, {faults.arrived} arrived"
    if faults.lacking > explained:
        return f"{said}: {faults.lacking - explained} were never captured"
    return f"{said}: {faults.too_many} too many" if faults.too_many else ""


def _told(what: str, one: Sum) -> str:
    said = [f"{one.captured} {what} captured: {one.received} received", f"{one.discarded.total()} discarded"]
    if one.discarded:
        said[-1] += f" ({_reasons(one.discarded)})"
    said += [f"{one.waiting} waiting", *_rest(one)]
    return ", ".join(said) + (f"; {one.duplicates} came again and are counted once" if one.duplicates else "")


def _rest(one: Sum) -> list[str]:
    """What else the sum is made of, so that whoever reads it can add it up."""
    said = [f"{one.repeated} told before"] if one.repeated else []
    said += [f"{one.lost} lost with their process"] if one.lost else []
    return said + ([f"of these {one.arrived_all_the_same} arrived all the same"] if one.arrived_all_the_same else [])


def _reasons(discarded: Counter[str]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in sorted(discarded.items()))
