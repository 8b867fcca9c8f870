"""
The rules of scrubbing, held to the vectors that the twin for Node and the page are held to as well.
"""

import json
import time
from pathlib import Path

import pytest
from crashkit.scrubbing import keep_secret, scrub, scrub_or_hide, scrub_or_reduce, scrub_sampling, text
from crashkit.scrubbing.event import scrub_event
from crashkit.scrubbing.reduced import reduced
from crashkit.scrubbing.text import scrub_code

CONTRACT = json.loads((Path(__file__).parents[3] / "tests/contract/scrubbing.json").read_text())


def rows(kind):
    return pytest.mark.parametrize("row", CONTRACT[kind], ids=lambda row: row["why"])


def fails(_):
    raise KeyError("4539578763621486")


@rows("text")
def test_a_text_keeps_what_the_contract_keeps(row):
    """
    What nobody may read is gone, the rest is as it was, and a second look finds nothing more.
    """
    clean = scrub(row["given"])

    assert row["scrubbed"] == clean
    assert clean == scrub(clean)


@rows("code")
def test_a_line_of_source_keeps_its_names(row):
    """
    Literals that their name or their form gives away are gone; the code can still be read.
    """
    assert row["scrubbed"] == scrub_code(row["given"])


@rows("events")
def test_an_event_keeps_its_shape(row):
    """
    Keys, pairs, headers, frames and spans stay, without the values; the event that was given is as it was.
    """
    before = json.dumps(row["given"])

    clean = scrub_event(row["given"])

    assert row["scrubbed"] == clean
    assert before == json.dumps(row["given"])
    assert clean == scrub_event(clean)


@rows("sampling")
def test_the_head_of_a_trace_has_only_what_is_known(row):
    """
    What any caller may add to ``baggage`` is in the head of no envelope.
    """
    assert row["scrubbed"] == scrub_sampling(row["given"])


@rows("reduced")
def test_what_is_left_of_an_event_holds_no_value(row):
    """
    Type, place, trace and tags of the fault are left, and the type of the mistake.
    """
    left = reduced(row["given"], KeyError("4539578763621486"))

    assert json.loads(json.dumps(row["scrubbed"]).replace("$ERROR", "KeyError")) == left


def test_a_mistake_in_scrubbing_costs_neither_the_event_nor_a_secret(monkeypatch):
    """
    An event, a transaction and a line that cannot be scrubbed go out without values, and say so.
    """
    monkeypatch.setattr("crashkit.scrubbing.text.scrub_cards", fails)
    told = "paid by 4539578763621486 of ada@example.org"

    event = scrub_or_reduce({"event_id": "a" * 32, "message": told, "extra": {"told": told}})

    assert "KeyError" == event["tags"]["scrubbing_failed"]
    assert "a" * 32 == event["event_id"]
    assert not [value for value in ("4539", "ada") if value in json.dumps(event) + scrub_or_hide(told)]


def test_what_the_process_knows_to_be_a_secret_is_taken_out_wherever_it_stands(monkeypatch):
    """
    A secret of the settings is known by itself; what could be a word is not looked for.
    """
    monkeypatch.setattr(text, "_known", [])
    keep_secret(["s3cr3t of mine", "s3cr3t-of-mine", "password", "", "5"])

    assert "found [Filtered] here, no password, 5" == scrub("found s3cr3t-of-mine here, no password, 5")
    assert ["s3cr3t-of-mine"] == text._known


@pytest.mark.parametrize(
    "given",
    [
        "x" * 100_000, "a@" * 20_000, "token=" * 20_000, "'\"\\" * 30_000, "4 " * 50_000, "(" * 9999,
        "insert into values (" * 5000, "\\u0041" * 20_000, "%2541" * 20_000, 'name="pin";' + "\nA: b" * 9000,
        "token=a(()" * 9000, "[parameters: " * 9000, 'token a="b"' * 9000, "1,234," * 20_000,
    ],
)  # fmt: skip
def test_no_text_takes_long(given):
    """
    Whatever the text is, it takes time in proportion to its length.
    """
    began = time.process_time()

    scrub(given)

    assert time.process_time() - began < 2
