"""
What every drill plants in its requests is in nothing that the release stores or says.
"""

import sqlite3
import zlib

import pytest
from crashctl.proof import canaries
from crashctl.proof.release import SERVICES

pytestmark = pytest.mark.timeout(500)


def test_no_envelope_holds_what_was_planted(lasting_stack, two_drills):
    """
    In the raw bytes of every envelope that the sink has stored, of any service, case or trace, is none of it.
    """
    with sqlite3.connect(f"file:{lasting_stack.folder / 'sink.sqlite3'}?mode=ro", uri=True) as store:
        stored = [zlib.decompress(body) for (body,) in store.execute("SELECT body FROM envelopes")]

    fired = sum(case["fired"] for case in two_drills[0]["cases"])
    assert len(stored) > fired
    assert [] == [(found, raw[:2000]) for raw in stored if (found := canaries.found(raw))]
    assert any(b"[Filtered]" in raw for raw in stored)


@pytest.mark.parametrize("name", SERVICES)
def test_no_log_holds_what_was_planted(name, lasting_stack, two_drills):
    """
    In what a service has said is none of it.
    """
    assert two_drills
    assert [] == canaries.found(lasting_stack.log(name).encode())
