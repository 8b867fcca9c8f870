"""
What makes one issue of two events: the fingerprint, or the kind and the words of the error without its numbers.

Bugsink 2.6 takes, within a project, the fingerprint or else type and value with numbers, ids and dates masked, and not
the transaction. Sentry takes the fingerprint or else the stack of our own code, and the words where there is none. A
fault is one issue in both when this key is equal, and two faults are two in both when it differs.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_VARYING = re.compile(r"\b(?:0x)?[0-9a-f]{12,}\b|\d+", re.IGNORECASE)


class Key(NamedTuple):
    """
    What an issue is of.

    Args:
        service: its project.
        fingerprint: as the event names it, and then nothing else counts; empty when it does not.
        kind: type of the outermost exception; empty for a message.
        words: its value or the message, first line, without what varies.
    """

    service: str
    fingerprint: tuple[str, ...]
    kind: str
    words: str


def key(payload: Mapping[str, Any]) -> Key:  # Any: JSON
    """
    Give what an event is grouped by.

    Args:
        payload: of the event.
    """
    exception = payload.get("exception") or {}
    values: Sequence[Mapping[str, Any]] = exception.get("values", []) if isinstance(exception, Mapping) else exception
    outermost = values[-1] if values else {}
    entry = payload.get("logentry") or payload.get("message") or ""
    message = entry if isinstance(entry, str) else entry.get("formatted") or entry.get("message") or ""
    words = str(outermost.get("value") or "") if values else message
    fingerprint = tuple(str(part) for part in payload.get("fingerprint") or ())
    if fingerprint == ("{{ default }}",):
        fingerprint = ()
    service = (payload.get("tags") or {}).get("service", "")
    if fingerprint:
        return Key(service, fingerprint, "", "")
    return Key(service, fingerprint, str(outermost.get("type") or "") if values else "", masked(words))


def masked(words: str) -> str:
    """
    Replace what varies in a message.

    Args:
        words: the message; only its first line counts.
    """
    return _VARYING.sub("<n>", (words.splitlines() or [""])[0])
