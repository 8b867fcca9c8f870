"""
Reads a flight record that a container left behind, also one that was cut or torn.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crashkit.flight.record import FORMAT

_TORN = re.compile(r'\{"trace":"(?P<trace>[0-9a-f]{32})","span":"(?P<span>[0-9a-f]{16})"[^{}]*\}')
_TRACE = re.compile(r"[0-9a-f]{32}")
_SPAN = re.compile(r"[0-9a-f]{16}")

Json = Mapping[str, Any]  # Any: of what a dying process left nothing is known


@dataclass(frozen=True)
class OpenRequest:
    """
    A request that was open, or a fault that still held something.

    Args:
        trace: 32 hex digits.
        span: 16 hex digits.
        route: method and route; empty where there was no room for it.
        since: when it was opened (unix seconds).
        scenario: of the fault that it fired, if it did.
        case: of that scenario.
        run: of that fault.
        held_since: when it was answered, if it held something since (unix seconds).
        until: when it was answered, of the last one only (unix seconds).
    """

    trace: str
    span: str
    route: str
    since: float
    scenario: str | None = None
    case: str | None = None
    run: str | None = None
    held_since: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class Flight:
    """
    What a record says.

    Args:
        told: the record as it was written; of a torn one, empty.
        open: the open requests, faults first, the newest first.
        last: what was answered last, where nothing was open.
    """

    told: Json
    open: tuple[OpenRequest, ...]
    last: OpenRequest | None

    def memory(self, name: str) -> float | None:
        """Give a figure of the memory; none where it is not told."""
        figures = self.told.get("memory")
        found = figures.get(name) if isinstance(figures, dict) else None
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    @property
    def ended(self) -> str | None:
        """How the process ended by itself: ``sigterm``, ``exit`` or ``exception``; none where it did not say."""
        ended = self.told.get("ended")
        how = ended.get("how") if isinstance(ended, dict) else None
        return how if isinstance(how, str) else None

    @property
    def breadcrumbs(self) -> list[Json]:
        """The last breadcrumbs, the oldest first."""
        found = self.told.get("breadcrumbs")
        return [crumb for crumb in found if isinstance(crumb, dict)] if isinstance(found, list) else []


def read_flight(message: str | None) -> Flight | None:
    """
    Read the termination message of a container.

    Args:
        message: as the pod's status has it.

    Returns:
        What it says; none where it is no flight record.
    """
    text = (message or "").strip(" \n\0")
    if f'"{FORMAT}"' not in text[:100]:
        return None
    try:
        told: Any = json.loads(text.split("\n")[0])
    except ValueError:
        return Flight({}, tuple(_salvaged(text)), None)
    if not isinstance(told, dict):
        return None
    entries = told.get("open")
    opened = [_request(entry) for entry in entries] if isinstance(entries, list) else []
    return Flight(told, tuple(one for one in opened if one), _request(told.get("last")))


def _salvaged(text: str) -> Iterator[OpenRequest]:
    """Find what is whole in a record whose writing was cut by the kill."""
    for found in _TORN.finditer(text):
        try:
            request = _request(json.loads(found[0]))
        except ValueError:
            request = OpenRequest(found["trace"], found["span"], "", 0)
        if request:
            yield request


def _request(entry: object) -> OpenRequest | None:
    if not isinstance(entry, dict):
        return None
    trace, span = entry.get("trace"), entry.get("span")
    if not (isinstance(trace, str) and _TRACE.fullmatch(trace) and isinstance(span, str) and _SPAN.fullmatch(span)):
        return None
    return OpenRequest(
        trace=trace,
        span=span,
        route=_text(entry.get("route")) or "",
        since=_number(entry.get("since")) or 0,
        scenario=_text(entry.get("scenario")),
        case=_text(entry.get("case")),
        run=_text(entry.get("run")),
        held_since=_number(entry.get("held_since")),
        until=_number(entry.get("until")),
    )


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
