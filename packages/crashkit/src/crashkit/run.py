"""
One firing of a case while it runs or holds something: it knows its budget and can be stopped.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from crashkit.catalogue import BoundCase, Budget


class RunEnded(Exception):  # noqa: N818 - it says what happened; being stopped is no error
    """The run must not go on."""


class BudgetExceeded(RunEnded):
    """The run took more than its budget allows."""


class RunStopped(RunEnded):
    """Somebody asked the run to stop."""


class Run:
    """
    One firing. Safe to use from any thread.

    Args:
        case: the case that is fired.
        tag: who fired it, as the ``run`` tag of every event.
        clock: seconds that only go forward.
    """

    def __init__(self, case: BoundCase, tag: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.case = case
        self.tag = tag
        self.started_at = datetime.now(UTC)
        self._clock = clock
        self._started = clock()
        self._stopped = threading.Event()
        self._holding = threading.Lock()
        self._release: Callable[[], None] | None = None
        self._held_until: float | None = None

    @property
    def budget(self) -> Budget:
        """The most that this run may take."""
        return self.case.budget

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run started."""
        return self._clock() - self._started

    @property
    def stopped(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stopped.is_set()

    @property
    def holding(self) -> bool:
        """Whether it still holds something after its answer."""
        return self._release is not None

    @property
    def ends_in_s(self) -> float:
        """Seconds until the run is over at the latest: of the hold, once it holds; of the budget before that."""
        if self._held_until is not None:
            return max(0.0, self._held_until - self._clock())
        return max(0.0, self.budget.wall_s - self.elapsed_s)

    def check(self) -> None:
        """
        Say whether the run may go on. Every loop that burns or holds something asks it.

        Raises:
            RunStopped: somebody asked it to stop.
            BudgetExceeded: it ran longer than ``budget.wall_s`` (seconds).
        """
        if self._stopped.is_set():
            raise RunStopped(f"{self.case.id} was stopped after {self.elapsed_s:.1f} s")
        if self.elapsed_s > self.budget.wall_s:
            raise BudgetExceeded(
                f"{self.case.id} ran for more than its budget of {self.budget.wall_s:g} s and was ended"
            )

    def hold(self, release: Callable[[], None]) -> None:
        """
        Keep the run active after its answer, for ``budget.hold_s`` seconds at the most.

        A run that was stopped while it still worked holds nothing: what it would hold is freed at once.

        Args:
            release: frees what is held; called once, when the hold is over or the run is stopped.
        """
        with self._holding:
            self._release = release
            self._held_until = self._clock() + self.budget.hold_s
        if self._stopped.is_set():
            self.end_hold()

    def stop(self) -> None:
        """Ask the run to stop, and free what it holds."""
        self._stopped.set()
        self.end_hold()

    def end_hold(self) -> None:
        """Free what the run holds; harmless when it holds nothing."""
        with self._holding:
            release, self._release = self._release, None
        if release is not None:
            release()

    def listed(self) -> dict[str, object]:
        """Give the run as ``GET /debug/faults`` and ``GET /api/v1/faults`` list it."""
        return {
            "id": self.case.id,
            "run": self.tag,
            "started_at": self.started_at.isoformat(),
            "holding": self.holding,
            "ends_in_s": round(self.ends_in_s, 1),
        }

    def answer(self, report: Mapping[str, object], trace_id: str | None) -> dict[str, object]:
        """
        Give the body of a firing that succeeded.

        Args:
            report: what the scenario says it did.
            trace_id: 32 hex digits; none without the SDK.
        """
        return {
            "service": self.case.service.name,
            "scenario": self.case.scenario_name,
            "case": self.case.case_name,
            "run": self.tag,
            "trace_id": trace_id,
            "report": report,
        }
