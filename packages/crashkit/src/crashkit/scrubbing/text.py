"""
Text that nobody wrote for this: messages, log lines, values, what a database said.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from crashkit.scrubbing.cards import scrub_cards
from crashkit.scrubbing.names import FILTERED, PARTS, WORDS, pattern
from crashkit.scrubbing.unveiled import unveiled

Found = Callable[[str], None]

# A value that may be looked for where nothing gives it away: no word of a language, no small number.
TELLING: Final = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[^\s<>]{8,}|[^\s<>.()/]{16,}")

# Shorter text holds nothing that has a name.
SHORTEST: Final = 6
# Longer text is hardly ever the same again.
MOST_REMEMBERED: Final = 64
MOST_CLEAN: Final = 4096

# The only address that may be seen: that of a player of the demo.
_DEMO = re.compile(r"player-[0-9]{1,9}@example\.com", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[^\s@\"'`<>()\[\]{},;:=/&?|\\]{1,64}(?:@|%40)[^\s@\"'`<>()\[\]{},;:=/&?|\\]{1,253}\.(?:[^\W\d_]{2,24}|xn--[\w-]+)"
)
_USER_OF_URL = re.compile(r"(://)[^/\s@\"'<>]+@")
# What the SDK cut in two: it puts three dots in the place of the rest.
_CUT = re.compile(r"(?:(?<=://)[^/\s@\"'<>]*:[^/\s@\"'<>]*|[^\s@\"'<>]+@[^\s@\"'<>]*)\.\.\.\Z")

_OPEN_QUOTE = r"[bBrRuU]?\\*[\"']"
_QUOTED = (
    r"\"(?:[^\"\\]|\\[\s\S])*(?:\"|\Z)|'(?:[^'\\]|\\[\s\S])*(?:'|\Z)"
    r"|\\+\"[\s\S]*?(?:\\+\"|\Z)|\\+'[\s\S]*?(?:\\+'|\Z)"
)
# Spaces and quotes are in it, so that no shorter match of what stands before gets around it.
_DONE = rf"(?!\s*(?:{_OPEN_QUOTE}|%22)?\[Filtered\](?![\w\-]))"
_LINE = r"(?:\r?\n|\\r\\n|\\n)"
_BETWEEN = (
    rf"(?:\\*[\"']|%22|\)\])?\s*(?:=>|:=|==?|:|%3[DdAa])\s*(?:%22)?|\\*[\"']\s*,\s*(?={_OPEN_QUOTE}|[0-9])"
    # Of a form in parts, and of XML.
    rf"|\\*[\"'](?:;[^\r\n\\]*)?(?:{_LINE}[A-Za-z-]+:[^\r\n\\]*)*{_LINE}{{2}}"
    r"|(?:\s+[\w:.\-]+=(?:\"[^\"<>]*\"|'[^'<>]*'))*>(?:<!\[CDATA\[)?(?=[^\s<])"
)
# An object as Python shows it, and a pair in it.
_SHOWN = r"[\w.]+\((?:[^()]|\([^()]*\))*\)?|[\w.\-]+=(?:\"[^\"]*\"?|'[^']*'?)"
_NAMED = re.compile(
    rf"(?P<before>{pattern()}(?:{_BETWEEN}){_DONE}[\[(]?\s*(?:[bBrRuU](?=\\*[\"']))?)"
    rf"(?P<value>{_QUOTED}|{_SHOWN}|(?:\[Filtered\])?[^\s,;&\"'()\[\]{{}}<>|\\]+)"
)
# Without a sign between them: something with a digit in it, else it is the next word of the sentence.
_SPACED = re.compile(
    rf"(?P<before>{pattern()}\s+(?:(?:is|was|of)\s+)?)"
    r"(?P<value>(?=[^\s,;]*[0-9])[A-Za-z0-9][^\s,;\"'()<>\[\]{}]{5,})"
)
# In code a name stands before many things; what is written there as a literal is a value.
_LITERAL = re.compile(rf"(?P<before>{pattern()}[\"']?\s*[=:,]\s*[bBrRuU]?)(?P<value>{_QUOTED})")
# The whole value, because it has parts: ``a=1; b=2``, ``Basic dXNlcg==``.
_HEADER = re.compile(
    r"((?<![A-Za-z])(?:[Aa]uthorization|AUTHORIZATION|[Cc]ookies?|COOKIES?)"
    rf"(?:(?:\\*[\"'])?\s*[:=]|\\*[\"']\s*,(?=\s*{_OPEN_QUOTE})|(?=\s+[\w.\-]+=))"
    rf"(?!\s*(?:{_OPEN_QUOTE})?\[Filtered\](?:[\"'\\\r\n]|\Z))\s*(?:{_OPEN_QUOTE})?)"
    r"(?!\s*(?:[\[({\"'\\]|None\b|null\b|undefined\b))[^\r\n\"'\\]+"
)
_SCHEME = re.compile(
    r"(\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?:\s+|%20))(?=[a-z]*[A-Z0-9._~+/=:\-])[A-Za-z0-9._~+/=:\-]{6,}"
)
_CODE = re.compile(r"(\b(?:cv[vc]2?|ccv|cvn|csc|security code)\b[^0-9\r\n]{0,8})[0-9]{3,4}(?![0-9])", re.IGNORECASE)
_SIGNED = re.compile(r"\beyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_.\-]+")
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|whsec|tok)[_\-]|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|AKIA)[A-Za-z0-9_\-]{6,}"
)
_RANDOM = re.compile(
    r"(?<![A-Za-z0-9_+/.\-])(?=[\w+\-]*[0-9])(?=[\w+\-]*[A-Z])(?=[\w+\-]*[a-z])[A-Za-z0-9_+\-]{32,}(?![A-Za-z0-9_./\-])"
    r"|(?<![0-9A-Za-z:])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{33,}(?![0-9A-Za-z])"
)
# What validators and databases repeat of what they were given.
_PAIR = re.compile(r"([\w.$]+\s*:\s*)(?:\"(?:[^\"\\]|\\[\s\S])*(?:\"|\Z)|[^,}\s\"]+(?:\s+[^,}\s]+)*)")
_DUPLICATE = re.compile(r"(\bdup key: \{)((?:\"(?:[^\"\\]|\\[\s\S])*(?:\"|\Z)|[^}\"\r\n])*)")
_REPEATED = re.compile(
    r"(\binput_value=)(?!\[Filtered\]).*?(?=, input_type=|\r|\n|\Z)"
    r"|(\bKey \([^)\r\n]*\)=\()[^)\r\n]*|(\bFailing row contains \()[^\r\n]*?(?=\)\.?(?:\s|\Z)|\Z)"
    r"|(\bDuplicate entry ')[^\r\n]*?(?=' for key|\r|\n|\Z)|(\binvalid input [^:\r\n]{1,80}: \")[^\"\r\n]*"
    r"|(\[parameters: )(?!\[Filtered\])[\s\S]*?(?=\]\s*(?:\r|\n|\(|\Z)|\Z)"
)
_OF_A_ROW = r"(?:'[^'\r\n]*'?|\"[^\"\r\n]*\"?|[^()'\"\r\n]|\([^()\r\n]*\))*"
_INSERTED = re.compile(
    r"(\binsert\s+into\b[^;\r\n]{0,400}?\bvalues\s*\()(?!\[Filtered\])"
    rf"{_OF_A_ROW}(?:\)\s*,\s*\({_OF_A_ROW})*",
    re.IGNORECASE,
)
# What stands beside a card in one line: until when, and the code.
_BESIDE = re.compile(r"(\[Filtered\]([|;,:/ ]{1,3})(?:0[1-9]|1[0-2])[/\-]?(?:20)?[2-4][0-9]\2)[0-9]{3,4}(?![0-9])")
REPEATING: Final = ("input", "key", "row contains", "duplicate", "parameters", "insert")
_EMPTY = frozenset({"", "none", "null", "true", "false", "undefined", "nan", "%s", "%r", "%d"})

_SIGN = re.compile(r"[=:,\s>]|%3")
_NAMING = sorted({word[:4] for word in (*WORDS, *PARTS, *REPEATING)})
# Nothing else can match.
_SUSPECT = re.compile(
    r"@|%40|://|eyJ|[0-9](?:[ \t\-._+/,\u00a0\u2007\u2009\u202f\u2010-\u2015%]{0,3}[0-9]){9}"
    r"|[A-Za-z0-9_+\-]{32}|(?:sk|pk|rk|whsec|tok|gh.|pat|xox.)[_\-]"
    r"|AKIA|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|[Cc][Aa][Rr][Dd]"
)

_known: list[str] = []
# Short texts of events come again and again (operations, states, kinds, keys): those in which nothing was found.
_clean: set[str] = set()


def keep_secret(values: Iterable[str]) -> None:
    """
    Take values out of everything from now on, whatever they are called: what this process knows to be a secret.

    Args:
        values: those that could be found by chance, as a word could, are passed over.
    """
    _known.extend(value for value in values if TELLING.fullmatch(value) and value not in _known)
    _clean.clear()


def scrub(text: str, found: Found | None = None) -> str:
    """
    Take out of a text what nobody may read; the rest stays as it is.

    Args:
        text: of any kind.
        found: is told each value that only its name gave away, so that it can be looked for elsewhere.
    """
    if len(text) < SHORTEST or text in _clean:
        return text
    left = _without(text, found)
    plain = unveiled(left)
    if plain != left and (shown := _without(plain, found)) != plain:
        left = shown
    if left == text and len(text) <= MOST_REMEMBERED:
        _remember(text)
    return left


def _without(text: str, found: Found | None) -> str:
    for value in _known:
        if value in text:
            text = text.replace(value, FILTERED)
    left = _without_patterns(text) if _SUSPECT.search(text) else text
    return _without_named(left, found) if _may_name(left) else left


def _remember(text: str) -> None:
    if len(_clean) >= MOST_CLEAN:
        _clean.clear()
    _clean.add(text)


def _may_name(text: str) -> bool:
    """Whether it is worth to look for names: most text has no sign after which a value could stand."""
    if not _SIGN.search(text):
        return False
    lower = text.lower()
    return any(word in lower for word in _NAMING)


@lru_cache(maxsize=8192)
def scrub_code(line: str) -> str:
    """
    Take out of a line of source what it holds as a literal; its names and signs stay.

    Args:
        line: of a stack frame; they are few, and come again.
    """
    return _LITERAL.sub(lambda match: _instead(match, []), _without_patterns(line))


def _without_patterns(text: str) -> str:
    """Take out what its own form gives away."""
    if "://" in text:
        text = _USER_OF_URL.sub(rf"\1{FILTERED}@", text)
    if "@" in text or "%40" in text:
        text = _ADDRESS.sub(lambda match: match[0] if _DEMO.fullmatch(match[0]) else FILTERED, text)
    if text.endswith("..."):
        text = _CUT.sub(f"{FILTERED}...", text)
    text = _SCHEME.sub(rf"\1{FILTERED}", text)
    text = _SIGNED.sub(FILTERED, text)
    text = _PREFIXED.sub(FILTERED, text)
    text = scrub_cards(_RANDOM.sub(FILTERED, text))
    return _BESIDE.sub(rf"\1{FILTERED}", text) if FILTERED in text else text


def _without_named(text: str, found: Found | None) -> str:
    """Take out what is said to be a secret, and the same value again where nothing says so."""
    named: list[str] = []
    text = _HEADER.sub(rf"\1{FILTERED}", text)
    text = _CODE.sub(rf"\1{FILTERED}", text)
    text = _DUPLICATE.sub(lambda match: match[1] + _PAIR.sub(rf"\1{FILTERED}", match[2]), text)
    text = _REPEATED.sub(lambda match: f"{next(filter(None, match.groups()))}{FILTERED}", text)
    text = _INSERTED.sub(rf"\1{FILTERED}", text)
    text = _NAMED.sub(lambda match: _instead(match, named), text)
    text = _SPACED.sub(lambda match: _instead(match, named), text)
    for value in named:
        if found is not None:
            found(value)
        if TELLING.fullmatch(value):
            text = text.replace(value, FILTERED)
    return text


def _instead(match: "re.Match[str]", named: list[str]) -> str:
    """Put the word in the place of a value, inside of its quotes."""
    before, value = match["before"], match["value"]
    plain = value.strip("\\\"'")
    if plain.lower() in _EMPTY or plain == FILTERED:
        return match[0]
    named.append(plain)
    opening = value[: len(value) - len(value.lstrip("\\\"'"))]
    closing = value[len(value.rstrip("\\\"'")) :]
    return f"{before}{opening}{FILTERED}{closing}"
