"""
Names that say that their value is a secret, wherever it stands: a key, a header, a variable, a parameter.
"""

import re
from functools import lru_cache
from typing import Final

FILTERED: Final = "[Filtered]"

# Anywhere in a name: ``faultsToken``, ``X-Api-Key``, ``MONGODB_PASSWORD``. Where one has an underscore, other spellings
# have a hyphen or nothing.
WORDS: Final = (
    "password", "passwd", "passphrase", "secret", "token", "api_key", "access_key", "private_key", "authorization",
    "credential", "cookie", "csrf", "xsrf", "card_number", "credit_card", "security_code", "session_id",
    "connection_string", "bearer", "passcode", "card_cvv", "card_cvc",
    "verification_value", "verification_code", "sessid", "passwort", "kennwort",
)  # fmt: skip
# A whole part of a name, because they are parts of other words: ``pin`` of ``spin``, ``pan`` of ``panel``.
PARTS: Final = (
    "auth", "pwd", "pass", "cvv", "cvv2", "cvc", "cvc2", "cvn", "csc", "pan", "pin", "otp", "iban", "ssn", "jwt", "sid",
    "session", "ccv", "cvvcode", "pincode",
)  # fmt: skip
# The whole name: what validators call the value that they refuse, and drivers that of a duplicate key.
WHOLE: Final = ("input", "input_value", "key_value")
# Headers whose value says nothing about anybody.
OPEN_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host"}
    | {"sentry-trace", "traceparent", "user-agent", "x-crash-run", "x-forwarded-host", "x-forwarded-proto"}
)
MOST_NAME: Final = 128

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_TOGETHER = tuple(word.replace("_", "") for word in WORDS)
_PARTS = frozenset(PARTS)
_WHOLE = frozenset(word.replace("_", "") for word in WHOLE)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """
    Whether a name says that its value is a secret.

    Args:
        name: of any spelling, also as Python shows bytes (``b'cookie'``).
    """
    if len(name) > MOST_NAME:
        return False
    parts = _SEPARATORS.split(_HUMP.sub("_", name).lower())
    together = "".join(parts)
    return together in _WHOLE or not _PARTS.isdisjoint(parts) or any(word in together for word in _TOGETHER)


def pattern() -> str:
    """
    Give the regular expression of what :func:`is_secret` looks for, from the telling word to the end of the name.
    """
    words = "|".join(_of_any_case(word).replace("_", "[_-]?") for word in WORDS)
    parts = "|".join(map(_of_any_case, PARTS))
    whole = "|".join(_of_any_case(name).replace("_", "[_-]?") for name in WHOLE)
    begins = r"(?:(?<![A-Za-z0-9])|(?<=[a-z0-9])(?=[A-Z]))"
    return rf"(?:(?:{words})[\w.\-]*|{begins}(?:{parts})(?![a-z0-9])[\w.\-]*|(?<![\w.\-])(?:{whole})(?![\w.\-]))"


def _of_any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word)
