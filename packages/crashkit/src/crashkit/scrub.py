"""
Takes out of free text what nobody may read there: card numbers, passwords, tokens, cookies, addresses.

For text that we did not write: log lines, messages, what a dying program printed. The rules are plain regular
expressions, so that the twin for Node has the same ones; both are held to ``tests/contract/flight.json``.
"""

import re

FILTERED = "[Filtered]"
# Longer text is cut before it is looked at: the rules are for lines, not for documents.
MOST_CHARACTERS = 4000

_RULES = (
    # User and password of an address, the key of a DSN.
    (re.compile(r"://[^/\s@]+@"), f"://{FILTERED}@"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), FILTERED),
    # Whole headers: a cookie has several values.
    (re.compile(r"((?:authorization|cookie)[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+", re.IGNORECASE), rf"\1{FILTERED}"),
    (re.compile(r"\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1{FILTERED}"),
    # A name that says what its value is.
    (
        re.compile(
            r"([\w-]*(?:token|passw(?:or)?d|secret|api[_-]?key|access[_-]?key)[\w-]*[\"']?\s*[:=]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
            re.IGNORECASE,
        ),
        rf"\1{FILTERED}",
    ),
    (re.compile(r"\b(cv[vcn]2?\b[^0-9\r\n]{0,4})\d{3,4}\b", re.IGNORECASE), rf"\1{FILTERED}"),
    # 13 digits and more, also in groups, as cards are written.
    (re.compile(r"(?<![0-9a-f])\d(?:[ -]?\d){12,}(?![0-9a-f])", re.IGNORECASE), FILTERED),
    # Signed tokens, keys with a known beginning, and long random text; an id of 32 hex digits is none of these.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_.-]+"), FILTERED),
    (re.compile(r"\b(?:sk|pk|rk|gh[opsu]|xox[abprs]|AKIA)[A-Za-z0-9_-]{12,}\b"), FILTERED),
    (re.compile(r"\b[0-9a-f]{33,}\b", re.IGNORECASE), FILTERED),
)


def scrub(text: str) -> str:
    """
    Replace what nobody may read; the rest stays as it is.

    Args:
        text: of any kind; only the first 4000 characters are kept.
    """
    text = text[:MOST_CHARACTERS]
    for found, instead in _RULES:
        text = found.sub(instead, text)
    return text
