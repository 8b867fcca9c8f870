"""
The faults of the gateway itself. One function a scenario; what only routes or answers belongs elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping

from crashkit.run import Run

from gateway.scenarios import crash

Report = dict[str, object]
Handler = Callable[[Run], Awaitable[Report]]

HANDLERS: Mapping[str, Handler] = {
    "crash": crash.route_by_shard,
}
