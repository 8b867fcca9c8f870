"""
For how long whoever answers wants to be left alone, in the two headers that say so.

Both languages are held to it by ``tests/contract/limits.json``.
"""

import contextlib
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

ALL_CATEGORIES: Final = ""
# The longest time that a header can make us wait (s).
LONGEST_S: Final = 7 * 24 * 3600.0
# Where a 429 does not say for how long.
DEFAULT_S: Final = 60.0


def limits_of(status: int, limits: str | None, retry: str | None, now_s: float | None = None) -> dict[str, float]:
    """
    Read what an answer limits.

    Args:
        status: of the answer.
        limits: its header ``X-Sentry-Rate-Limits``, which counts with every status.
        retry: its header ``Retry-After``, which counts with a 429 that has no readable limits.
        now_s: the present time (seconds since 1970).

    Returns:
        Category to seconds; the empty category stands for all.
    """
    found = rate_limits(limits or "")
    if found or status != HTTPStatus.TOO_MANY_REQUESTS:
        return found
    return {ALL_CATEGORIES: retry_after(retry or "", now_s) or DEFAULT_S}


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


def retry_after(header: str, now_s: float | None = None) -> float:
    """
    Read ``Retry-After``, as seconds or as a date; 0 where there is none.

    Args:
        header: the value.
        now_s: the present time (seconds since 1970).
    """
    if seconds := _seconds(header):
        return seconds
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        until_s = parsedate_to_datetime(header).timestamp()
        return min(max(0.0, until_s - (time.time() if now_s is None else now_s)), LONGEST_S)
    return 0.0


def longest(limits: Mapping[str, float], category: str) -> float:
    """Say for how long a category is limited (seconds); 0 where it is not."""
    return max(limits.get(category, 0.0), limits.get(ALL_CATEGORIES, 0.0))


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*", text):
        return 0.0
    return min(float(text), LONGEST_S)
