"""
What a target's answer means for a delivery.
"""

import contextlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, Literal

# The longest time a target can make us wait with one header (s).
_LONGEST_LIMIT_S: Final = 7 * 24 * 3600.0
_DEFAULT_RETRY_S: Final = 60.0
# Answers that speak about this envelope, not about the target's state or configuration.
_FOR_GOOD: Final = {400: "malformed", 411: "malformed", 413: "too_large", 415: "malformed", 422: "malformed"}
# Answers that somebody can put right at the target: wrong key, unknown project, wrong address.
_MISCONFIGURED: Final = frozenset({401, 402, 403, 404, 405, 410})
_SUCCESS: Final = 2
ALL_CATEGORIES: Final = ""


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
    limits = rate_limits(headers.get("X-Sentry-Rate-Limits", ""))
    wait_s = retry_after(headers.get("Retry-After", ""))
    if status // 100 == _SUCCESS:
        return Verdict("delivered", limits=limits)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict("limited", "http_429", limits or {ALL_CATEGORIES: wait_s or _DEFAULT_RETRY_S})
    if status in _FOR_GOOD:
        return Verdict("refused", _FOR_GOOD[status], limits)
    if status in _MISCONFIGURED:
        return Verdict("misconfigured", f"http_{status}", limits)
    return Verdict("away", f"http_{status}", limits, min(wait_s, 300.0))


def rate_limits(header: str) -> dict[str, float]:
    """
    Read ``X-Sentry-Rate-Limits``: ``<seconds>:<category>;<category>:<scope>:…, …``. What cannot be read is left out.

    Returns:
        Category to seconds; the empty category stands for all.
    """
    found: dict[str, float] = {}
    for limit in header.split(","):
        parts = limit.strip().split(":")
        seconds = _seconds(parts[0])
        if seconds <= 0:
            continue
        for name in parts[1].split(";") if len(parts) > 1 else [ALL_CATEGORIES]:
            found[name.strip()] = max(seconds, found.get(name.strip(), 0.0))
    return found


def retry_after(header: str) -> float:
    """
    Read ``Retry-After``, as seconds or as a date; 0 where there is none.
    """
    if seconds := _seconds(header):
        return seconds
    with contextlib.suppress(ValueError, TypeError):
        return min(max(0.0, parsedate_to_datetime(header).timestamp() - time.time()), _LONGEST_LIMIT_S)
    return 0.0


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\s*\d{1,12}(\.\d{1,6})?\s*", text):
        return 0.0
    return min(float(text), _LONGEST_LIMIT_S)
