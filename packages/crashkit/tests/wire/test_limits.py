"""
For how long an answer wants to be left alone, as tests/contract/limits.json has it for both languages.
"""

import json
from pathlib import Path

import pytest
from crashkit.wire.limits import limits_of, longest

CONTRACT = json.loads((Path(__file__).parents[4] / "tests" / "contract" / "limits.json").read_text())


@pytest.mark.parametrize("row", CONTRACT["rows"], ids=lambda row: row["why"])
def test_limits_are_read_as_sentry_writes_them(row):
    """
    Several limits, several categories, none for all; nonsense is left out and a week is the longest.
    """
    found = limits_of(row["status"], row["rate_limits"], row["retry_after"], CONTRACT["now_s"])

    assert row["limits"] == found
    assert row["spool_s"] == longest(found, "error")
