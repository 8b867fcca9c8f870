"""
Sentry's own normaliser: what it marks as malformed in an event or a transaction.
"""

from collections.abc import Iterator, Mapping
from typing import Any

# The types of items that it knows.
KNOWN = frozenset({"event", "transaction"})


def marks(payload: Mapping[str, Any], project_id: int = 1) -> list[str]:  # Any: JSON
    """
    Give every place that Sentry would mark, with the reason.

    Args:
        payload: of an event or a transaction.
        project_id: of its project.
    """
    # A library of 22 MiB that only tests need: it is no dependency of the command.
    from sentry_relay.exceptions import RelayError  # noqa: PLC0415
    from sentry_relay.processing import StoreNormalizer  # noqa: PLC0415

    normaliser = StoreNormalizer(project_id=project_id, protocol_version="7", is_renormalize=False)
    try:
        normalised = normaliser.normalize_event(dict(payload))
    except RelayError as error:
        return [f"refused: {str(error).splitlines()[0]}"]
    return list(_errors(normalised.get("_meta", {}), ""))


def _errors(meta: Mapping[str, Any], place: str) -> Iterator[str]:  # Any: JSON
    for name, below in meta.items():
        if name == "" and below.get("err"):
            yield f"{place}: {below['err']}"
        elif isinstance(below, Mapping):
            yield from _errors(below, f"{place}.{name}")
