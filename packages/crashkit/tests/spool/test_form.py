"""
The spool's files, as tests/contract/spool.json has them for both languages.
"""

import base64
import json
from contextlib import suppress
from pathlib import Path

import pytest
from crashkit.spool.counts import Counts
from crashkit.spool.folder import BAD, BAD_MOST_FILES, Folder
from crashkit.spool.form import (
    FIRST_LINE_MOST_BYTES,
    FORMAT,
    LATE_AFTER_S,
    VERSION,
    BadFileError,
    Name,
    as_sent,
    body_of,
    first_line,
    kind_of,
    parse_name,
)
from crashkit.spool.pace import bounds_s, meaning_of, pause_s
from crashkit.spool.store import Store

CONTRACT = json.loads((Path(__file__).parents[4] / "tests" / "contract" / "spool.json").read_text())


def of(row, member):
    """Give the bytes of a member, whether they are text or not."""
    return row[member].encode() if member in row else base64.b64decode(row[f"{member}_base64"])


def why(row):
    return row.get("why") or row.get("name") or str(row)


@pytest.mark.parametrize("row", CONTRACT["names"], ids=why)
def test_a_name_is_what_the_contract_says(row):
    """
    A name is a file's to send, a half written one's, a damaged one or none of ours; the first says when and which.
    """
    assert row["is"] == kind_of(row["name"])
    if row["is"] == "envelope":
        assert Name(int(row["written_at_ns"]), row["event_id"]) == parse_name(row["name"])
        assert row["name"] == str(parse_name(row["name"]))
    else:
        with pytest.raises(BadFileError):
            parse_name(row["name"])


@pytest.mark.parametrize("row", CONTRACT["files"], ids=why)
def test_a_file_is_good_or_bad_as_the_contract_says(row):
    """
    The envelope of a good file comes out as it went in; a bad one is refused, whatever is wrong with it.
    """
    content = of(row, "content")

    if row["good"]:
        body = body_of(parse_name(row["name"]), content)
        assert content[row["start"] :] == body
        assert row["length"] == len(body)
    else:
        with pytest.raises(BadFileError):
            body_of(parse_name(row["name"]), content)


@pytest.mark.parametrize("row", CONTRACT["written"], ids=why)
def test_a_file_is_written_as_the_contract_says(row, tmp_path):
    """
    Name and bytes of a file are those of the contract, and no half of it is left beside it.
    """
    name = Name(int(row["written_at_ns"]), row["event_id"])
    folder = Folder(tmp_path / "spool", 1 << 20)

    folder.write(str(name), name.event_id, of(row, "envelope"))

    (file,) = (tmp_path / "spool").iterdir()
    assert row["name"] == file.name
    assert of(row, "content") == file.read_bytes()
    assert of(row, "content") == first_line(name.event_id, of(row, "envelope")) + of(row, "envelope")


@pytest.mark.parametrize("row", CONTRACT["answers"], ids=why)
def test_an_answer_means_what_the_contract_says(row):
    """
    Only a 2xx delivers; what may be taken another time is kept; the rest is refused for good.
    """
    assert row["becomes"] == meaning_of(row["status"])


@pytest.mark.parametrize("row", CONTRACT["backoff"], ids=why)
def test_a_pause_is_as_long_as_the_contract_says(row):
    """
    Pauses grow from a second to a minute, and chance spreads them over their upper half.
    """
    assert (row["least_s"], row["most_s"]) == bounds_s(row["failures"])
    drawn = [pause_s(row["failures"]) for _ in range(200)]
    assert row["least_s"] <= min(drawn) < max(drawn) <= row["most_s"]
    assert len(set(drawn)) > 100


@pytest.mark.parametrize("row", CONTRACT["late"], ids=why)
def test_what_is_sent_late_says_so(row):
    """
    After a minute the envelope's header has the time of sending, and nothing else is touched.
    """
    sent = as_sent(of(row, "envelope"), int(row["written_at_ns"]), int(row["now_ns"]))

    assert of(row, "posted") == sent


@pytest.mark.parametrize("row", CONTRACT["starts"], ids=why)
def test_a_start_takes_over_what_the_contract_says(row, tmp_path):
    """
    What is good is sent, oldest first; what is bad is counted and out of the way; what is not ours stays.
    """
    spool = tmp_path / "spool"
    spool.mkdir()
    for file in row["files"]:
        (spool / file["name"]).write_bytes(of(file, "content"))
    store = Store(spool, 1 << 20, 100, Counts())

    entries, _ = store.leftovers()
    sent = []
    for entry in entries:
        with suppress(BadFileError):
            assert store.read(entry) is not None
            sent.append(entry.said.event_id)
            store.end(entry, "delivered")

    assert row["sent"] == sent
    assert row["counts"] == {name: number for name, number in store.counts.all().items() if number}
    assert sorted(row["left"]) == sorted(file.name for file in spool.iterdir() if file.is_file())
    assert sorted(row["bad"]) == sorted(file.name for file in spool.glob(f"{BAD}/*"))
    assert (0, 0) == (store.files, store.size_bytes)


def test_the_figures_are_those_of_the_contract():
    """
    What both languages count with is the same.
    """
    assert CONTRACT["format"] == FORMAT
    assert CONTRACT["version"] == VERSION
    assert CONTRACT["first_line_most_bytes"] == FIRST_LINE_MOST_BYTES
    assert CONTRACT["late_after_s"] == LATE_AFTER_S
    assert CONTRACT["bad_most_files"] == BAD_MOST_FILES
