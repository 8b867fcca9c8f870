"""
What the sink reads out of an item, to find it again: never more than that.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from crashkit.wire.envelope import Envelope, Item, Json, load_object

from event_sink.limits import MIB

# Payloads that are JSON objects; anything else is kept and not looked into.
JSON_TYPES: Final = frozenset(
    {"event", "transaction", "profile", "profile_chunk", "session", "sessions", "client_report", "check_in", "feedback"}
    | {"log", "span", "trace_metric"}
)
# Items that hold many records, each of its own trace.
CONTAINER_TYPES: Final = frozenset({"log", "span", "trace_metric"})
# Types of which Sentry keeps one for an id.
_ID_FIELDS: Final = {
    "event": "event_id",
    "transaction": "event_id",
    "feedback": "event_id",
    "profile": "event_id",
    "profile_chunk": "chunk_id",
}
# Beyond this, ids are searched in the bytes: objects take ten times the room of their text.
_PARSE_LIMIT_BYTES: Final = 2 * MIB
_PROFILER = re.compile(rb'"profiler_id"\s*:\s*"([0-9a-f-]{32,36})"')
_CHUNK = re.compile(rb'"chunk_id"\s*:\s*"([0-9a-f-]{32,36})"')
_TEXT_LIMIT: Final = 500
# How the gateway tags its own event about a service that a fault has ended. Such is no event that is due for the fault.
_CONSEQUENCE: Final = "upstream-"
# What a service says once before the kernel kills it for memory (crashkit.memory), with the tags of the open fault:
# no event that is due for it either, because which firing of several brings it depends on the machine.
_MEMORY_WARNING: Final = "Memory is near the limit of the container"
_ID_DIGITS: Final = 32


@dataclass(frozen=True)
class Facts:
    """One item as the indexes know it."""

    event_id: str | None = None
    service: str | None = None
    run: str | None = None
    scenario: str | None = None
    case: str | None = None
    level: str | None = None
    exception_type: str | None = None
    title: str | None = None
    handled: bool | None = None
    trace_ids: tuple[str, ...] = ()
    names_profiler: str | None = None
    own_profiler: str | None = None
    unique_id: str | None = None
    discarded: tuple[tuple[str, str, int], ...] = ()
    is_consequence: bool = False


def read(envelope: Envelope, item: Item) -> Facts:
    """
    Read the facts of one item.

    Raises:
        MalformedEnvelopeError: a payload that must be a JSON object is none.
    """
    if item.type not in JSON_TYPES:
        return Facts(event_id=_id(envelope.header.get("event_id")))
    if item.size > _PARSE_LIMIT_BYTES:
        return _from_bytes(envelope, item)
    payload = load_object(envelope.payload(item), f"the {_text(item.type)} payload")
    event_id = _id(payload.get("event_id")) or _id(envelope.header.get("event_id"))
    unique_id = _id(payload.get(_ID_FIELDS.get(item.type, "")))
    if unique_id is None and _ID_FIELDS.get(item.type) == "event_id":
        unique_id = event_id
    if item.type == "client_report":
        return Facts(discarded=_discarded(payload))
    if item.type == "profile_chunk":
        profiler = _id(payload.get("profiler_id"))
        return Facts(event_id=unique_id, own_profiler=profiler, unique_id=unique_id)
    if item.type in CONTAINER_TYPES:
        return Facts(trace_ids=record_traces(payload))
    return _of_event(payload, event_id, unique_id)


def record_traces(payload: Json) -> tuple[str, ...]:
    """
    The traces that a container's records belong to, each once.
    """
    records = payload.get("items")
    found = (
        (_id(record.get("trace_id")) for record in records if isinstance(record, dict))
        if isinstance(records, list)
        else ()
    )
    return tuple(dict.fromkeys(trace for trace in found if trace))


def _of_event(payload: Json, event_id: str | None, unique_id: str | None) -> Facts:
    contexts = _dict(payload.get("contexts"))
    trace = _id(_dict(contexts.get("trace")).get("trace_id"))
    tags = _tags(payload.get("tags"))
    exceptions = _exceptions(payload)
    newest = exceptions[-1] if exceptions else {}
    title = _title(payload, newest)
    return Facts(
        event_id=event_id,
        unique_id=unique_id,
        service=tags.get("service"),
        run=tags.get("run"),
        scenario=tags.get("scenario"),
        case=tags.get("case"),
        is_consequence=tags.get("kind", "").startswith(_CONSEQUENCE) or title == _MEMORY_WARNING,
        level=_text(payload.get("level")) or ("error" if exceptions else None),
        exception_type=_text(newest.get("type")),
        title=title,
        handled=_handled(exceptions),
        trace_ids=(trace,) if trace else (),
        names_profiler=_id(_dict(contexts.get("profile")).get("profiler_id")),
    )


def _from_bytes(envelope: Envelope, item: Item) -> Facts:
    payload = envelope.view(item)
    profiler, chunk = _PROFILER.search(payload), _CHUNK.search(payload)
    own = _id(bytes(profiler.group(1)).decode()) if profiler else None
    unique = _id(bytes(chunk.group(1)).decode()) if chunk else None
    return Facts(event_id=unique or _id(envelope.header.get("event_id")), own_profiler=own, unique_id=unique)


def _title(payload: Json, exception: Json) -> str | None:
    """
    What a list shows for the event: its exception, its message, or its transaction's name.
    """
    if exception:
        kind, value = _text(exception.get("type")), _text(exception.get("value"))
        return _text(": ".join(part for part in (kind, value) if part))
    entry = payload.get("logentry") or payload.get("message")
    if isinstance(entry, dict):
        entry = entry.get("formatted") or entry.get("message")
    return _text(entry) or _text(payload.get("transaction")) or _text(payload.get("monitor_slug"))


def _exceptions(payload: Json) -> list[Json]:
    found = payload.get("exception")
    values = found.get("values") if isinstance(found, dict) else found
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _handled(exceptions: list[Json]) -> bool | None:
    """
    False if any exception of the chain was unhandled, which is how Sentry counts a crash.
    """
    said = [_dict(exception.get("mechanism")).get("handled") for exception in exceptions]
    said = [value for value in said if isinstance(value, bool)]
    return all(said) if said else None


def _discarded(payload: Json) -> tuple[tuple[str, str, int], ...]:
    """
    What an SDK says it did not send, as (reason, category, quantity).
    """
    entries = payload.get("discarded_events")
    found = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("quantity"), int) and entry["quantity"] > 0:
            quantity = min(entry["quantity"], 1_000_000_000)
            found.append((_text(entry.get("reason")) or "?", _text(entry.get("category")) or "?", quantity))
    return tuple(found)


def _tags(tags: object) -> dict[str, str]:
    pairs = tags.items() if isinstance(tags, dict) else tags if isinstance(tags, list) else ()
    found = {}
    for pair in pairs:
        match pair:
            case [str(name), str(value)] if value:
                found[name] = _text(value) or ""
            case _:
                continue
    return found


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    """
    A text short enough for an index; half surrogates, which no database takes, are replaced.
    """
    if not isinstance(value, str) or not value:
        return None
    return value[:_TEXT_LIMIT].encode("utf-8", "replace").decode()


def _id(value: object) -> str | None:
    """
    An id as 32 lower-case hex digits, however the SDK wrote it.
    """
    if not isinstance(value, str):
        return None
    plain = value.replace("-", "").lower()
    return plain if len(plain) == _ID_DIGITS and not set(plain) - set("0123456789abcdef") else None
