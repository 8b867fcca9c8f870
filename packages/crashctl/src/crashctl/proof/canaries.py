"""
Values that look like what nobody may read. Drills and tests plant them in requests, and find them in nothing that is
sent.

They are nobody's: card numbers of no bank's range in use, a reserved domain. Each place has its own, so that a finding
says where it came from.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, urlencode

CARDS: Final = {
    "card in the query": "4539 5787 6362 1486",
    "card in a header": "4916-3385-0608-2832",
    "card in a cookie": "2223000048410010",
    "card in the body": "5425 2334 3010 9903",
    "card in baggage": "374245455400126",
    "card in the user agent": "6011000991300009",
}
TOKENS: Final = {
    "token in the query": "planted-query-7f31c9",
    "token in a header": "planted-header-2b60e4",
    "cookie": "planted-cookie-91d8a7",
    "token in the body": "planted-body-c45e02",
    "token in baggage": "planted-baggage-60aa1f",
}
ADDRESSES: Final = {
    "address in the query": "ada.in.query@mail.example.org",
    "address in the body": "ada.in.body@mail.example.org",
    "address in the referrer": "ada.in.referrer@mail.example.org",
}
CODE: Final = "7391"
_CODE_NAMED = re.compile(rb"(?i)(?:cv[vc]2?|security.?code)\W{1,12}7391(?!\d)")


def headers() -> Mapping[str, str]:
    """Give the headers that carry some of them."""
    return {
        "Cookie": f"session={TOKENS['cookie']}; card={CARDS['card in a cookie']}",
        "X-Api-Key": TOKENS["token in a header"],
        "X-Card-Number": CARDS["card in a header"],
        "Referer": f"https://mail.example.org/?from={quote(ADDRESSES['address in the referrer'])}",
        "User-Agent": f"drill/1 ({CARDS['card in the user agent']})",
    }


def baggage() -> str:
    """Give members of the header ``baggage`` that carry some of them."""
    return f"sentry-transaction={CARDS['card in baggage']},sentry-planted={TOKENS['token in baggage']}"


def query() -> str:
    """Give the query that carries some of them."""
    return urlencode(
        {
            "card": CARDS["card in the query"],
            "access_token": TOKENS["token in the query"],
            "email": ADDRESSES["address in the query"],
            "cvv": CODE,
        }
    )


def body() -> Mapping[str, str]:
    """Give the body that carries some of them."""
    return {
        "card_number": CARDS["card in the body"],
        "cvv": CODE,
        "token": TOKENS["token in the body"],
        "email": ADDRESSES["address in the body"],
    }


def found(raw: bytes) -> list[str]:
    """
    Name those that are in what was sent.

    Args:
        raw: an envelope as it came, a log, whatever holds bytes.
    """
    everything = {**CARDS, **TOKENS, **ADDRESSES}
    names = [name for name, value in everything.items() if any(text in raw for text in _spellings(value))]
    return [*names, "code"] if _CODE_NAMED.search(raw) else names


def _spellings(value: str) -> Iterable[bytes]:
    """Give a value as people, addresses and forms write it."""
    digits = re.sub(r"[ -]", "", value)
    if digits.isdigit():
        groups = [digits[at : at + 4] for at in range(0, len(digits), 4)]
        return {between.join(groups).encode() for between in ("", " ", "-", "+", "%20")} | {value.encode()}
    return {value.encode(), quote(value).encode()}
