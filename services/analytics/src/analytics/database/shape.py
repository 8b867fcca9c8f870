"""
The shape of a statement: which stages, operators and fields, and none of the values.

It stands in spans, breadcrumbs and events. What it must never hold is a player, an amount, a key.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MASK = "?"
# Members whose value is a name of a field, a collection or a unit that the code wrote, or the order of a sort.
NAMES = frozenset({"$sort", "$unwind", "$count", "from", "localField", "foreignField", "as", "unit", "path"})


def shape(statement: Mapping[str, Any]) -> str:  # Any: whatever a statement holds
    """
    Give a statement as JSON with every value masked.

    Args:
        statement: as the driver sends it; its first member names the operation and the collection.
    """
    told = {str(name): _masked(value) for name, value in statement.items()}
    operation, collection = next(iter(statement.items()))
    return json.dumps({**told, operation: collection} if isinstance(collection, str) else told)


def _masked(part: object) -> object:
    if isinstance(part, Mapping):
        return {str(name): _named(value) if name in NAMES else _masked(value) for name, value in part.items()}
    if isinstance(part, str):
        # A path into a document ("$win"), a variable ("$$player"); an operator stands to the left and is a name.
        return part if part.startswith("$") else MASK
    if isinstance(part, Sequence) and not isinstance(part, bytes):
        items = [_masked(item) for item in part]
        # Many alike are one: the documents of a batch, the values of a range.
        return items[:1] if all(item == items[0] for item in items) else items
    return MASK


def _named(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _named(item) for name, item in value.items()}
    return value if isinstance(value, (str, int)) else MASK
