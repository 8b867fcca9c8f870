"""
The trace that a drill begins, as any caller with an SDK of its own would.
"""

import secrets
from dataclasses import dataclass

FOREIGN_MEMBER = "drill=crashctl"


@dataclass(frozen=True)
class Trace:
    """
    One trace.

    Args:
        id: 32 hex digits.
        span_id: 16 hex digits, the caller's.
    """

    id: str
    span_id: str

    @property
    def headers(self) -> dict[str, str]:
        """What carries it: sampled, with a member of ``baggage`` that is not Sentry's."""
        members = (f"sentry-trace_id={self.id}", "sentry-sampled=true", "sentry-sample_rand=0.000001", FOREIGN_MEMBER)
        return {"sentry-trace": f"{self.id}-{self.span_id}-1", "baggage": ",".join(members)}


def new_trace() -> Trace:
    """Begin one."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))


def new_run() -> str:
    """Make the tag of one firing of one case."""
    return f"drill-{secrets.token_hex(5)}"
