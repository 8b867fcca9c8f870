"""
The event: on the trace of whoever most likely takes the memory, and on disk when the call returns.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sentry_sdk

from crashkit.flight import FlightRecord, Opened
from crashkit.memory.usage import Reading

if TYPE_CHECKING:
    from sentry_sdk.types import Event

# Constant, as every message; the sink, the drill and the page know the event by it.
MESSAGE = "Memory is near the limit of the container"


def warn(
    flight: FlightRecord, reading: Reading, *, slope_mib_s: float, peak_mib: float | None, grown: Mapping[str, object]
) -> None:
    """
    Send the warning.

    Args:
        flight: knows the open requests.
        reading: that was near the limit.
        slope_mib_s: of the last second (MiB/s).
        peak_mib: the most that was ever counted (MiB); none where nobody keeps it.
        grown: as :func:`crashkit.memory.grown.what_grew` says it.
    """
    memory: dict[str, object] = {
        "used_mib": round(reading.used_mib, 1),
        "limit_mib": round(reading.limit_mib, 1),
        "slope_mib_s": round(slope_mib_s, 2),
        **({} if peak_mib is None else {"peak_mib": round(peak_mib, 1)}),
        **grown,
    }
    event: Event = {"message": MESSAGE, "level": "warning", "contexts": {"memory": memory}}
    blamed = flight.blamed()
    if blamed is not None:
        _blame(event, blamed)
    with sentry_sdk.isolation_scope() as scope:
        # What else this thread has on its scope is of the moment it was started in.
        scope.clear()
        sentry_sdk.get_current_scope().clear()
        sentry_sdk.capture_event(event)


def _blame(event: "Event", blamed: Opened) -> None:
    event["contexts"]["trace"] = {"trace_id": blamed.trace, "span_id": blamed.span}
    event["transaction"] = blamed.route
    event["transaction_info"] = {"source": "route"}
    if blamed.run is not None:
        case = blamed.run.case
        tags = {"scenario": case.scenario_name, "case": case.case_name, "run": blamed.run.tag}
        event["tags"] = {name: value for name, value in tags.items() if value is not None}
    if blamed.crumbs:
        crumbs = list(blamed.crumbs)
        event["breadcrumbs"] = {
            "values": [{"timestamp": at, "category": category, "message": message} for at, category, message in crumbs]
        }
