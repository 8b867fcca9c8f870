"""
The form of a spool's file and of its name. Both languages are held to it by ``tests/contract/spool.json``.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

FORMAT = "crash-demo-spool"
VERSION = 1
FIRST_LINE_MOST_BYTES = 1024
LATE_AFTER_S = 60
SUFFIX = ".envelope"
PART = ".part"
NS_A_S = 1_000_000_000

Kind = Literal["envelope", "part", "corrupt", "other"]
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"([0-9]{19})-([0-9a-f]{32})\.envelope")


class BadFileError(ValueError):
    """A file that is none of a spool; the message says what was found."""


@dataclass(frozen=True)
class Name:
    """
    What the name of a file says.

    Args:
        written_at_ns: when it was written (nanoseconds since 1970).
        event_id: of the event in it.
    """

    written_at_ns: int
    event_id: str

    def __str__(self) -> str:
        return f"{self.written_at_ns:019d}-{self.event_id}{SUFFIX}"


def kind_of(name: str) -> Kind:
    """Say what a name in the folder is: of a file to send, of one half written, of a damaged one, or not ours."""
    if name.endswith(PART):
        return "part"
    if not name.endswith(SUFFIX):
        return "other"
    return "envelope" if _NAME.fullmatch(name) else "corrupt"


def parse_name(name: str) -> Name:
    """
    Read the name of a file to send.

    Raises:
        BadFileError: it has another form.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadFileError(f"the name is not <19 digits>-<32 hex digits>{SUFFIX}")
    return Name(int(found[1]), found[2])


def event_id_of(found: object) -> str | None:
    """Give an event id as names have it; none where it is no id."""
    text = str(found).replace("-", "").lower()
    return text if _EVENT_ID.fullmatch(text) else None


def first_line(event_id: str, body: bytes) -> bytes:
    """
    Make the line that stands above the envelope.

    Args:
        event_id: of the event.
        body: the envelope as it is sent.
    """
    # By hand, because every event pays for it: an id and a sum need no escape.
    return (
        f'{{"format":"{FORMAT}","version":{VERSION},"event_id":"{event_id}","length":{len(body)},'
        f'"sha256":"{hashlib.sha256(body).hexdigest()}"}}\n'
    ).encode()


def body_of(name: Name, content: bytes) -> bytes:
    """
    Take the envelope out of a file.

    Args:
        name: of the file.
        content: all of it.

    Raises:
        BadFileError: it is not what was written.
    """
    ends = content.find(b"\n", 0, FIRST_LINE_MOST_BYTES + 1)
    if ends < 0:
        raise BadFileError(f"no first line within {FIRST_LINE_MOST_BYTES} bytes")
    try:
        said = json.loads(content[:ends])
    except (ValueError, RecursionError):
        raise BadFileError("the first line is no JSON") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BadFileError("the first line is not of this format")
    version = said.get("version")
    if type(version) is not int or version != VERSION:
        raise BadFileError(f"version {version!r}; this reads {VERSION}")
    if said.get("event_id") != name.event_id:
        raise BadFileError("the event id is not that of the name")
    body = content[ends + 1 :]
    if said.get("length") != len(body):
        raise BadFileError(f"{len(body)} bytes follow; the first line says {said.get('length')!r}")
    if said.get("sha256") != hashlib.sha256(body).hexdigest():
        raise BadFileError("the bytes have another SHA-256 than was written")
    return body


def as_sent(body: bytes, written_at_ns: int, now_ns: int) -> bytes:
    """
    Give the envelope as it is sent now: what lay here for long says when it was sent, because Sentry takes the
    difference to its own clock for a wrong clock, and moves the event in time.

    Args:
        body: the envelope as it was written.
        written_at_ns: when (nanoseconds since 1970).
        now_ns: the present time.
    """
    if now_ns - written_at_ns <= LATE_AFTER_S * NS_A_S:
        return body
    line, newline, rest = body.partition(b"\n")
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        return body
    if not isinstance(header, dict) or "sent_at" not in header:
        return body
    moment = datetime.fromtimestamp(now_ns // 1_000_000 / 1000, UTC)
    header["sent_at"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(header, separators=(",", ":")).encode() + newline + rest
