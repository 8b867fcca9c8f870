"""
What the contract asks of an item, read out of the sink's JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]  # Any: whatever an SDK sends


@dataclass(frozen=True)
class Item:
    """
    One item of an envelope.

    Args:
        type: ``event``, ``transaction``, ``profile_chunk`` and so on.
        service: name of the service that sent it, by its tag or else its project.
    """

    type: str
    service: str | None


@dataclass(frozen=True)
class Transaction(Item):
    """
    One transaction.

    Args:
        ops: operations of its spans, its own one included.
    """

    ops: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Event(Item):
    """
    One event.

    Args:
        event_id: 32 hex digits.
        trace_id: 32 hex digits; empty when it has none.
        exception: type of the outermost exception; none for a message.
        message: the message, or the value of the outermost exception.
        level: of the event; ``error`` when it does not say.
        handled: what the outermost exception's mechanism says.
        holds: types of the inner exceptions.
        contexts: names of its contexts.
        tags: all of them.
        user: the user's fields.
        breadcrumbs: how many there are.
        release: of the service.
        environment: of the service.
    """

    event_id: str
    trace_id: str = ""
    exception: str | None = None
    message: str | None = None
    level: str = "error"
    handled: bool | None = None
    holds: tuple[str, ...] = ()
    contexts: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    user: Json = field(default_factory=dict)
    breadcrumbs: int = 0
    release: str | None = None
    environment: str | None = None

    @property
    def title(self) -> str:
        """Say which one it is."""
        return ": ".join(part for part in (self.exception, self.message) if part) or "an event that says nothing"


def read_item(item: Json) -> Item:
    """
    Read an item as ``GET /api/v1/traces/{id}`` or ``/api/v1/events/{id}`` gives it.

    Args:
        item: with its payload.
    """
    if item["type"] == "transaction":
        return Transaction(item["type"], item.get("service"), _ops(item["payload"]))
    if item["type"] != "event":
        return Item(item["type"], item.get("service"))
    payload: Json = item["payload"]
    exceptions = _values(payload.get("exception"))
    outermost: Json = exceptions[-1] if exceptions else {}
    tags = _tags(payload.get("tags"))
    contexts: Json = payload.get("contexts") or {}
    return Event(
        type="event",
        service=tags.get("service") or item.get("service"),
        event_id=item.get("event_id") or payload.get("event_id") or "",
        trace_id=(contexts.get("trace") or {}).get("trace_id", ""),
        exception=outermost.get("type"),
        message=outermost.get("value") if exceptions else _message(payload),
        level=payload.get("level") or "error",
        handled=(outermost.get("mechanism") or {}).get("handled"),
        holds=tuple(str(inner.get("type")) for inner in exceptions[:-1]),
        contexts=frozenset(contexts),
        tags=tags,
        user=payload.get("user") or {},
        breadcrumbs=len(_values(payload.get("breadcrumbs"))),
        release=payload.get("release"),
        environment=payload.get("environment"),
    )


def _ops(payload: Json) -> frozenset[str]:
    own = (payload.get("contexts") or {}).get("trace") or {}
    return frozenset(span["op"] for span in (own, *_values(payload.get("spans"))) if span.get("op"))


def _values(found: Any) -> list[Json]:  # Any: a list, or an object with one
    values = found.get("values") if isinstance(found, Mapping) else found
    return list(values) if values else []


def _message(payload: Json) -> str | None:
    entry = payload.get("logentry") or payload.get("message")
    if isinstance(entry, Mapping):
        entry = entry.get("formatted") or entry.get("message")
    return entry or None


def _tags(found: Any) -> dict[str, str]:  # Any: an object, or a list of pairs
    return dict(found) if found else {}
