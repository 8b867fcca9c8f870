"""
What arrived on a trace against what the catalogue promises. Pure: no network, no clock.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crashkit.catalogue import ExpectedEvent

from crashctl.drill.cases import DrillCase
from crashctl.drill.deaths import is_report, report_mismatches
from crashctl.drill.events import Event, Item, Transaction
from crashctl.drill.nearing import count_mismatch, is_warning, warning_mismatches, warnings_due

GATEWAY = "gateway"
# How the gateway tags its event about a service that broke off; see gateway.failures.
CONSEQUENCE = "upstream-"
EMAIL_DOMAIN = "@example.com"


@dataclass(frozen=True)
class Firing:
    """
    One firing of a case.

    Args:
        case: with its contract.
        trace_id: its own, 32 hex digits.
        run: tag of all firings of the case in one drill.
        call: which of them it is, counted from 1.
    """

    case: DrillCase
    trace_id: str
    run: str
    call: int = 1

    @property
    def ends_pod(self) -> bool:
        """Whether a container must end by it."""
        return self.case.ends_pod and self.call == self.case.calls


@dataclass(frozen=True)
class Comparison:
    """
    What came of a firing.

    Args:
        captured: events that were due and are there.
        lost: events that were due and are not.
        duplicated: events beyond those that were due, of a kind that was.
        mismatches: everything that is not as promised, in words; empty when all is.
        warned: warnings that memory is near its limit; they are counted over all calls (:func:`in_all`).
        others: events of its service that nobody handled and nobody promised.
    """

    captured: int
    lost: int
    duplicated: int
    mismatches: tuple[str, ...]
    warned: int = 0
    others: int = 0


def mismatches(firing: Firing, items: Sequence[Item], strays: Sequence[Event] = ()) -> list[str]:
    """
    Say what is not as promised.

    Args:
        firing: what was fired.
        items: everything on its trace.
        strays: events with its run's tag on traces that are nobody's.

    Returns:
        One sentence each; empty when the contract is kept.
    """
    return list(compare(firing, items, strays).mismatches)


def compare(firing: Firing, items: Sequence[Item], strays: Sequence[Event] = ()) -> Comparison:
    """
    Hold what arrived against the contract.

    Args:
        firing: what was fired.
        items: everything on its trace.
        strays: events with its run's tag on traces that are nobody's.
    """
    expect = firing.case.expect
    slots = [event for event in expect.events for _ in range(event.count)]
    events = [item for item in items if isinstance(item, Event) and not _is_beside(firing, item)]
    pairs = _pair(firing, slots, events)
    said = [
        f"{_name(slots[slot])}: {wrong}"
        for slot, index in pairs
        for wrong in wrongs(firing, slots[slot], events[index])
    ]
    lost = [slots[slot] for slot in range(len(slots)) if slot not in {slot for slot, _ in pairs}]
    said += [
        f"{count} of {_due(expect.events, wanted)} {_name(wanted)} did not arrive" for wanted, count in _tally(lost)
    ]
    duplicated = others = 0
    for index, event in enumerate(events):
        if index not in {index for _, index in pairs}:
            same = any(_same(wanted, event) for wanted in expect.events)
            duplicated += same
            others += not same and event.service == firing.case.service and event.handled is False
            said.append(
                f"{'one too many' if same else 'unexpected'}: {event.title} of {event.service} ({event.event_id})"
            )
    said += [
        f"{event.title} of this run is on trace {event.trace_id or '(none)'}, not on the caller's" for event in strays
    ]
    said += _lacking_items(firing, items)
    said += report_mismatches(firing.case, items, ends_pod=firing.ends_pod)
    said += warning_mismatches(firing.case, firing.run, firing.trace_id, items)
    warned = sum(is_warning(item, firing.case) for item in items)
    return Comparison(len(pairs), len(lost), duplicated, tuple(said), warned, others)


def in_all(case: DrillCase, calls: Sequence[Comparison]) -> Comparison:
    """
    Add up what came of all calls of a case.

    Args:
        case: what was fired.
        calls: what came of each.
    """
    warned = sum(found.warned for found in calls)
    due = warnings_due(case, len(calls))
    wrong = count_mismatch(case, len(calls), warned)
    said = [sentence for found in calls for sentence in found.mismatches]
    return Comparison(
        captured=sum(found.captured for found in calls) + min(due, warned),
        lost=sum(found.lost for found in calls) + max(0, due - warned),
        duplicated=sum(found.duplicated for found in calls) + (warned - 1 if wrong and warned else 0),
        mismatches=(*said, *((wrong,) if wrong else ())),
        warned=warned,
    )


def wrongs(firing: Firing, wanted: ExpectedEvent, event: Event) -> list[str]:
    """
    Say what is wrong with one event that was due.

    Args:
        firing: what was fired.
        wanted: the event as promised.
        event: the event as it arrived.
    """
    said = []
    if wanted.type != event.exception:
        said.append(f"exception is {event.exception}, expected {wanted.type}")
    if wanted.message is not None and wanted.message != event.message:
        said.append(f"message is {event.message!r}, expected {wanted.message!r}")
    if wanted.level != event.level:
        said.append(f"level is {event.level}, expected {wanted.level}")
    if wanted.handled is not None and wanted.handled != event.handled:
        said.append(f"handled is {event.handled}, expected {wanted.handled}")
    if firing.trace_id != event.trace_id:
        said.append(f"trace is {event.trace_id or '(none)'}, expected {firing.trace_id}")
    for name, value in _tags(firing, wanted).items():
        if event.tags.get(name) != value:
            said.append(f"tag {name} is {event.tags.get(name)}, expected {value}")
    if missing := Counter(wanted.holds) - Counter(event.holds):
        said.append(
            f"it does not hold {', '.join(sorted(missing.elements()))}; it holds {', '.join(event.holds) or 'nothing'}"
        )
    if lacking := sorted(set(wanted.contexts) - event.contexts):
        said.append(f"it has no context {', '.join(lacking)}")
    return said + list(_surroundings(event))


def _surroundings(event: Event) -> Iterator[str]:
    if not event.user.get("id"):
        yield "it names no user"
    if not str(event.user.get("email", "")).endswith(EMAIL_DOMAIN):
        yield f"the user's email is {event.user.get('email')}, expected one of {EMAIL_DOMAIN}"
    if not event.breadcrumbs:
        yield "it has no breadcrumbs"
    if not event.release:
        yield "it names no release"
    if not event.environment:
        yield "it names no environment"


def _tags(firing: Firing, wanted: ExpectedEvent) -> dict[str, str]:
    case = firing.case
    tags = {"service": case.service, "scenario": case.scenario, "run": firing.run, **wanted.tags}
    return {**tags, "case": case.case} if case.case else tags


def _pair(firing: Firing, slots: Sequence[ExpectedEvent], events: Sequence[Event]) -> list[tuple[int, int]]:
    """Give each promised event the one that fits it best, so that a wrong flag is a wrong flag and not a loss."""
    fits = sorted(
        (len(wrongs(firing, wanted, event)), slot, index)
        for slot, wanted in enumerate(slots)
        for index, event in enumerate(events)
        if _same(wanted, event)
    )
    taken_slots: set[int] = set()
    taken_events: set[int] = set()
    pairs = []
    for _, slot, index in fits:
        if slot not in taken_slots and index not in taken_events:
            taken_slots.add(slot)
            taken_events.add(index)
            pairs.append((slot, index))
    return sorted(pairs)


def _same(wanted: ExpectedEvent, event: Event) -> bool:
    """Whether they mean the same mistake: its type, and its words where those are all there is."""
    if wanted.type is not None:
        return wanted.type == event.exception
    return event.exception is None and wanted.message == event.message


def _is_beside(firing: Firing, event: Event) -> bool:
    """Whether it is held against something else than the events that are due."""
    return is_report(event) or is_warning(event, firing.case) or _is_consequence(firing, event)


def _is_consequence(firing: Firing, event: Event) -> bool:
    by_gateway = event.service == GATEWAY and firing.case.service != GATEWAY
    return firing.ends_pod and by_gateway and event.tags.get("kind", "").startswith(CONSEQUENCE)


def _lacking_items(firing: Firing, items: Sequence[Item]) -> Iterator[str]:
    service = firing.case.service
    found = Counter(item.type for item in items if item.service == service)
    for kind, count in firing.case.expect.items.items():
        if found[kind] < count:
            yield f"{found[kind]} {kind} of {service} on the trace, expected at least {count}"
    ops = {op for item in items if isinstance(item, Transaction) for op in item.ops}
    for wanted in firing.case.expect.spans:
        if not any(op == wanted or op.startswith(f"{wanted}.") for op in ops):
            yield f"no span {wanted} on the trace; its spans are {', '.join(sorted(ops)) or 'none'}"
    if not any(item.type == "transaction" and item.service == GATEWAY for item in items):
        yield f"no transaction of the {GATEWAY} on the trace"


def _name(wanted: ExpectedEvent) -> str:
    return wanted.type or f"message {wanted.message!r}"


def _due(events: Sequence[ExpectedEvent], wanted: ExpectedEvent) -> int:
    return sum(event.count for event in events if event == wanted)


def _tally(lost: Sequence[ExpectedEvent]) -> list[tuple[ExpectedEvent, int]]:
    distinct: list[ExpectedEvent] = []
    for wanted in lost:
        if wanted not in distinct:
            distinct.append(wanted)
    return [(wanted, lost.count(wanted)) for wanted in distinct]
