"""
Steps are numbered, timed, and say whether they were built or cached.
"""

import io
import re

import pytest
from crashctl.cluster.progress import Progress


def test_a_step_says_what_how_and_how_long():
    """
    One line a step, with its number, its outcome and its time, and the same kept for the record.
    """
    out = io.StringIO()
    progress = Progress(2, out)

    with progress.step("tools") as step:
        step.cached()
    with progress.step("images") as step:
        step.built("gateway")

    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r"\[ 1/2\] tools … cached \(\d\.\d s\)", first)
    assert re.fullmatch(r"\[ 2/2\] images … built: gateway \(\d\.\d s\)", second)
    assert {"tools": "cached", "images": "built: gateway"} == progress.outcomes
    assert {"tools", "images"} == set(progress.seconds)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_step_that_fails_says_so(error):
    """
    The step that broke or was interrupted is named, and does not count as done.
    """
    out = io.StringIO()
    progress = Progress(1, out)

    with pytest.raises(error), progress.step("tools"):
        raise error

    assert "[ 1/1] tools … failed after" in out.getvalue()
    assert {} == progress.seconds
