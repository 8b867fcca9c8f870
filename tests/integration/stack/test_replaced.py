"""
Processes that are replaced under fault load, each with all that it kept, as a rollout replaces pods.
"""

import shutil
import time

import pytest
from crashctl.drill.cases import from_catalogue
from crashctl.drill.gateway import Gateway
from crashctl.drill.play import Stage
from crashctl.drill.sink import Sink
from crashctl.proof.release import TOKEN
from crashctl.rollouts.command import light
from crashctl.rollouts.session import run
from crashkit.loading import load_catalogue

from .conftest import ROOT

pytestmark = pytest.mark.timeout(400)

RATE = 25
CASES = light(from_catalogue(load_catalogue(ROOT / "catalog")))


class Replacer:
    """Ends a process by SIGTERM, and starts another that finds nothing of it, as an `emptyDir` goes with its pod."""

    def __init__(self, stack):
        self._stack = stack
        self.codes = {}

    def pods(self, component):
        process = self._stack.processes[component]
        statuses = [{"ready": self._stack.is_ready(component)}]
        return [{"metadata": {"uid": process.pid}, "status": {"containerStatuses": statuses}}]

    def restart(self, component):
        self.codes[component] = self._stack.end(component)
        state = self._stack.folder / f"{component}-state"
        left = list(state.glob("spool/*.envelope"))
        assert [] == left, f"{component} left {len(left)} events behind"
        shutil.rmtree(state, ignore_errors=True)
        self._stack.start(component)


class Quiet:
    doing = staticmethod(lambda _: None)


@pytest.fixture
def everything(make_stack):
    with make_stack("event-sink", "payment", "analytics", "game-engine", "gateway") as stack:
        yield stack


def test_nothing_that_was_answered_is_lost(everything):
    """
    Each service in turn is replaced while faults are fired at all; what was answered arrives once, and all sums close.
    """
    hands = Replacer(everything)
    in_turn = ["payment", "analytics", "game-engine", "gateway"]
    began = time.monotonic()
    with Gateway(everything.url("gateway"), TOKEN) as gateway, Sink(everything.url("event-sink")) as sink:
        stage = Stage(gateway, sink, None, Quiet())

        outcome = run(stage, hands, CASES, in_turn, rate=RATE, seed=1)

    assert dict.fromkeys(in_turn, 0) == hands.codes
    assert () == outcome.problems, "\n".join(outcome.lines())
    assert outcome.good
    assert outcome.total("answered") > 5 * (time.monotonic() - began) / 2
    assert outcome.refused, "nobody was away, so that nothing was proven"
