"""
The drill of cases that end their process, on real processes: whoever ends is started again, later each time.
"""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from crashctl.drill.cases import from_catalogue
from crashctl.drill.gateway import Gateway
from crashctl.drill.play import Stage
from crashctl.drill.pods import Container
from crashctl.drill.session import check, run
from crashctl.drill.sink import Sink
from crashctl.waiting import wait_for
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

pytestmark = pytest.mark.timeout(300)

CASES = from_catalogue(load_catalogue(Path(__file__).parents[3] / "catalog"))
# What ends by a limit of the kernel needs a container.
ENDING = [case for case in CASES if case.expect.pod.ends in {PodEnd.EXIT, PodEnd.HEAP_ABORT}]
OTHERS = [case for case in CASES if (case.service, case.scenario) in {("game-engine", "error"), ("gateway", "crash")}]
# The first restart comes at once, as with a kubelet; the next are put off.
BACK_OFF_S = 4
SIGNALLED = 128


class Kubelet:
    """Starts services again whose process has ended, and shows them as Kubernetes shows containers."""

    def __init__(self, stack):
        self._stack = stack
        self._containers = {name: Container(f"{name}-a", name, name, restarts=0, ready=True) for name in stack.names}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def snapshot(self):
        return {container.key: container for container in self._containers.values()}

    def _watch(self):
        while not self._over.wait(0.1):
            for name, process in list(self._stack.processes.items()):
                if process.poll() is not None:
                    self._restart(name, process.returncode)

    def _restart(self, name, code):
        container = self._containers[name]
        code = SIGNALLED - code if code < 0 else code
        ended = replace(container, ready=False, ended_by="Error", exit_code=code)
        self._containers[name] = replace(ended, put_off=container.restarts > 0)
        self._over.wait(BACK_OFF_S * container.restarts)
        self._containers[name] = replace(ended, restarts=container.restarts + 1)
        self._stack.start(name)
        self._containers[name] = replace(self._containers[name], ready=True)


class Audience:
    """Notes when which case ended."""

    def __init__(self):
        self.ended_at = {}

    def ended(self, outcome):
        self.ended_at[outcome.case.id] = time.monotonic()

    begins = waits = doing = lambda *_: None


@pytest.fixture
def everything(make_stack):
    with make_stack("event-sink", "payment", "analytics", "game-engine", "gateway") as stack:
        yield stack


def test_what_ends_is_drilled_and_others_meanwhile(everything):
    """
    An uncaught exception (exit code 1, fatal) and the limit of the V8 heap (134) end payment's process; each is
    captured exactly once, the process is back, and the cases of other services were fired while it was away.
    """
    audience = Audience()
    with (
        Kubelet(everything) as pods,
        Gateway(everything.url("gateway"), "the-fault-token-of-the-tests") as gateway,
        Sink(everything.url("event-sink")) as sink,
    ):
        stage = Stage(gateway, sink, pods, audience)
        check(stage, frozenset(everything.names) - {"event-sink"})

        report = run(stage, [*OTHERS, *ENDING], audience)

        wait_for(lambda: all(container.ready for container in pods.snapshot().values()), 30, "all to be ready")

    assert {PodEnd.EXIT, PodEnd.HEAP_ABORT} == {case.expect.pod.ends for case in ENDING}
    assert [] == [(one.case.id, one.reasons) for one in report.outcomes if one.verdict != "ok"]
    assert () == report.wrongs
    assert max(audience.ended_at[case.id] for case in OTHERS) < max(audience.ended_at[case.id] for case in ENDING)
