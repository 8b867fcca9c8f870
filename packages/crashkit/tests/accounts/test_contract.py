"""
The file of the book is one file for both languages: tests/contract/book.json.
"""

import base64
import json
from pathlib import Path

import pytest
from crashkit.accounts.slots import Slots

CONTRACT = json.loads((Path(__file__).parents[4] / "tests" / "contract" / "book.json").read_text())


def why(row):
    return row["why"]


@pytest.mark.parametrize("row", CONTRACT["written"] + CONTRACT["read"], ids=why)
def test_it_is_read(row, tmp_path):
    """
    A process goes on with what another has counted.
    """
    (tmp_path / "book").write_bytes(base64.b64decode(row["file_base64"]))

    slots = Slots(tmp_path / "book")

    assert (CONTRACT["id"], row["counts"]) == (slots.id, slots.all())


@pytest.mark.parametrize("row", CONTRACT["written"], ids=why)
def test_it_is_written(row, tmp_path):
    """
    Counting gives the bytes of the contract, but for the id.
    """
    slots = Slots(tmp_path / "book")
    for name, number in row["counts"].items():
        slots.add(name, number)

    written = (tmp_path / "book").read_bytes().replace(slots.id.encode(), CONTRACT["id"].encode())

    assert base64.b64decode(row["file_base64"]) == written


@pytest.mark.parametrize("row", CONTRACT["damaged"], ids=why)
def test_what_is_damaged_is_begun_anew(row, tmp_path):
    """
    Under an id of its own, with nothing counted.
    """
    (tmp_path / "book").write_bytes(base64.b64decode(row["file_base64"]))

    slots = Slots(tmp_path / "book")

    assert (True, {}) == (slots.id != CONTRACT["id"], slots.all())
