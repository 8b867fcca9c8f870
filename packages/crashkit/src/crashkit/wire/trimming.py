"""
Makes an event smaller that was answered 413. Nobody says how large it may be, so smaller and smaller copies are made.

Both languages are held to it by ``tests/contract/trim.json``; docs/spool.md says what is cut.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from crashkit.wire.cuts import CONTEXT, CUTS
from crashkit.wire.envelope import Envelope, Item, MalformedEnvelopeError, as_json, header_line, load_object, parse
from crashkit.wire.marks import Json, Marks

# The largest size, and the part of what was refused, whichever is less. Sentry's own limit is 1 MiB for an event.
SIZES: Final = ((1_000_000, 3, 4), (250_000, 1, 4), (50_000, 1, 16))
TAG: Final = "trimmed"
YES: Final = "true"
# About what an item's header takes.
HEADER_BYTES: Final = 100
_DROPPED: Final = "attachment"


def sizes(size_bytes: int) -> list[int]:
    """
    Give the sizes to try, the largest first (bytes).

    Args:
        size_bytes: of the envelope that was too large.
    """
    return [min(most, size_bytes * part // of) for most, part, of in SIZES]


def smaller(body: bytes) -> Iterator[bytes]:
    """
    Make copies of an envelope with an event, each smaller than the one before; the next when it is asked for.

    Args:
        body: the envelope as it was refused.

    Returns:
        At most three; none where there is no event in it, or nothing that could be cut.
    """
    last_bytes = len(body)
    for most_bytes in sizes(len(body)):
        trimmed = trim(body, most_bytes)
        if trimmed is not None and len(trimmed) < last_bytes:
            last_bytes = len(trimmed)
            yield trimmed


def trim(body: bytes, most_bytes: int) -> bytes | None:
    """
    Cut an envelope's event until it fits, or nothing is left to cut. It says what was cut: by the tag ``trimmed``, the
    context ``trimmed``, and Sentry's own marks.

    Args:
        body: the envelope.
        most_bytes: that it shall have (bytes).

    Returns:
        None where there is no event in it, or nothing that could be cut.
    """
    try:
        envelope = parse(body)
        item = next((item for item in envelope.items if item.type == "event"), None)
        if item is None:
            return None
        event = load_object(envelope.payload(item), "the event")
        kept = [other for other in envelope.items if other is not item and other.type != _DROPPED]
        first_line = body.partition(b"\n")[0] + b"\n"
        taken = len(first_line) + HEADER_BYTES + sum(other.size + HEADER_BYTES for other in kept)
        cuts = Counter({"attachments": len(envelope.items) - len(kept) - 1})
        _cut(event, most_bytes - taken, len(body), cuts)
        return first_line + _items(envelope, item, event, kept) if cuts.total() else None
    except (MalformedEnvelopeError, RecursionError):
        return None


def _cut(event: Json, most_bytes: int, original_bytes: int, cuts: Counter[str]) -> None:
    marks = Marks(event)
    _note(event, original_bytes, cuts)
    if len(as_json(event)) <= most_bytes:
        return
    for name, cut in CUTS:
        number = cut(event, marks)
        if number:
            cuts[name] += number
            _note(event, original_bytes, cuts)
            if len(as_json(event)) <= most_bytes:
                return


def _note(event: Json, original_bytes: int, cuts: Counter[str]) -> None:
    if not isinstance(event.get("contexts"), dict):
        event["contexts"] = {}
    said = {name: number for name, number in cuts.items() if number}
    event["contexts"][CONTEXT] = {"original_bytes": original_bytes, **said}
    tags = event.get("tags")
    if isinstance(tags, list):
        if [TAG, YES] not in tags:
            tags.append([TAG, YES])
        return
    if not isinstance(tags, dict):
        event["tags"] = tags = {}
    tags[TAG] = YES


def _items(envelope: Envelope, item: Item, event: Json, kept: list[Item]) -> bytes:
    payload = as_json(event)
    pieces: list[bytes | memoryview] = [header_line({**item.header, "length": len(payload)}), payload, b"\n"]
    for other in kept:
        pieces += [header_line({**other.header, "length": other.size}), envelope.view(other), b"\n"]
    return b"".join(pieces)
