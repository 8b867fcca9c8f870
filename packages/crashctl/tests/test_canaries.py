import json
from urllib.parse import parse_qs

import pytest
from crashctl.proof import canaries
from crashkit.scrubbing import scrub

EVERYTHING = {**canaries.CARDS, **canaries.TOKENS, **canaries.ADDRESSES}


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_is_planted_is_found_however_it_is_written(name):
    """
    A value is found as it is, in JSON, in an address, and with its digits in any groups.
    """
    value = EVERYTHING[name]
    digits = value.replace(" ", "").replace("-", "") if name in canaries.CARDS else value
    written = [
        value,
        json.dumps({"x": [value]}),
        value.replace(" ", "+"),
        value.replace(" ", "%20").replace("@", "%40"),
    ]

    found = [canaries.found(f"x {text} y".encode()) for text in (*written, digits)]

    assert [[name]] * len(found) == found


def test_each_place_of_a_request_has_some():
    """
    Headers, cookie, query, body and baggage carry every one of them, and each is what its name says.
    """
    sent = json.dumps([dict(canaries.headers()), canaries.baggage(), canaries.query(), dict(canaries.body())])

    assert {*EVERYTHING, "code"} == set(canaries.found(sent.encode()))
    assert {"card", "access_token", "email", "cvv"} == set(parse_qs(canaries.query()))


@pytest.mark.parametrize("name", canaries.CARDS)
def test_a_planted_card_is_one_for_whoever_looks(name):
    """
    Each is a number that scrubbing knows by its digits alone, so that nothing but scrubbing keeps it out.
    """
    assert "[Filtered]" == scrub(canaries.CARDS[name].replace(" ", "").replace("-", ""))


def test_nothing_is_found_by_chance():
    """
    Ids, times and amounts are none of them; a code is one only where something calls it so.
    """
    text = b"trace 0af7651916cd43dd8448eb211c80319c at 1764200001.7391, 7391 coins, cvv [Filtered]"

    assert [] == canaries.found(text)
    assert ["code"] == canaries.found(b"cvv=7391")
