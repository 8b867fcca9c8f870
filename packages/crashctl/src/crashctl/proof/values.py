"""
Values that were used and must not be told: passwords, amounts, keys, what a statement looked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def told(payloads: Iterable[Any], values: Iterable[str | int]) -> list[str]:  # Any: JSON
    """
    Find values in what was sent.

    Args:
        payloads: of events, transactions or other items.
        values: what must be in none of them, each unlike anything else: text is found inside of text, a number also as
            a number.

    Returns:
        Place and value of each finding.

    Raises:
        ValueError: a value is so short that it is found by chance.
    """
    wanted = [str(value) for value in values]
    if short := [value for value in wanted if len(value) < 4]:  # noqa: PLR2004 - three digits are in any id
        raise ValueError(f"{', '.join(short)} would be found by chance; use at least four characters")
    return [
        f"{place}: {value}"
        for number, payload in enumerate(payloads)
        for place, text in _leaves(payload, str(number))
        for value in wanted
        if value in text
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
