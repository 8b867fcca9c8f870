"""
Values that were used and must not be told: passwords, amounts, keys, what a statement looked for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NUMBER = r"(?<![0-9a-fA-F.]){}(?![0-9a-fA-F])"


def told(payloads: Iterable[Any], values: Iterable[str | int]) -> list[str]:  # Any: JSON
    """
    Find values in what was sent.

    Args:
        payloads: of events, transactions or other items.
        values: what must be in none of them, each unlike anything else: text is found inside of text, a number where it
            is a whole number and no part of an id or of a time.

    Returns:
        Place and value of each finding.

    Raises:
        ValueError: a value is so short that it is found by chance.
    """
    wanted = [str(value) for value in values]
    if short := [value for value in wanted if len(value) < 4]:  # noqa: PLR2004 - three digits are in any id
        raise ValueError(f"{', '.join(short)} would be found by chance; use at least four characters")
    patterns = {value: re.compile(_NUMBER.format(value) if value.isdigit() else re.escape(value)) for value in wanted}
    return [
        f"{place}: {value}"
        for number, payload in enumerate(payloads)
        for place, text in _leaves(payload, str(number))
        for value, pattern in patterns.items()
        if pattern.search(text)
    ]


def _leaves(node: Any, place: str) -> Iterator[tuple[str, str]]:  # Any: JSON
    if isinstance(node, Mapping):
        for name, below in node.items():
            yield place, str(name)
            yield from _leaves(below, f"{place}.{name}")
    elif isinstance(node, list | tuple):
        for number, below in enumerate(node):
            yield from _leaves(below, f"{place}.{number}")
    else:
        yield place, str(node)
