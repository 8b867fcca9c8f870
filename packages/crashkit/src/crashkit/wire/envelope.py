"""
The envelope as bytes: taken apart without touching a payload, and put together again.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

MAX_ITEMS: Final = 1000
_TYPE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class MalformedEnvelopeError(ValueError):
    """The bytes are no envelope. ``reason`` is a word for counters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


# A JSON object of somebody else: nothing is known about its values.
Json = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One item: its header, and where its payload lies in the envelope."""

    header: Json
    start: int
    end: int

    @property
    def type(self) -> str:
        return str(self.header["type"])

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Envelope:
    """An envelope that was understood; ``raw`` holds every byte as it came."""

    raw: bytes | bytearray
    header: Json
    items: tuple[Item, ...]

    def payload(self, item: Item) -> bytes:
        return bytes(self.view(item))

    def view(self, item: Item) -> memoryview:
        """
        The payload without a copy of it.
        """
        return memoryview(self.raw)[item.start : item.end]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def load_object(data: bytes | bytearray, what: str) -> Json:
    """
    Read a JSON object strictly.

    Raises:
        MalformedEnvelopeError: no JSON (NaN counts as none), or JSON that is no object.
    """
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedEnvelopeError("invalid_json", f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedEnvelopeError("not_an_object", f"{what} is JSON, but not an object")
    return value


def parse(raw: bytes | bytearray) -> Envelope:
    """
    Take an envelope apart.

    Returns:
        Header and items; no payload is copied or read.

    Raises:
        MalformedEnvelopeError: where the format is broken, with the item's number.
    """
    if not raw[:4096].strip() and not raw.strip():
        raise MalformedEnvelopeError("empty", "the envelope is empty")
    header_end = _line_end(raw, 0)
    header = load_object(raw[:header_end], "the envelope header")
    items: list[Item] = []
    at = header_end + 1
    while at < len(raw):
        if raw[at] in b"\r\n":
            at += 1
            continue
        if len(items) == MAX_ITEMS:
            raise MalformedEnvelopeError("too_many_items", f"the envelope has more than {MAX_ITEMS} items")
        item = _item(raw, at, len(items) + 1)
        items.append(item)
        at = item.end + 1
    return Envelope(raw, header, tuple(items))


def _item(raw: bytes | bytearray, at: int, number: int) -> Item:
    """
    Read the item whose header begins at ``at``.
    """
    what = f"item {number}"
    header_end = _line_end(raw, at)
    header = load_object(raw[at:header_end], f"the header of {what}")
    if not isinstance(header.get("type"), str) or not _TYPE.fullmatch(header["type"]):
        raise MalformedEnvelopeError("item_type", f"{what} has no type of the form [a-z0-9_.-]{{1,64}}")
    start = min(header_end + 1, len(raw))
    length = header.get("length")
    if length is None:
        return Item(header, start, _line_end(raw, start))
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise MalformedEnvelopeError(
            "item_length", f"{what} has the length {length!r}; it must be a whole number of bytes"
        )
    end = start + length
    if end > len(raw):
        raise MalformedEnvelopeError("truncated", f"{what} announces {length} bytes, {len(raw) - start} are there")
    if end < len(raw) and raw[end] not in b"\r\n":
        raise MalformedEnvelopeError("item_length", f"{what} is longer than the {length} bytes that it announces")
    return Item(header, start, end)


def _line_end(raw: bytes | bytearray, at: int) -> int:
    end = raw.find(b"\n", at)
    return len(raw) if end < 0 else end


def header_line(header: Json) -> bytes:
    """
    One header as the line that it is on the wire.
    """
    return json.dumps(header, separators=(",", ":")).encode() + b"\n"


def as_json(value: object) -> bytes:
    """
    JSON as short as it can be, as JavaScript writes it: half surrogates are escaped, everything else is UTF-8.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def of_store_request(event: bytes | bytearray) -> bytes:
    """
    Wrap the body of the old ``/store/`` endpoint, one event, into an envelope.

    Raises:
        MalformedEnvelopeError: the body is no JSON object.
    """
    body = load_object(event, "the event")
    event_id = body.get("event_id")
    header = {"event_id": event_id} if isinstance(event_id, str) else {}
    return b"".join((header_line(header), header_line({"type": "event", "length": len(event)}), event, b"\n"))
