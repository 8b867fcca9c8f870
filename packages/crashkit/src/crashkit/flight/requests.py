"""
The requests that the record tells of: each knows its trace, its fault if it fires one, and its last breadcrumbs.
"""

import json
from collections import deque
from contextvars import ContextVar
from time import time
from typing import TYPE_CHECKING, Any

from crashkit.run import Run
from crashkit.scrubbing import scrub

if TYPE_CHECKING:
    from crashkit.flight.record import FlightRecord

MOST_BREADCRUMBS = 5
MOST_CHARACTERS = 120
# Scrubbed before it is cut, so that no half of a secret stays; what is far beyond the cut is not looked at.
MOST_SCRUBBED = 1000

_current: ContextVar["Opened | None"] = ContextVar("flight", default=None)


class Opened:
    """
    One request that is open, or a fault that still holds what it took.

    Args:
        record: that tells of it.
        trace: 32 hex digits.
        span: 16 hex digits.
        route: method and route, with no value of the caller's.
        since: when it was opened (unix seconds, as text with three decimals).
    """

    __slots__ = ("_crumb_text", "crumbs", "held_since", "record", "route", "run", "since", "span", "text", "trace")

    def __init__(self, record: "FlightRecord", trace: str, span: str, route: str, since: str) -> None:
        self.record = record
        self.trace = trace
        self.span = span
        self.route = route
        self.since = since
        self.run: Run | None = None
        self.held_since: float | None = None
        self.crumbs: deque[tuple[float, str, str]] | None = None
        self._crumb_text: list[str] = []
        # Made by hand, because every request pays for it; a route is ours and needs no escape.
        self.text = f'{{"trace":"{trace}","span":"{span}","route":"{route}","since":{since}}}'

    def enter(self) -> None:
        """Make it the request of the code that runs from here on."""
        _current.set(self)

    def tell_fault(self, run: Run, held_since: float | None = None) -> None:
        """
        Tell which fault it fires.

        Args:
            run: of the fault.
            held_since: when its answer went out, where it holds something since then (unix seconds).
        """
        self.run, self.held_since = run, held_since
        self.text = self.told(with_route=True)

    def told(self, *, with_route: bool) -> str:
        """Give it as JSON."""
        members: dict[str, object] = {"trace": self.trace, "span": self.span}
        if with_route:
            members["route"] = self.route
        members["since"] = float(self.since)
        if self.run is not None:
            case = self.run.case
            members |= {"scenario": case.scenario_name, "case": case.case_name, "run": self.run.tag}
        if self.held_since is not None:
            members["held_since"] = round(self.held_since, 3)
        return json.dumps(members, separators=(",", ":"))

    def add_breadcrumb(self, category: str, message: str) -> None:
        """Keep a breadcrumb; only the last five stay."""
        if self.crumbs is None:
            self.crumbs = deque(maxlen=MOST_BREADCRUMBS)
        self.crumbs.append((time(), category, message))
        self._crumb_text = []

    def breadcrumbs(self) -> list[str]:
        """Give the last breadcrumbs as JSON, the oldest first, with nothing in them that nobody may read."""
        if self.crumbs and not self._crumb_text:
            self._crumb_text = [_crumb(*crumb) for crumb in list(self.crumbs)]
        return self._crumb_text


def note_fault(run: Run) -> None:
    """
    Tell that the request of the running code fires a fault.

    Args:
        run: of the fault.
    """
    opened = _current.get()
    if opened is not None:
        opened.record.fault(opened, run)


def note_breadcrumb(crumb: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:  # Any: as the SDK types them
    """
    Keep a breadcrumb with the request of the running code; a fault's is told at once (the SDK calls this).
    """
    opened = _current.get()
    if opened is not None:
        opened.add_breadcrumb(str(crumb.get("category") or ""), str(crumb.get("message") or ""))
        if opened.run is not None:
            opened.record.write()
    return crumb


def _crumb(at: float, category: str, message: str) -> str:
    members = {
        "at": round(at, 3),
        "category": scrub(category[:MOST_SCRUBBED])[:MOST_CHARACTERS],
        "message": scrub(message[:MOST_SCRUBBED])[:MOST_CHARACTERS],
    }
    return json.dumps(members, separators=(",", ":"))
