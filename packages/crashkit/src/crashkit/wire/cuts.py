"""
What can be cut from an event, in the order in which a person misses it least. Each cut is marked where it was.

What happened always stays: message, type and value of each exception, trace, tags, fingerprint, the stack of our own
code. Only the last cut shortens these, where they themselves are too large.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, Final

from crashkit.wire.envelope import as_json
from crashkit.wire.marks import META, Json, Marks, Path

CONTEXT: Final = "trimmed"
BREADCRUMBS: Final = 10
TEXT: Final = 1024
VALUE_BYTES: Final = 512
LAST_TEXT: Final = 512
LAST_MEMBERS: Final = 100
LAST_FRAMES: Final = 50
LAST_EXCEPTIONS: Final = 10

_LINES: Final = ("pre_context", "context_line", "post_context")
_SAID_BY_EXCEPTION: Final = frozenset({"type", "value"})
_SAID_BY_MESSAGE: Final = frozenset({"message", "formatted"})
_OF_REQUEST: Final = frozenset({"url", "method"})
_OF_CONTEXTS: Final = frozenset({"trace", CONTEXT})
# What says where the event comes from and what happened.
_KEPT: Final = frozenset(
    {
        META, "event_id", "timestamp", "platform", "level", "logger", "type", "transaction", "server_name", "release",
        "dist", "environment", "sdk", "user", "tags", "fingerprint", "message", "logentry", "exception", "stacktrace",
        "contexts", "request",
    }
)  # fmt: skip
_MAY_BE_LONG: Final = frozenset({"user", "contexts", "request", "stacktrace"})

Cut = Callable[[Json, Marks], int]


def _breadcrumbs(event: Json, marks: Marks) -> int:
    for path, crumbs in _lists(event, "breadcrumbs"):
        return _thin(path, crumbs, range(max(0, len(crumbs) - BREADCRUMBS), len(crumbs)), marks)
    return 0


def _strings(event: Json, marks: Marks) -> int:
    count = 0
    for key in list(event):
        if key not in _KEPT or key in _MAY_BE_LONG:
            count += _shorten(event, key, (), TEXT, marks)
    for path, exception in _exceptions(event):
        count += sum(_shorten(exception, key, path, TEXT, marks) for key in exception if key not in _SAID_BY_EXCEPTION)
    if isinstance(entry := event.get("logentry"), dict):
        count += sum(_shorten(entry, key, ("logentry",), TEXT, marks) for key in entry if key not in _SAID_BY_MESSAGE)
    return count


def _locals(event: Json, marks: Marks, *, ours: bool) -> int:
    return sum(_remove(frame, ("vars",), path, marks) for path, frame in _frames(event, ours=ours))


def _values(event: Json, marks: Marks, *, name: str) -> int:
    if name == "contexts":
        return sum(_remove_large(context, (name, found), marks) for found, context in _contexts(event))
    return _remove_large(event.get(name), (name,), marks)


def _section(event: Json, marks: Marks, *, name: str) -> int:
    if name == "contexts":
        return _remove(event.get(name), [key for key, _ in _contexts(event)], (name,), marks)
    if name == "request":
        found = event.get(name)
        return (
            _remove(found, [key for key in found if key not in _OF_REQUEST], (name,), marks)
            if isinstance(found, dict)
            else 0
        )
    return _remove(event, [name], (), marks)


def _source_lines(event: Json, marks: Marks, *, ours: bool) -> int:
    return sum(_remove(frame, _LINES, path, marks) for path, frame in _frames(event, ours=ours))


def _middle_frames(event: Json, marks: Marks) -> int:
    count = 0
    for path, frames in _stacks(event):
        last = len(frames) - 1
        count += _thin(
            path, frames, [at for at, frame in enumerate(frames) if at in (0, last) or _is_ours(frame)], marks
        )
    return count


def _rest(event: Json, marks: Marks) -> int:
    count = _remove(event, [key for key in event if key not in _KEPT], (), marks)
    for path, frames in _stacks(event):
        count += _thin(path, frames, _both_ends(len(frames), LAST_FRAMES), marks)
    for path, exceptions in _lists(event, "exception"):
        count += _thin(path, exceptions, _both_ends(len(exceptions), LAST_EXCEPTIONS), marks)
    for key in list(event):
        if key == "contexts" and isinstance(event[key], dict):
            count += sum(_bound(event[key], name, (key,), marks) for name in event[key] if name != CONTEXT)
        elif key != META:
            count += _bound(event, key, (), marks)
    return count


SECTIONS: Final = ("debug_meta", "modules", "threads", "extra", "request", "contexts", "breadcrumbs")
# Names stand in the event's context, with how much of it was cut.
CUTS: Final[tuple[tuple[str, Cut], ...]] = (
    ("breadcrumbs", _breadcrumbs),
    ("strings", _strings),
    ("locals", partial(_locals, ours=False)),
    ("locals", partial(_locals, ours=True)),
    *(("values", partial(_values, name=name)) for name in ("extra", "contexts", "request", "user")),
    *(("sections", partial(_section, name=name)) for name in SECTIONS),
    ("source_lines", partial(_source_lines, ours=False)),
    ("source_lines", partial(_source_lines, ours=True)),
    ("frames", _middle_frames),
    ("rest", _rest),
)


def _lists(event: Json, name: str) -> Iterator[tuple[Path, list[Any]]]:
    """Give a list that Sentry takes bare or as ``values``; at most one."""
    found = event.get(name)
    if isinstance(found, list):
        yield (name,), found
    elif isinstance(found, dict) and isinstance(found.get("values"), list):
        yield (name, "values"), found["values"]


def _exceptions(event: Json) -> Iterator[tuple[Path, Json]]:
    for path, values in _lists(event, "exception"):
        yield from (((*path, str(at)), value) for at, value in enumerate(values) if isinstance(value, dict))


def _stacks(event: Json) -> Iterator[tuple[Path, list[Any]]]:
    bearers = [((), event), *_exceptions(event)]
    for path, values in _lists(event, "threads"):
        bearers += [((*path, str(at)), value) for at, value in enumerate(values) if isinstance(value, dict)]
    for path, bearer in bearers:
        stack = bearer.get("stacktrace")
        if isinstance(stack, dict) and isinstance(stack.get("frames"), list):
            yield (*path, "stacktrace", "frames"), stack["frames"]


def _frames(event: Json, *, ours: bool) -> Iterator[tuple[Path, Json]]:
    for path, frames in _stacks(event):
        for at, frame in enumerate(frames):
            if isinstance(frame, dict) and (ours or not _is_ours(frame)):
                yield (*path, str(at)), frame


def _is_ours(frame: object) -> bool:
    return isinstance(frame, dict) and frame.get("in_app") is True


def _contexts(event: Json) -> Iterator[tuple[str, object]]:
    found = event.get("contexts")
    if isinstance(found, dict):
        yield from ((name, context) for name, context in found.items() if name not in _OF_CONTEXTS)


def _remove(bearer: object, names: Collection[str], path: Path, marks: Marks) -> int:
    if not isinstance(bearer, dict):
        return 0
    gone = [name for name in names if bearer.get(name) not in (None, "", [], {})]
    for name in gone:
        marks.removed((*path, name), bearer[name])
        bearer[name] = None
    return len(gone)


def _remove_large(bearer: object, path: Path, marks: Marks) -> int:
    if not isinstance(bearer, dict):
        return 0
    kept = _OF_REQUEST if path == ("request",) else ()
    large = [name for name, value in bearer.items() if name not in kept and len(as_json(value)) > VALUE_BYTES]
    return _remove(bearer, large, path, marks)


def _thin(path: Path, members: list[Any], kept: Sequence[int], marks: Marks) -> int:
    lost = len(members) - len(kept)
    if lost > 0:
        marks.thinned(path, members, kept)
        members[:] = [members[at] for at in kept]
    return lost


def _both_ends(length: int, most: int) -> Sequence[int]:
    half = most // 2
    return range(length) if length <= most else [*range(half), *range(length - half, length)]


def _shorten(bearer: Any, key: Any, path: Path, most: int, marks: Marks) -> int:  # Any: a member of whatever JSON
    value, here = bearer[key], (*path, str(key))
    if isinstance(value, str):
        if len(value) <= most:
            return 0
        bearer[key] = marks.cut(here, value, most)
        return 1
    if isinstance(value, list):
        return sum(_shorten(value, at, here, most, marks) for at in range(len(value)))
    return sum(_shorten(value, name, here, most, marks) for name in value) if isinstance(value, dict) else 0


def _bound(bearer: Any, key: Any, path: Path, marks: Marks) -> int:  # Any: a member of whatever JSON
    value, here = bearer[key], (*path, str(key))
    if isinstance(value, list):
        count = _thin(here, value, range(min(len(value), LAST_MEMBERS)), marks)
        return count + sum(_bound(value, at, here, marks) for at in range(len(value)))
    if isinstance(value, dict):
        lost = list(value)[LAST_MEMBERS:]
        if lost:
            marks.lacks(here, value)
        for name in lost:
            del value[name]
        return len(lost) + sum(_bound(value, name, here, marks) for name in value)
    return _shorten(bearer, key, path, LAST_TEXT, marks)
