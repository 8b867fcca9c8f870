"""
The accounts as one JSON object.
"""

from collections.abc import Mapping
from typing import Any

from event_sink.ledger import Key

Counts = dict[str, int]
_OUTCOMES = ("offered", "delivered", "pending", "refused", "filtered", "dropped")


def _sum(counts: Mapping[Key, int], part: str, **wanted: str) -> Counts:
    """
    Add up what fits, by one part of the key.
    """
    total: Counts = {}
    for key, n in counts.items():
        if all(getattr(key, name) == value for name, value in wanted.items()):
            total[getattr(key, part)] = total.get(getattr(key, part), 0) + n
    return dict(sorted(total.items()))


def overview(counts: Mapping[Key, int]) -> dict[str, Any]:
    """
    What came in: by type, by service, again, refused, and lost inside the SDKs.
    """
    services = _sum(counts, "service", account="received")
    reasons = _sum(counts, "reason", account="discarded_by_sdk")
    return {
        "received": _sum(counts, "item_type", account="received"),
        "received_by_service": {name: _sum(counts, "item_type", account="received", service=name) for name in services},
        "duplicates": _sum(counts, "item_type", account="duplicate"),
        "rejected": _sum(counts, "reason", account="rejected"),
        "discarded_by_sdk": {
            reason: _sum(counts, "item_type", account="discarded_by_sdk", reason=reason) for reason in reasons
        },
        "discarded_by_sdk_of_service": {
            name: _sum(counts, "reason", account="discarded_by_sdk", service=name)
            for name in _sum(counts, "service", account="discarded_by_sdk")
        },
        "removed": _sum(counts, "item_type", account="removed"),
    }


def by_target(counts: Mapping[Key, int], target: str) -> dict[str, dict[str, dict[str, int]]]:
    """
    What became of the items offered to one target, by service and type, as in ``of_target``.
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for key, n in counts.items():
        if key.target == target and key.account in _OUTCOMES:
            row = found.setdefault(key.service, {}).setdefault(key.item_type, dict.fromkeys(_OUTCOMES, 0))
            row[key.account] += n
    return found


def of_target(counts: Mapping[Key, int], target: str) -> dict[str, Any]:
    """
    What became of the items offered to one target. For each type:
    ``offered = delivered + pending + refused + filtered + dropped``.
    """
    types = _sum(counts, "item_type", account="offered", target=target)
    by_type = {
        item_type: {
            account: sum(_sum(counts, "account", account=account, target=target, item_type=item_type).values())
            for account in _OUTCOMES
        }
        for item_type in types
    }
    return {
        "delivered": _sum(counts, "item_type", account="delivered", target=target),
        # Of the delivered: what took less than all of it.
        "trimmed": _sum(counts, "item_type", account="delivered", target=target, reason="trimmed"),
        "pending": sum(_sum(counts, "account", account="pending", target=target).values()),
        "refused": _sum(counts, "reason", account="refused", target=target),
        "filtered": _sum(counts, "item_type", account="filtered", target=target),
        "dropped": _sum(counts, "reason", account="dropped", target=target),
        "by_type": by_type,
    }
