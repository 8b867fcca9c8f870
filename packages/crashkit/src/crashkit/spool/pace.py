"""
What an answer means for a file, and how long to wait after one that was no success.
"""

import random
from dataclasses import dataclass
from typing import Literal

LONGEST_S = 60.0
TOO_LARGE = 413

Meaning = Literal["delivered", "kept", "too_large", "refused"]
# Of all 4xx, those that say that the same may be taken another time, and those that the address of envelopes never
# answers: while Sentry is away a proxy or whoever has its place may say them.
_TRY_AGAIN = frozenset({408, 429} | {404, 405, 407, 421, 425})


@dataclass(frozen=True)
class Answer:
    """
    What came back.

    Args:
        status: HTTP status; none where no answer came.
        retry_after_s: what the answer asks for (seconds).
    """

    status: int | None
    retry_after_s: float = 0.0

    @property
    def meaning(self) -> Meaning:
        """What becomes of the file."""
        return meaning_of(self.status)


def meaning_of(status: int | None) -> Meaning:
    """Say what an answer means for the file; none is no answer."""
    if status is None or status in _TRY_AGAIN:
        return "kept"
    if 200 <= status < 300:  # noqa: PLR2004 - the classes of HTTP
        return "delivered"
    if status == TOO_LARGE:
        return "too_large"
    return "refused" if 400 <= status < 500 else "kept"  # noqa: PLR2004


def bounds_s(failures: int) -> tuple[float, float]:
    """
    Give the shortest and the longest pause.

    Args:
        failures: in a row.
    """
    most_s = min(LONGEST_S, 2.0 ** min(failures, 10))
    return most_s / 2, most_s


def pause_s(failures: int) -> float:
    """
    Draw the pause after some failures in a row: by chance, so that a hundred processes do not come back at once.

    Args:
        failures: in a row.
    """
    return random.uniform(*bounds_s(failures))
