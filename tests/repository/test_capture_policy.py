"""
docs/capture-policy.md is true as far as it names tests: each of them is there, and each rule has one in each runtime.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "capture-policy.md").read_text(encoding="utf-8")
FOLDERS = ("services/game-engine/tests", "gateway/tests", "services/analytics/tests", "services/payment/test")
SHARED = ("crashkit/", "packages/crashkit/tests/")
# What a cell may say in place of a test: why the rule has nothing to hold there.
NOTHING_TO_HOLD = {"calls nobody", "asks no database", "sends no variables of frames"}


def rules():
    """Give number and cells of each rule."""
    return re.findall(r"^\| (\d+)\. [^|]+\|(.+)\|$", PAGE, re.MULTILINE)


def named():
    """Give the tests that are named: file in the checkout, and name or words."""
    for number, cells in rules():
        for folder, cell in zip(FOLDERS, cells.split("|"), strict=True):
            for place, name in re.findall(r"`([^`:]+)::([^`]+)`", cell):
                if place.startswith("/"):
                    file = place[1:]
                elif place.startswith(SHARED[0]):
                    file = SHARED[1] + place.removeprefix(SHARED[0])
                else:
                    file = f"{folder}/{place}"
                yield pytest.param(file, name, id=f"{number}-{folder}-{name[:50]}")


@pytest.mark.parametrize(("file", "name"), list(named()))
def test_a_named_test_is_there(file, name):
    """
    The file exists, and has a test of that name, or in JavaScript one whose title has these words.
    """
    text = (ROOT / file).read_text(encoding="utf-8")

    if file.endswith(".py"):
        assert re.search(rf"^ *(async )?def {re.escape(name)}\(", text, re.MULTILINE)
    else:
        titles = [title.replace("\\'", "'") for _, title in re.findall(r"\btest\((['`])(.*?)(?<!\\)\1", text)]
        assert any(name in title for title in titles), titles


def test_each_rule_is_proven_in_each_runtime():
    """
    Every cell names a test, or says why there is nothing to hold.
    """
    found = rules()

    assert [str(number) for number in range(1, len(found) + 1)] == [number for number, _ in found]
    for number, cells in found:
        for folder, cell in zip(FOLDERS, cells.split("|"), strict=True):
            assert "::" in cell or cell.strip() in NOTHING_TO_HOLD, f"rule {number} says nothing for {folder}"
