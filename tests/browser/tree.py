"""
A trace drawn as the tree that it is, for people.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def drawn(items: Sequence[Mapping[str, Any]]) -> str:
    """
    Draw a trace.

    Args:
        items: everything on it, with payloads, as the sink gives it.

    Returns:
        A line for each transaction, span and event, below what it belongs to.
    """
    below: dict[str | None, list[tuple[str | None, str]]] = {}
    known = set()
    for item in items:
        for span_id, parent, words in _parts(item):
            below.setdefault(parent, []).append((span_id, words))
            known |= {span_id} - {None}
    roots = [parent for parent in below if parent not in known]
    return "\n".join(line for root in roots for line in _lines(below, root, 0))


def _parts(item: Mapping[str, Any]) -> Iterator[tuple[str | None, str | None, str]]:
    payload, service = item["payload"], item["service"]
    if item["type"] == "event":
        own = payload["contexts"]["trace"]
        yield None, own["span_id"], f"* {service}: {item['title']}"
    if item["type"] == "transaction":
        own = payload["contexts"]["trace"]
        took_ms = _took_ms(payload)
        yield own["span_id"], own.get("parent_span_id"), f"{service}: {payload['transaction']} ({own['op']}{took_ms})"
        for span in payload["spans"]:
            words = " ".join(str(span.get("description") or "").split())[:80]
            yield span["span_id"], span.get("parent_span_id"), f"{span['op']} {words}"


def _took_ms(payload: Mapping[str, Any]) -> str:
    began, ended = payload.get("start_timestamp"), payload.get("timestamp")
    is_known = isinstance(began, int | float) and isinstance(ended, int | float)
    return f", {(ended - began) * 1000:.0f} ms" if is_known else ""


def _lines(
    below: Mapping[str | None, Sequence[tuple[str | None, str]]], parent: str | None, depth: int
) -> Iterator[str]:
    for span_id, words in below.get(parent, ()):
        yield "  " * depth + words
        if span_id is not None:
            yield from _lines(below, span_id, depth + 1)
