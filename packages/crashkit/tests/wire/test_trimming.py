"""
Events that were too large, made smaller, as tests/contract/trim.json has it for both languages.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from crashctl.proof.normaliser import marks
from crashkit.wire.envelope import as_json, header_line, parse
from crashkit.wire.trimming import sizes, smaller, trim
from hypothesis import given, settings
from hypothesis import strategies as st

CONTRACT = json.loads((Path(__file__).parents[4] / "tests" / "contract" / "trim.json").read_text())
ID = "0123456789abcdef" * 2


def expanded(value: Any) -> Any:  # Any: JSON
    """Undo the contract's short form."""
    if isinstance(value, list):
        return [expanded(member) for member in value]
    if not isinstance(value, dict):
        return value
    if "$text" in value:
        return value["$text"] * value["$times"] + value.get("$end", "")
    if "$list" in value:
        return [expanded(value["$list"]) for _ in range(value["$times"])]
    return {name: expanded(member) for name, member in value.items()}


def envelope(header: dict[str, Any], items: list[dict[str, Any]]) -> bytes:
    """Put an envelope together."""
    pieces = [header_line(header)]
    for item in items:
        payload = as_json(expanded(item["json"])) if "json" in item else expanded(item["text"]).encode()
        pieces += [header_line({**item["header"], "length": len(payload)}), payload, b"\n"]
    return b"".join(pieces)


def items_of(raw: bytes) -> list[dict[str, Any]]:
    """Take it apart again."""
    found = parse(raw)
    return [{"type": item.type, "json": json.loads(found.payload(item))} for item in found.items]


def event_in(raw: bytes) -> dict[str, Any]:
    """Take its event out."""
    found = parse(raw)
    event: dict[str, Any] = json.loads(found.payload(found.items[0]))
    return event


def of_event(event: dict[str, Any]) -> bytes:
    return envelope({"event_id": ID}, [{"header": {"type": "event"}, "json": event}])


@pytest.mark.parametrize("row", CONTRACT["rows"], ids=lambda row: row["why"])
def test_an_event_is_cut_as_the_contract_says(row):
    """
    What is cut, in which order, and how it is marked.
    """
    trimmed = trim(envelope(row["header"], row["items"]), row["most_bytes"])

    expected = row["trimmed"] and [{"type": item["type"], "json": expanded(item["json"])} for item in row["trimmed"]]
    assert expected == (items_of(trimmed) if trimmed is not None else None)


@pytest.mark.parametrize("row", CONTRACT["sizes"], ids=lambda row: str(row["size_bytes"]))
def test_three_sizes_are_tried(row):
    """
    Below what Sentry takes, and well below what was refused.
    """
    assert row["sizes"] == sizes(row["size_bytes"])


@pytest.mark.parametrize(
    "row", [row for row in CONTRACT["rows"] if row["trimmed"] and "odd" not in row["why"]], ids=lambda row: row["why"]
)
def test_sentry_reads_what_was_cut(row):
    """
    Sentry's own normaliser finds nothing malformed in a trimmed event.
    """
    raw = envelope(row["header"], row["items"])

    assert [] == marks(event_in(trim(raw, row["most_bytes"])))


def frames(number: int) -> list[dict[str, Any]]:
    """A stack of our code, called by other people's."""
    return [
        {"function": f"f{at}", "in_app": at % 4 == 0, "vars": {"ton": "v" * 900}, "pre_context": ["line " * 40] * 9}
        for at in range(number)
    ]


def test_what_happened_stays_whatever_is_cut():
    """
    An event of several megabytes comes down below every size; message, type, trace, tags, fingerprint and the stack of
    our own code are there in each copy.
    """
    event = {
        "event_id": ID, "tags": {"service": "till", "run": "r7"}, "fingerprint": ["till", "spin"],
        "contexts": {"trace": {"trace_id": "a" * 32}, "app": {"ton": ["x" * 500] * 900}},
        "exception": {"values": [{"type": "KeyError", "value": "'joker'", "stacktrace": {"frames": frames(80)}}]},
        "breadcrumbs": {"values": [{"message": "m" * 900}] * 100}, "extra": {"left": ["x" * 500] * 4000},
    }  # fmt: skip

    raw = of_event(event)
    copies = list(smaller(raw))

    assert 3 == len(copies)
    for copy, most in zip(copies, sizes(len(raw)), strict=True):
        found = event_in(copy)
        (exception,) = found["exception"]["values"]
        assert len(copy) <= most
        assert ("KeyError", "'joker'") == (exception["type"], exception["value"])
        assert [f"f{at}" for at in range(0, 80, 4)] == [
            frame["function"] for frame in exception["stacktrace"]["frames"] if frame["in_app"]
        ]
        assert "a" * 32 == found["contexts"]["trace"]["trace_id"]
        assert ["till", "spin"] == found["fingerprint"]
        assert {"service": "till", "run": "r7", "trimmed": "true"} == found["tags"]
        assert len(raw) == found["contexts"]["trimmed"]["original_bytes"]


SCALARS = st.none() | st.booleans() | st.integers(-10, 10) | st.text(max_size=5) | st.just("long" * 400)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
NAMES = st.sampled_from(
    ["tags", "contexts", "exception", "breadcrumbs", "extra", "request", "threads", "stacktrace", "_meta", "logentry"]
)


@given(
    st.dictionaries(NAMES, JSON | JSON.map(lambda some: {"values": [{"stacktrace": {"frames": [some]}}]})), st.data()
)
@settings(deadline=None, max_examples=60)
def test_no_event_is_too_odd(event, data):
    """
    Whatever stands where an event has something else: a copy is an envelope with that event, smaller, and marked; its
    id stays.
    """
    raw = of_event({"event_id": ID, **event})

    for copy in smaller(raw):
        found = event_in(copy)
        assert len(copy) < len(raw)
        assert ID == found["event_id"]
        assert ["trimmed", "true"] in [list(pair) for pair in pairs(found["tags"])]
    trim(raw, data.draw(st.integers(0, len(raw))))


def pairs(tags: Any) -> list[Any]:  # Any: JSON
    return list(tags.items()) if isinstance(tags, dict) else [tag for tag in tags if isinstance(tag, list)]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"no envelope", b'{}\n{"type":"event"}\nno json', b'{}\n{"type":"event"}\n' + b"[" * 100_000],
    ids=["nothing", "a header", "no envelope", "no event", "an abyss"],
)
def test_what_cannot_be_read_gives_no_copy(raw):
    """
    Then there is nothing to send again.
    """
    assert [] == list(smaller(raw))
