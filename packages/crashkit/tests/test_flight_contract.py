"""
What every reader and writer of flight records has in common: contract/flight.json, also for the twin for Node.
"""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from crashkit.flight import file, record, requests
from crashkit.flight.reading import read_flight
from crashkit.scrubbing import scrub

CONTRACT = json.loads((Path(__file__).parent / "contract" / "flight.json").read_text())


@pytest.mark.parametrize("row", CONTRACT["rows"], ids=lambda row: row["why"])
def test_a_record_is_read_as_the_contract_says(row):
    """
    Open requests, the last one, memory and end are those of the contract, also from a torn record.
    """
    flight = read_flight(row["message"])

    if row["open"] is None:
        assert flight is None
        return
    assert row["open"] == [asdict(opened) for opened in flight.open]
    assert row["last"] == (flight.last and asdict(flight.last))
    assert (row["used_mib"], row["ended"]) == (flight.memory("used_mib"), flight.ended)


@pytest.mark.parametrize("row", CONTRACT["scrub"], ids=lambda row: row["given"][:40])
def test_what_nobody_may_read_is_filtered(row):
    """
    Card numbers, passwords, tokens, cookies and addresses go; what only looks similar stays.
    """
    assert row["scrubbed"] == scrub(row["given"])
    assert row["scrubbed"] == scrub(row["scrubbed"])


def test_the_bounds_are_those_of_the_contract():
    """
    Both languages write records of one size.
    """
    assert (CONTRACT["format"], CONTRACT["version"]) == (record.FORMAT, record.VERSION)
    assert CONTRACT["most_bytes"] == file.MOST_BYTES
    assert CONTRACT["most_open"] == record.MOST_OPEN
    assert CONTRACT["most_breadcrumbs"] == requests.MOST_BREADCRUMBS
    assert CONTRACT["most_characters"] == requests.MOST_CHARACTERS
