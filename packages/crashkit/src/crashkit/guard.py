"""
Decides whether a fault may be fired now: switch, method, token, name, rate, how many at once.
"""

import asyncio
import hmac
import re
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from crashkit.catalogue import BoundCase, Catalogue
from crashkit.problem import Problem
from crashkit.run import Run

RATE_WINDOW_S = 60.0
SWEEP_S = 1.0
RUN_TAG = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Policy:
    """
    The switches of the fault surface.

    Args:
        enabled: whether faults can be fired at all.
        allow_get: whether a plain ``GET`` without a token fires too.
        token: what ``Authorization: Bearer`` must carry.
    """

    enabled: bool
    allow_get: bool
    token: str = field(repr=False)  # local variables reach events by their repr


class Guard:
    """
    The guard of one process. Safe to use from any thread.

    Args:
        catalogue: what can be fired.
        policy: the switches.
        clock: seconds that only go forward.
    """

    def __init__(self, catalogue: Catalogue, policy: Policy, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._fired: dict[str, deque[float]] = defaultdict(deque)
        self._active: list[Run] = []

    def require_enabled(self) -> None:
        """
        Refuse everything while faults are off.

        Raises:
            Problem: 403.
        """
        if not self._policy.enabled:
            raise Problem(
                403, "faults-off", "Faults are switched off here; set global.faults.enabled=true in the chart's values"
            )

    def require_token(self, authorization: str | None) -> None:
        """
        Refuse a caller who does not know the token.

        Args:
            authorization: the ``Authorization`` header.

        Raises:
            Problem: 401.
        """
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._policy.token.encode()):
            return
        found = "another token was given" if authorization else "no token was given"
        raise Problem(
            401, "fault-token", f"This needs the header 'Authorization: Bearer <fault token>'; {found}",
            {"WWW-Authenticate": 'Bearer realm="faults"'},
        )  # fmt: skip

    def admit(
        self, service: str, scenario: str, case: str | None, *, method: str, authorization: str | None
    ) -> BoundCase:
        """
        Say which case a request fires, if it may.

        Args:
            service: name of the service.
            scenario: name of the scenario, as in the catalogue.
            case: name of the case as the caller spells it; none means the first.
            method: HTTP method.
            authorization: the ``Authorization`` header.

        Raises:
            Problem: 401, 403, 404 or 405.
        """
        self.require_enabled()
        if method not in {"GET", "POST"}:
            raise Problem(405, "method", f"A fault is fired by POST; found {method}", {"Allow": "POST"})
        if method == "GET" and not self._policy.allow_get:
            detail = "Firing by GET is switched off here; use POST with the token, or set global.faults.allowGet=true"
            raise Problem(405, "get-off", detail, {"Allow": "POST"})
        if method == "POST" or authorization:
            self.require_token(authorization)
        bound = self._catalogue.find(service, scenario, case)
        if bound is not None:
            return bound
        entry = self._catalogue.scenarios.get(service, {}).get(scenario)
        if entry is None:
            raise Problem(
                404, "unknown-scenario", f"{service} has no scenario {scenario!r}; GET /api/v1/catalog lists all"
            )
        if not entry.cases:
            raise Problem(404, "unknown-case", f"{service}/{scenario} has no cases; found {case!r}; leave it out")
        raise Problem(
            404, "unknown-case", f"{service}/{scenario} has no case {case!r}; it has {', '.join(entry.cases)}"
        )

    @contextmanager
    def firing(self, case: BoundCase, tag: str) -> Iterator[Run]:
        """
        Count one firing against the budget, and keep it listed while it runs or holds something.

        Args:
            case: what is fired.
            tag: who fires it.

        Yields:
            The run.

        Raises:
            Problem: 409 when as many as allowed run already, 429 when the minute's firings are used up.
        """
        run = Run(case, tag, self._clock)
        with self._lock:
            self._drop_ended()
            self._require_free(case)
            self._require_rate(case)
            self._active.append(run)
        try:
            yield run
        finally:
            with self._lock:
                if not run.holding and run in self._active:
                    self._active.remove(run)

    def active(self) -> list[Run]:
        """List what runs or holds something now, and free what has been held long enough."""
        with self._lock:
            self._drop_ended()
            return list(self._active)

    async def sweep(self) -> None:
        """Free what has been held long enough, also when nobody asks; runs until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.active()

    def stop(self, tag: str | None = None) -> int:
        """
        Stop the runs of one tag, or every run, and free what they hold.

        Args:
            tag: whose runs; none means all.

        Returns:
            How many there were.
        """
        with self._lock:
            runs = [run for run in self._active if tag in {None, run.tag}]
            for run in runs:
                run.stop()
            self._drop_ended()
            return len(runs)

    def _drop_ended(self) -> None:
        for run in self._active:
            if run.holding and run.ends_in_s == 0:
                run.end_hold()
                run.stop()
        self._active = [run for run in self._active if run.holding or not run.stopped]

    def _require_free(self, case: BoundCase) -> None:
        same = [run for run in self._active if _scenario_id(run.case) == _scenario_id(case)]
        if len(same) < case.budget.at_once:
            return
        first = same[0]
        who = f"{first.case.id}, run {first.tag}, {first.ends_in_s:.0f} s left"
        detail = f"{_scenario_id(case)} is active already ({who}); wait or DELETE /api/v1/faults"
        raise Problem(409, "already-active", detail)

    def _require_rate(self, case: BoundCase) -> None:
        now = self._clock()
        fired = self._fired[case.id]
        while fired and fired[0] <= now - RATE_WINDOW_S:
            fired.popleft()
        if len(fired) >= case.budget.per_minute:
            wait_s = int(fired[0] + RATE_WINDOW_S - now) + 1
            detail = f"{case.id} may be fired {case.budget.per_minute} times a minute; try again in {wait_s} s"
            raise Problem(429, "rate", detail, {"Retry-After": str(wait_s)})
        fired.append(now)


def run_tag(given: str | None) -> str:
    """
    Take the caller's run tag, or make one.

    Args:
        given: the ``X-Crash-Run`` header or the ``run`` parameter.

    Raises:
        Problem: 400 when it has other characters than letters, digits, ``.``, ``_``, ``-``, or more than 64.
    """
    if given is None:
        return f"run-{secrets.token_hex(4)}"
    if RUN_TAG.fullmatch(given):
        return given
    raise Problem(400, "run-tag", f"A run tag has 1 to 64 letters, digits, '.', '_' or '-'; found {given[:80]!r}")


def tag_to_stop(given: str | None) -> str | None:
    """
    Read whose runs a caller wants to stop.

    Args:
        given: the ``run`` parameter; none means all.

    Raises:
        Problem: 400 as :func:`run_tag`: what cannot be a tag must not stop everybody's runs.
    """
    return None if given is None else run_tag(given)


def _scenario_id(case: BoundCase) -> str:
    return f"{case.service.name}/{case.scenario_name}"
