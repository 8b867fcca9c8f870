"""
Firing at a rate.
"""

from collections import Counter
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from crashctl.drill.cases import from_catalogue
from crashctl.drill.gateway import Gateway
from crashctl.proof.http import Handler, serving
from crashctl.rollouts.command import light
from crashctl.rollouts.volley import Volley
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

CASES = light(from_catalogue(load_catalogue(Path(__file__).parents[4] / "catalog")))[:4]
CONFLICT, FIRED = 409, 500


class Busy(ThreadingHTTPServer):
    """A gateway whose services are busy at the first firing of each path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), BusyHandler)
        self.asked = Counter()


class BusyHandler(Handler):
    def do_POST(self) -> None:
        self.server.asked[self.path] += 1
        self.answer(CONFLICT if self.server.asked[self.path] == 1 else FIRED)


@pytest.fixture
def busy():
    with serving(Busy()) as server:
        yield server


def test_what_is_refused_is_fired_again_on_another_trace(busy):
    """
    Each case that was refused is fired a moment later, so that none of the rate is missing; no trace is used twice.
    """
    with Gateway(f"http://127.0.0.1:{busy.server_port}", "token") as gateway:
        volley = Volley(gateway, CASES, rate=40, seed=1)
        volley.start()
        wait_for(lambda: len(volley.shots()) >= 20, 30, "some firings")
        volley.stop()

    shots = volley.shots()
    refused = [shot.firing.case.id for shot in shots if shot.is_refused]
    assert {case.id for case in CASES} == set(refused)
    assert len(refused) == len(set(refused))
    assert len(shots) == len({shot.firing.trace_id for shot in shots})
    # One in four firings is of each case, and each refusal was made up for.
    fired = Counter(shot.firing.case.id for shot in shots if not shot.is_refused)
    assert max(fired.values()) - min(fired.values()) <= 2
