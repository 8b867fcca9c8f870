"""
The one way to wait: for a condition, with a deadline, saying what is awaited.
"""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

STEP_S = 0.05


class TooLateError(AssertionError):
    """What was awaited did not come in time; an assertion, so that a test fails on it rather than breaks."""


def wait_for(condition: Callable[[], Found], within_s: float, what: str, step_s: float = STEP_S) -> Found:
    """
    Ask again and again until the answer is a yes.

    Args:
        condition: gives what is awaited, or something false.
        within_s: how long to wait at the most (seconds); it is asked once in any case.
        what: what is awaited, for the message.
        step_s: pause between two questions (seconds).

    Returns:
        What the condition gave.

    Raises:
        TooLateError: it gave nothing in time.
    """
    deadline = time.monotonic() + within_s
    while True:
        if found := condition():
            return found
        if time.monotonic() >= deadline:
            raise TooLateError(f"waited {within_s:g} s for {what}; it did not come")
        time.sleep(step_s)
