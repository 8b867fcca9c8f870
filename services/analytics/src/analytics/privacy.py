"""
What of a request must not reach Sentry: the values that a caller sent.

The frames of the product, of the framework and of the driver have them in their local variables. Those of a scenario
have only what the scenario made up, and are what on-call practice looks at.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

OPEN = "analytics.scenarios."


def without_values(event: "Event", _hint: "Hint") -> "Event":
    """Take the local variables out of every frame that is no scenario's."""
    for exception in event.get("exception", {}).get("values", []):
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            if not str(frame.get("module")).startswith(OPEN):
                frame.pop("vars", None)
    return event
