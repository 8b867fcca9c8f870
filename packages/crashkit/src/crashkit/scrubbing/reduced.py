"""
What is left of an event that could not be scrubbed: that something failed, where, and on which trace. No values.
"""

import logging
import re
from typing import Any, Final, TypeAlias

from crashkit.scrubbing.event import scrub_event
from crashkit.scrubbing.names import FILTERED
from crashkit.scrubbing.text import scrub

LOG = logging.getLogger(__name__)

Json: TypeAlias = Any  # Any: whatever the SDK has serialized

NOTE: Final = "scrubbing_failed"

_PLAIN: Final = (
    "event_id",
    "timestamp",
    "start_timestamp",
    "platform",
    "level",
    "release",
    "environment",
    "type",
    "sdk",
)
_TAGS: Final = ("service", "scenario", "case", "run")
_TRACE: Final = ("trace_id", "span_id", "parent_span_id", "op", "status", "origin", "start_timestamp", "timestamp")
_FRAME: Final = ("function", "module", "filename", "abs_path", "lineno", "colno", "in_app")
_NAME = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9_.:/<>@{} -]{1,200}")
_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


def scrub_or_reduce(event: Json) -> Json:
    """
    Take out of an event what nobody may read. A mistake in that costs neither the event nor a secret: what is sent
    then is what is left of it, with a note.

    Args:
        event: event or transaction, serialized; stays as it is.
    """
    try:
        return scrub_event(event)
    except Exception as error:  # noqa: BLE001 - an event without its values beats no event
        LOG.warning("an event goes out without its values, it could not be scrubbed: %s", type(error).__name__)
        return reduced(event, error)


def scrub_or_hide(text: str) -> str:
    """
    Take out of a text what nobody may read; where that fails, all of it.

    Args:
        text: of any kind.
    """
    try:
        return scrub(text)
    except Exception as error:  # noqa: BLE001 - a line without its text beats no line
        return f"{FILTERED} ({NOTE}: {type(error).__name__})"


def reduced(event: Json, error: Exception) -> Json:
    """
    Leave of an event what names its place, and say why it is no more.

    Args:
        event: as it should have been scrubbed.
        error: why it could not be. Its text may hold a value, so only its type is told.
    """
    left = {key: event[key] for key in _PLAIN if key in event}
    left["tags"] = {**_names(event.get("tags"), _TAGS), NOTE: type(error).__name__}
    left["contexts"] = {"trace": _names((event.get("contexts") or {}).get("trace"), _TRACE)}
    if exceptions := _list(event.get("exception")):
        left["exception"] = {"values": [_exception(one) for one in exceptions]}
    elif event.get("type") == "transaction":
        left["transaction"] = _names(event, ("transaction",)).get("transaction", NOTE)
        left["spans"] = [_names(span, _TRACE) for span in event.get("spans") or []]
    else:
        left["logentry"] = {"formatted": FILTERED}
    return left


def _exception(found: Json) -> Json:
    mechanism = found.get("mechanism") or {}
    kept = {**_names(found, ("type", "module")), "value": FILTERED}
    kept["mechanism"] = {**_names(mechanism, ("type",)), "handled": mechanism.get("handled") is True}
    if frames := (found.get("stacktrace") or {}).get("frames"):
        kept["stacktrace"] = {"frames": [_names(frame, _FRAME) for frame in frames]}
    return kept


def _list(found: Json) -> list[Json]:
    values = found.get("values") if isinstance(found, dict) else found
    return [value for value in values or [] if isinstance(value, dict)]


def _names(found: Json, wanted: tuple[str, ...]) -> dict[str, Json]:
    """Take the members that are numbers, ids or names of a program; nothing that a caller may have sent."""
    members = found if isinstance(found, dict) else {}
    return {key: members[key] for key in wanted if _is_plain(key, members.get(key))}


def _is_plain(key: str, value: Json) -> bool:
    if isinstance(value, str):
        return (_ID if key.endswith("_id") else _NAME).fullmatch(value) is not None
    return isinstance(value, int | float)
