"""
Digits that are a card number, and those that are an id, a time or an amount.

A run of 13 to 19 digits is a card number when Luhn's sum is right and it begins as cards do: with none of 0 and 1, as
times in milliseconds and below do until 2033. Digits in groups as they are embossed are one whatever the sum.
"""

import re
from typing import Final

from crashkit.scrubbing.names import FILTERED

SHORTEST: Final = 13
LONGEST: Final = 19
# Groups that are shorter are a list of numbers.
SHORTEST_GROUP: Final = 3

_BETWEEN = r"(?:[ \t\-._+/\u00a0\u2007\u2009\u202f\u2010-\u2015]|%20|%2[Bb]|%2[Dd])"
# The digits of an escape are none of the text.
_ESCAPED = r"(?<=%[0-9A-Fa-f]{2})"
_EMBOSSED = re.compile(
    rf"(?:{_ESCAPED}|(?<![0-9A-Za-z.]))[2-9][0-9]{{3}}({_BETWEEN}{{1,3}})"
    r"(?:[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,4})?|[0-9]{6}\1[0-9]{4,5})(?![0-9A-Za-z])"
)
_RUNS = re.compile(r"(?<![0-9])[0-9](?:[ \-]?[0-9]){12,}")
# As numbers are grouped for people.
_THOUSANDS = re.compile(r"(?<![0-9.,_'])[0-9]{1,3}([,_'])[0-9]{3}(?:\1[0-9]{3}){3,4}(?![0-9.,_'])")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]?\Z")
_GROUP = re.compile(r"[0-9]+")
_BEFORE = re.compile(r"(?:[0-9]\.|[0-9A-Za-z]*)\Z")
_AFTER = re.compile(r"[0-9A-Za-z]*")
_HEX = re.compile(r"0x[0-9A-Fa-f]*|(?:[0-9A-Fa-f]{8}){2,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LOOK_BACK = 128
# What is called a card is one, whatever its digits sum up to.
_CALLED = re.compile(
    r"((?<![A-Za-z])(?:card|pan|cc)(?![a-z])[^0-9\r\n]{0,12}|(?:card|pan|cc)[_-]?(?:number|num|no)[^0-9\r\n]{0,8})"
    r"(?:[0-9][ \-]?){11,18}[0-9](?![0-9])",
    re.IGNORECASE,
)
# A card that was cut in two, with what the SDK puts in the place of the rest.
_CUT = re.compile(r"[0-9](?:[ \-]?[0-9]){5,}(?=\.\.\.\Z)")


def scrub_cards(text: str) -> str:
    """
    Take card numbers out of a text.

    Args:
        text: of any kind.
    """
    text = _EMBOSSED.sub(FILTERED, text)
    text = _CALLED.sub(rf"\g<1>{FILTERED}", text)
    text = _RUNS.sub(_without_cards, text)
    text = _THOUSANDS.sub(lambda found: FILTERED if is_card(re.sub("[^0-9]", "", found[0])) else found[0], text)
    return _CUT.sub(FILTERED, text) if text.endswith("...") else text


def is_card(digits: str) -> bool:
    """
    Whether digits are a card number.

    Args:
        digits: nothing else.
    """
    return SHORTEST <= len(digits) <= LONGEST and digits[0] not in "01" and _sum(digits) % 10 == 0


def _sum(digits: str) -> int:
    """Luhn's sum: every second digit from the right is doubled, and the digits of what comes of it are added."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2])) + sum(doubled)


def _without_cards(found: "re.Match[str]") -> str:
    if _is_of_an_id(found):
        return found[0]
    left = _without_groups(found[0])
    escape = _ESCAPE.search(found.string, max(0, found.start() - 2), found.start())
    if left == found[0] and escape is not None:
        digits = 3 - len(escape[0])
        return found[0][:digits] + _without_groups(found[0][digits:])
    return left


def _without_groups(text: str) -> str:
    groups = [(group.start(), group.end()) for group in _GROUP.finditer(text)]
    out, copied, first = [], 0, 0
    while first < len(groups):
        last = _last_of_card(text, groups, first)
        if last is not None:
            out += [text[copied : groups[first][0]], FILTERED]
            copied, first = groups[last][1], last
        first += 1
    return "".join([*out, text[copied:]])


def _last_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Give the last of the groups that are a card number together, the longest if there are several."""
    digits, found = "", None
    for number in range(first, len(groups)):
        begin, end = groups[number]
        digits += text[begin:end]
        is_list = number > first and min(end - begin, groups[first][1] - groups[first][0]) < SHORTEST_GROUP
        if is_list or len(digits) > LONGEST:
            break
        if is_card(digits):
            found = number
    return found


def _is_of_an_id(found: "re.Match[str]") -> bool:
    """Whether the digits are the decimals of a number, or a part of an id in hex digits."""
    text, start, end = found.string, found.start(), found.end()
    is_escaped = text[max(0, start - 3) : start].startswith("%")
    before = None if is_escaped else _BEFORE.search(text, max(0, start - _LOOK_BACK), start)
    after = _AFTER.match(text, end)
    ahead = before[0] if before else ""
    if ahead.endswith("."):
        return True
    word = ahead + found[0] + (after[0] if after else "")
    if len(word) > len(found[0]) and _HEX.fullmatch(word):
        return True
    return any(uuid.start() < end and start < uuid.end() for uuid in _UUID.finditer(text)) if "-" in found[0] else False
