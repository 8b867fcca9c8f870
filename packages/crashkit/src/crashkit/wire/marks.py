"""
How Sentry is told that something is missing of an event: ``_meta``, a tree as the event's own.
"""

from collections.abc import Sequence
from typing import Any, Final

Json = dict[str, Any]  # Any: an event as an SDK wrote it
Path = tuple[str, ...]

META: Final = "_meta"
RULE: Final = "!limit"
ENDS: Final = "..."


class Marks:
    """
    The marks of one event; those that its SDK has set are kept.

    Args:
        event: is given ``_meta`` with the first mark.
    """

    def __init__(self, event: Json) -> None:
        self._event = event

    def removed(self, path: Path, value: object) -> None:
        """
        Mark that a value is gone.

        Args:
            path: of the value.
            value: that it was.
        """
        node = self._node(path)
        length = _length(node, value)
        node.clear()
        node[""] = {"rem": [[RULE, "x"]], **length}

    def lacks(self, path: Path, value: dict[str, Any]) -> None:
        """
        Mark that an object has lost members.

        Args:
            path: of the object.
            value: as it was.
        """
        node = self._node(path)
        node[""] = {"rem": [[RULE, "x"]], **_length(node, value)}

    def cut(self, path: Path, text: str, most: int) -> str:
        """
        Cut a text, and mark it.

        Args:
            path: of the text.
            text: that is longer.
            most: characters that it may have.

        Returns:
            Its beginning.
        """
        node, kept = self._node(path), most - len(ENDS)
        node[""] = {"rem": [[RULE, "s", kept, most]], **_length(node, text)}
        return text[:kept] + ENDS

    def thinned(self, path: Path, members: Sequence[object], kept: Sequence[int]) -> None:
        """
        Mark that a list has lost members.

        Args:
            path: of the list.
            members: that it had.
            kept: places of those that it still has; the marks of these move along.
        """
        node = self._node(path)
        moved = {str(now): node[str(was)] for now, was in enumerate(kept) if str(was) in node}
        length = _length(node, members)
        node.clear()
        node.update({**moved, "": {"rem": [[RULE, "x"]], **length}})

    def _node(self, path: Path) -> Json:
        node = self._event
        for key in (META, *path):
            if not isinstance(node.get(key), dict):
                node[key] = {}
            node = node[key]
        return node


def _length(node: Json, value: object) -> Json:
    """Give what a value measured before anybody cut it."""
    said = node.get("")
    known = said.get("len") if isinstance(said, dict) else None
    if type(known) is int:
        return {"len": known}
    return {"len": len(value)} if isinstance(value, str | list | dict) else {}
