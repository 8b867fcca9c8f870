"""
Sizes and categories that Sentry has for item types; SDKs rely on them.
"""

from typing import Final

MIB: Final = 1024 * 1024

# Largest payload of one item. Types that are not named may be as large as the envelope.
ITEM_LIMIT_BYTES: Final = {
    "event": MIB,
    "transaction": MIB,
    "log": MIB,
    "span": 10 * MIB,
    "session": MIB,
    "sessions": MIB,
    "client_report": 64 * 1024,
    "check_in": 100 * 1024,
    "profile": 50 * MIB,
    "profile_chunk": 50 * MIB,
}

# The rate-limit category of an item type. Types that are not named are their own category.
_CATEGORY: Final = {
    "event": "error",
    "log": "log_item",
    "sessions": "session",
    "check_in": "monitor",
    "client_report": "internal",
}


def category(item_type: str) -> str:
    """
    The category under which Sentry limits this type of item.
    """
    return _CATEGORY.get(item_type, item_type)


def too_large(item_type: str, size: int) -> bool:
    """
    Whether Sentry answers 413 to an item of this type with a payload of ``size`` bytes.
    """
    limit = ITEM_LIMIT_BYTES.get(item_type)
    return limit is not None and size > limit
