"""
A whole event or transaction, as it is sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from crashkit.scrubbing.cards import is_card
from crashkit.scrubbing.names import FILTERED, OPEN_HEADERS, is_secret
from crashkit.scrubbing.text import TELLING, scrub, scrub_code

Json: TypeAlias = Any  # Any: whatever the SDK has serialized

# What a program is made of, not what it worked on.
_AS_THEY_ARE: Final = frozenset(
    {"modules", "sdk", "_meta", "debug_meta", "event_id", "timestamp", "platform", "release"}
)
_OF_A_FRAME: Final = frozenset(
    {"function", "raw_function", "module", "package", "filename", "abs_path", "lineno", "colno", "in_app", "platform"}
)
_IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id", "profiler_id", "profile_id", "replay_id", "event_id"})
_TIMES: Final = frozenset({"timestamp", "start_timestamp"})
_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|\+00:00)?")
# What a trace's head may say of itself; any caller can add to it.
_SAMPLING: Final = frozenset(
    {"trace_id", "public_key", "release", "environment", "transaction", "sampled", "sample_rate", "sample_rand"}
    | {"replay_id", "org_id"}
)


def scrub_event(event: Json) -> Json:
    """
    Take out of an event what nobody may read.

    What a name gave away in one place (a header, a key, ``token=…``) is taken out of all other places too.

    Args:
        event: event or transaction, serialized; stays as it is.
    """
    walk = _Walk()
    clean = {key: walk.member(key, value) for key, value in event.items()}
    if walk.found:
        found = sorted(walk.found, key=len, reverse=True)
        clean = {key: value if key in _AS_THEY_ARE else _replaced(key, value, found) for key, value in clean.items()}
    return clean


def scrub_sampling(members: Mapping[str, Json]) -> dict[str, Json]:
    """
    Leave of the members that Sentry finds in ``baggage`` those that it knows, without what nobody may read.

    Args:
        members: without their prefix.
    """
    return {
        key: scrub(value) if isinstance(value, str) else value for key, value in members.items() if key in _SAMPLING
    }


class _Walk:
    """Goes through one event, and remembers what names gave away."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}

    def member(self, key: str, value: Json) -> Json:
        """Scrub a member of the event itself."""
        if key in _AS_THEY_ARE:
            return value
        if key == "request" and isinstance(value, dict):
            return {name: self._of_request(name, below) for name, below in value.items()}
        if key == "logentry" and isinstance(value, dict):
            return self._line(value)
        return self._value(key, value)

    def _line(self, entry: dict[str, Json]) -> Json:
        """Scrub a log line: of its parameters, what is a secret is known by what the whole line says before it."""
        said = str(entry.get("formatted") or "")
        clean = {name: self._value(name, value) for name, value in entry.items()}
        left = str(clean.get("formatted") or "")
        if left != said and isinstance(clean.get("params"), list):
            clean["params"] = [self._hidden(one) if _gone(one, said, left) else one for one in clean["params"]]
        return clean

    def _of_request(self, name: str, value: Json) -> Json:
        if name in {"cookies", "data"}:
            return self._hidden(value)
        if name == "headers":
            return self._headers(value)
        if name == "query_string":
            return self._names_of_query(value)
        if name == "url" and isinstance(value, str):
            path, mark, query = value.partition("?")
            return scrub(path, self._find) + mark + (self._names_of_query(query) if mark else "")
        return self._value(name, value)

    def _headers(self, headers: Json) -> Json:
        if isinstance(headers, dict):
            return {name: self._header(name, value) for name, value in headers.items()}
        if isinstance(headers, list):
            pairs = [pair for pair in headers if isinstance(pair, list) and len(pair) == 2]  # noqa: PLR2004 - a pair
            return [[name, self._header(str(name), value)] for name, value in pairs]
        return self._hidden(headers)

    def _header(self, name: str, value: Json) -> Json:
        if name.lower() in OPEN_HEADERS:
            return self._value(name, value)
        return self._hidden(value, remember=is_secret(name))

    def _names_of_query(self, query: Json) -> str:
        pairs = query if isinstance(query, list) else [part.partition("=")[::2] for part in str(query).split("&")]
        for name, value in pairs:
            if is_secret(str(name)):
                self._find(str(value))
        return "&".join(scrub(str(name)) for name, _ in pairs)

    def _value(self, name: str | None, value: Json) -> Json:
        if isinstance(value, str):
            return self._text(name, value)
        if isinstance(value, dict):
            return self._members(name, value)
        if isinstance(value, list | tuple):
            return self._values(name, value)
        if isinstance(value, bool) or value is None:
            return value
        return FILTERED if (name and is_secret(name)) or _is_card_number(value) else value

    def _text(self, name: str | None, text: str) -> str:
        if name is not None:
            if _is_open(name, text):
                return text
            if text and is_secret(name):
                return str(self._hidden(text))
        return scrub(text, self._find)

    def _members(self, name: str | None, members: dict[str, Json]) -> Json:
        if name is not None and is_secret(name):
            return self._hidden(members)
        if name == "dynamic_sampling_context":
            return scrub_sampling(members)
        return dict(self._named(members))

    def _named(self, members: dict[str, Json]) -> Iterator[tuple[str, Json]]:
        taken: dict[str, int] = {}
        for key, value in members.items():
            name = scrub(key)
            taken[name] = count = taken.get(name, 0) + 1
            yield (name if count == 1 else f"{name} {count}"), self._value(key, value)

    def _frame(self, frame: dict[str, Json]) -> Json:
        return {key: self._of_frame(key, value) for key, value in frame.items()}

    def _of_frame(self, key: str, value: Json) -> Json:
        if key in _OF_A_FRAME:
            return value
        if key == "context_line":
            return scrub_code(value) if isinstance(value, str) else value
        if key in {"pre_context", "post_context"} and isinstance(value, list):
            return [scrub_code(line) if isinstance(line, str) else line for line in value]
        return self._value(key, value)

    def _values(self, name: str | None, values: "list[Json] | tuple[Json, ...]") -> Json:
        if name is not None and is_secret(name):
            return self._hidden(values)
        if len(values) == 2 and isinstance(values[0], str) and is_secret(values[0]):  # noqa: PLR2004 - name and value
            return [values[0], self._hidden(values[1])]
        if name == "frames":
            return [self._frame(frame) if isinstance(frame, dict) else self._value(None, frame) for frame in values]
        return [self._value(None, value) for value in values]

    def _hidden(self, value: Json, *, remember: bool = True) -> Json:
        """Take out every value, and leave the shape."""
        if isinstance(value, dict):
            return {scrub(key): self._hidden(below, remember=remember) for key, below in value.items()}
        if isinstance(value, list | tuple):
            return [self._hidden(below, remember=remember) for below in value]
        if value is None or isinstance(value, bool) or value == "":
            return value
        if remember:
            self._find(str(value))
        return FILTERED

    def _find(self, value: str) -> None:
        """Remember a value, and the parts of it where it has some: ``Bearer …``, ``a=…; b=…``."""
        for part in {value, value.strip("bB'\""), *re.split(r"[\s;=]+", value)}:
            if TELLING.fullmatch(part) and FILTERED not in part:
                self.found[part] = None


def _gone(value: Json, before: str, after: str) -> bool:
    return str(value) in before and str(value) not in after


def _is_card_number(value: Json) -> bool:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return isinstance(value, int) and is_card(str(value))


def _is_open(name: str, text: str) -> bool:
    """Whether a text is the id or the time that its name says, and no card number."""
    return bool((name in _IDS and _ID.fullmatch(text)) or (name in _TIMES and _TIME.fullmatch(text)))


def _replaced(name: str, node: Json, found: Sequence[str]) -> Json:
    if isinstance(node, str):
        if not _is_open(name, node):
            for value in found:
                node = node.replace(value, FILTERED)
        return node
    if isinstance(node, dict):
        return {key: _replaced(key, below, found) for key, below in node.items()}
    if isinstance(node, list):
        return [_replaced(name, below, found) for below in node]
    return node
