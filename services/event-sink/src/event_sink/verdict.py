"""
What a target's answer means for a delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

from crashkit.wire.limits import limits_of, retry_after

TOO_LARGE: Final = "too_large"
# Answers that speak about this envelope, not about the target's state or configuration.
_FOR_GOOD: Final = {400: "malformed", 411: "malformed", 413: TOO_LARGE, 415: "malformed", 422: "malformed"}
# Answers that somebody can put right at the target: wrong key, unknown project, wrong address.
_MISCONFIGURED: Final = frozenset({401, 402, 403, 404, 405, 410})
_SUCCESS: Final = 2


@dataclass(frozen=True)
class Verdict:
    """
    Args:
        outcome: ``delivered``; ``refused`` for good; ``limited`` until its category is free again; ``misconfigured``,
            which holds up one project; ``away``, which holds up the target.
        reason: a word for counters.
        limits: category to seconds; the empty category means all.
        retry_after_s: how long the target asked to be left alone (s).
    """

    outcome: Literal["delivered", "refused", "limited", "misconfigured", "away"]
    reason: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    retry_after_s: float = 0.0


def judge(status: int, headers: Mapping[str, str]) -> Verdict:
    """
    Read an answer.

    Args:
        status: HTTP status.
        headers: of the answer, with any case of names that the mapping itself ignores.
    """
    wait = headers.get("Retry-After", "")
    limits = limits_of(status, headers.get("X-Sentry-Rate-Limits"), wait)
    if status // 100 == _SUCCESS:
        return Verdict("delivered", limits=limits)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict("limited", "http_429", limits)
    if status in _FOR_GOOD:
        return Verdict("refused", _FOR_GOOD[status], limits)
    if status in _MISCONFIGURED:
        return Verdict("misconfigured", f"http_{status}", limits)
    return Verdict("away", f"http_{status}", limits, min(retry_after(wait), 300.0))
