"""
Whether the death that a case is for was reported: once, of the right cause, on the trace that caused it. Pure.
"""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from crashkit.catalogue import PodEnd

from crashctl.drill.cases import DrillCase
from crashctl.drill.events import Event, Item

CORONER = "coroner"
CAUSES = {
    PodEnd.OOM: "oom-kill",
    PodEnd.HEAP_ABORT: "heap-abort",
    PodEnd.EXIT: "exit",
    PodEnd.LIVENESS: "liveness-kill",
}


def is_report(item: Item) -> TypeGuard[Event]:
    """Whether an item is the coroner's word on a death."""
    return isinstance(item, Event) and item.service == CORONER


def report_mismatches(case: DrillCase, items: Sequence[Item], *, ends_pod: bool) -> Iterator[str]:
    """
    Say what is wrong with the reports that are there; whether one is missing yet is not asked here.

    Args:
        case: what was fired.
        items: everything on the trace of the firing.
        ends_pod: whether a container must have ended by it.

    Yields:
        One sentence each.
    """
    reports = [item for item in items if is_report(item)]
    if not ends_pod:
        yield from (f"unexpected: {report.title} of {CORONER} ({report.event_id})" for report in reports)
        return
    if len(reports) > 1:
        yield f"the death was reported {len(reports)} times, expected once"
    for report in reports:
        wanted = {"workload": case.service, "cause": CAUSES[case.expect.pod.ends], "scenario": case.scenario}
        for name, value in wanted.items():
            if report.tags.get(name) != value:
                yield f"the reported death's {name} is {report.tags.get(name)}, expected {value}"
        if report.level != "fatal":
            yield f"the reported death is of level {report.level}, expected fatal"
