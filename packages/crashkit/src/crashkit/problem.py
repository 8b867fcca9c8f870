"""
Refusals and failures as ``application/problem+json`` (RFC 9457).
"""

from dataclasses import dataclass, field
from http import HTTPStatus

MEDIA_TYPE = "application/problem+json"
# Renamed by RFC 9110; Python before 3.13 still has the names of RFC 7231.
RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


@dataclass(eq=False)  # not frozen: a context manager that it passes through sets its traceback
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """
    An answer that is not what was asked for, with the reason and the fix.

    Args:
        status: HTTP status.
        code: short name of the kind, kebab-case; becomes the ``type`` member.
        detail: one sentence: the thing, what was found, the fix.
        headers: headers that the answer carries (``Allow``, ``Retry-After``, ``WWW-Authenticate``).
    """

    status: int
    code: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, trace_id: str | None = None) -> dict[str, object]:
        """
        Give the members of the JSON document.

        Args:
            trace_id: 32 hex digits of the trace, where there is one.
        """
        members: dict[str, object] = {
            "type": f"urn:crash-demo:problem:{self.code}",
            "title": RENAMED.get(self.status, HTTPStatus(self.status).phrase),
            "status": self.status,
            "detail": self.detail,
        }
        if trace_id:
            members["trace_id"] = trace_id
        return members
