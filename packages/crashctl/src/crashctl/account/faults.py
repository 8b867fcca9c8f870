"""
Faults that were fired, and the events that are due for them by the catalogue. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crashctl.account.sheet import Book, Sheet


@dataclass(frozen=True)
class Fired:
    """
    What a service fired.

    Args:
        fired: that its guard let pass; none when that is not known.
        due: events for them, by the catalogue; none when that is not known.
        arrived: events with their tags.
        excused: events less, because firings were stopped, still run, or ran when their process died.
    """

    fired: int | None = None
    due: int | None = None
    arrived: int = 0
    excused: int = 0

    @property
    def lacking(self) -> int:
        """How many events are due, not excused, and did not arrive."""
        return max(0, (self.due or 0) - self.excused - self.arrived) if self.due is not None else 0

    @property
    def too_many(self) -> int:
        """How many events of faults arrived beyond those that were due."""
        return max(0, self.arrived - self.due) if self.due is not None else 0


def fired(sheet: Sheet, service: str, due: Mapping[str, int]) -> Fired:
    """
    Add up the firings of a service.

    Args:
        sheet: what the sink knows.
        service: its name.
        due: events for one firing, by the id of the case; empty where there is no catalogue.
    """
    books = [book for book in sheet.books if book.service == service]
    told = [book for book in books if book.told is not None and not book.is_gone(sheet.now)]
    arrived = sum(sum(book.fault_events.values()) for book in told)
    if not told or len(told) < len(books):
        return Fired(arrived=sum(sum(book.fault_events.values()) for book in books))
    cases = _own(told, service, "fired")
    if due and not cases and not any(case.startswith(f"{service}/") for case in due):
        return Fired(fired=0, due=0)  # what it tells with a fault's tags, as the coroner, is of somebody else's
    if not due or set(cases) - set(due):
        return Fired(fired=sum(cases.values()), arrived=arrived)
    not_whole: dict[str, int] = {}
    for kind in ("stopped", "cut_off", "open"):
        for case, n in _own(told, service, kind).items():
            not_whole[case] = not_whole.get(case, 0) + n
    return Fired(
        fired=sum(cases.values()),
        due=sum(n * due[case] for case, n in cases.items()),
        arrived=arrived,
        excused=sum(n * due.get(case, 0) for case, n in not_whole.items()),
    )


def _own(books: list[Book], service: str, kind: str) -> dict[str, int]:
    """Of the gateway's book, what it handed over to others is left out: they count it themselves."""
    total: dict[str, int] = {}
    for book in books:
        for case, n in (book.told.below(kind) if book.told else {}).items():
            if case.startswith(f"{service}/"):
                total[case] = total.get(case, 0) + n
    return total
