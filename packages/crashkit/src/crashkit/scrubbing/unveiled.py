"""
Text behind escapes that nobody needs: escaped twice, digits and letters that are escaped, digits of other scripts.
"""

import re
from typing import Final

_DIGITS: Final = "\uff10\u0660\u06f0"  # of full width, Arabic, Persian: where each begins
_OTHER = "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in _DIGITS)
_CODE = "[2-7][0-9A-Fa-f]"
_NAMED: Final = {"quot": '"', "apos": "'", "commat": "@", "amp": "&", "lt": "<", "gt": ">"}
# What is escaped once and has to be stays as it is: the rules for text know it.
_VEILED = re.compile(
    rf"%25{_CODE}|%(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])|\\u00{_CODE}|\\x{_CODE}"
    rf"|&(?:quot|apos|commat|#[0-9]{{2,3}}|#[xX]{_CODE});|[{_OTHER}]"
)
_ESCAPE = re.compile(
    rf"(?:%|\\u00|\\x)(?P<code>{_CODE})|&#[xX](?P<hex>{_CODE});|&#(?P<number>[0-9]{{2,3}});"
    rf"|&(?P<name>{'|'.join(_NAMED)});|(?P<digit>[{_OTHER}])"
)
_PRINTABLE = range(0x20, 0x7F)
_MOST_ROUNDS = 5


def unveiled(text: str) -> str:
    """
    Give a text as whoever decodes it will read it; the text itself where nothing is hidden in it.

    Args:
        text: of any kind.
    """
    if not _VEILED.search(text):
        return text
    for _ in range(_MOST_ROUNDS):
        plain = _ESCAPE.sub(_decoded, text)
        if plain == text:
            break
        text = plain
    return text


def _decoded(found: "re.Match[str]") -> str:
    if name := found["name"]:
        return _NAMED[name]
    if digit := found["digit"]:
        return next(str(ord(digit) - ord(zero)) for zero in _DIGITS if 0 <= ord(digit) - ord(zero) <= 9)  # noqa: PLR2004 - a digit
    code = found["code"] or found["hex"]
    number = int(code, 16) if code else int(found["number"])
    return chr(number) if number in _PRINTABLE else found[0]
