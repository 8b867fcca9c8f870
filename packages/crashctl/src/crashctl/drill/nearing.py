"""
Whether the warning that memory is near its limit came as often as a case brings it: over all its calls together,
because which of them is the one depends on the machine. Pure.
"""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from crashkit.catalogue import MemoryWarning
from crashkit.memory import MESSAGE

from crashctl.drill.cases import DrillCase
from crashctl.drill.events import Event, Item

WARNING = "warning"
CONTEXTS = frozenset({"memory", "runtime"})


def is_warning(item: Item, case: DrillCase) -> TypeGuard[Event]:
    """Whether an item is the word of a case's service that its memory is near the limit."""
    return isinstance(item, Event) and (case.service, None, MESSAGE) == (item.service, item.exception, item.message)


def warning_mismatches(case: DrillCase, run: str, trace_id: str, items: Sequence[Item]) -> Iterator[str]:
    """
    Say what is wrong with the warnings of one call; whether one is missing or too many is not asked here.

    Args:
        case: what was fired.
        run: tag of all its firings.
        trace_id: of the firing.
        items: everything on that trace.

    Yields:
        One sentence each.
    """
    for event in [item for item in items if is_warning(item, case)]:
        if case.expect.memory_warning is MemoryWarning.NEVER:
            yield f"unexpected: {event.title} of {event.service} ({event.event_id})"
            continue
        if event.level != WARNING:
            yield f"the warning that memory is near its limit is of level {event.level}"
        wanted = {"scenario": case.scenario, "run": run} | ({"case": case.case} if case.case else {})
        for name, value in wanted.items():
            if event.tags.get(name) != value:
                yield f"the warning that memory is near its limit has the {name} {event.tags.get(name)}, not {value}"
        if event.trace_id != trace_id:
            yield f"the warning that memory is near its limit is on trace {event.trace_id}, not on {trace_id}"
        if lacking := sorted(CONTEXTS - event.contexts):
            yield f"the warning that memory is near its limit has no context {', '.join(lacking)}"


def warnings_due(case: DrillCase, calls: int) -> int:
    """
    Give how many warnings must come.

    Args:
        case: what was fired.
        calls: how often; what broke off earlier owes none.
    """
    return int(case.expect.memory_warning is MemoryWarning.ONCE and calls >= case.calls)


def count_mismatch(case: DrillCase, calls: int, warned: int) -> str | None:
    """
    Say whether the warning came as often as it must.

    Args:
        case: what was fired.
        calls: how often.
        warned: warnings of all of them.
    """
    if case.expect.memory_warning is MemoryWarning.NEVER:
        return None
    if warned < warnings_due(case, calls):
        return "the warning that memory is near its limit did not arrive"
    return f"the warning that memory is near its limit came {warned} times" if warned > 1 else None
