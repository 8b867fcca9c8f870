"""
One death after the other: waits until what belongs to it can be known, asks for it, and hands the event to the outbox.
"""

import heapq
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import monotonic, time

from crashkit.flight.reading import read_flight
from crashkit.scrubbing import scrub
from crashkit.telemetry import capture_unhandled

from coroner.api import ApiAwayError, ApiError, ApiRefusedError, Pods
from coroner.causes import classify
from coroner.death import Death, Kind
from coroner.evidence import during, happening
from coroner.memory import Memory
from coroner.metrics import Metrics
from coroner.outbox import Outbox
from coroner.pods import deaths_of, pod_of
from coroner.report import Case, envelope_of, event_of

LOG = logging.getLogger(__name__)
# The kubelet's own events and the wait before the next start come a moment after the status that tells of a death.
SETTLE_S = 0.8
# Looks at a death that nothing explains yet.
MOST_LOOKS = 2
# How long a death waits for an API that cannot be asked for its events.
API_AWAY_S = 30.0


@dataclass(frozen=True)
class Told:
    """
    What every event carries.

    Args:
        environment: of the release.
        release: where nothing else says one.
        languages: of the workloads, by name.
        takes_memory: scenarios that have a budget of memory, by workload.
        reads_logs: whether the role allows it.
    """

    environment: str
    release: str
    languages: Mapping[str, str]
    takes_memory: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reads_logs: bool = False


@dataclass(order=True)
class _Waiting:
    due: float
    event_id: str
    death: Death = field(compare=False)
    seen_at: float = field(compare=False)
    looks: int = field(default=0, compare=False)


class Inquest:
    """
    Explains deaths. Safe to use from any thread.

    Args:
        pods: the cluster.
        memory: knows the pods as they are now, and remembers what was told.
        outbox: sends events.
        metrics: what is counted.
        told: what every event carries.
        settle_s: how long to wait before a death is looked at (seconds).
    """

    def __init__(
        self, pods: Pods, memory: Memory, outbox: Outbox, metrics: Metrics, told: Told, *, settle_s: float = SETTLE_S
    ) -> None:
        self._pods = pods
        self._memory = memory
        self._outbox = outbox
        self._metrics = metrics
        self._told = told
        self._settle_s = settle_s
        self._reads_logs = told.reads_logs
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._stopped = False

    def take(self, death: Death) -> None:
        """
        Take a death that was not told yet.

        Args:
            death: as the pod's status has it.
        """
        LOG.info("container %s of pod %s died: %s", death.container, death.pod.name, death.kind.value)
        self._put(_Waiting(monotonic() + self._settle_s, death.event_id, death, time()))

    @property
    def waiting(self) -> int:
        """How many are not explained yet."""
        with self._changed:
            return len(self._waiting)

    def run(self) -> None:
        """Explain until it is stopped, and then what is left."""
        while (waiting := self._next()) is not None:
            try:
                self._explain(waiting)
            except Exception as error:
                LOG.exception("the death of %s could not be told", waiting.death.container)
                capture_unhandled(error, "coroner")

    def stop(self) -> None:
        """Ask it to explain what is left at once, and to end."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _put(self, waiting: _Waiting) -> None:
        with self._changed:
            heapq.heappush(self._waiting, waiting)
            self._changed.notify_all()

    def _next(self) -> _Waiting | None:
        with self._changed:
            while True:
                if self._waiting and (self._stopped or self._waiting[0].due <= monotonic()):
                    return heapq.heappop(self._waiting)
                if self._stopped:
                    return None
                self._changed.wait(self._waiting[0].due - monotonic() if self._waiting else None)

    def _explain(self, waiting: _Waiting) -> None:
        death = self._as_it_is_now(waiting.death)
        waiting.looks += 1
        last_look = self._stopped or waiting.looks >= MOST_LOOKS
        try:
            happenings = [happening(found) for found in self._pods.events_of(death.pod.uid)]
        except ApiError as error:
            if not self._stopped and isinstance(error, ApiAwayError) and time() < waiting.seen_at + API_AWAY_S:
                self._again(waiting)
                return
            LOG.warning("a death is told without the events of its pod: %s", error)
            happenings = []
        flight = read_flight(death.ended.message) if death.ended else None
        verdict = classify(death, happenings, flight, self._told.languages.get(death.pod.workload, ""))
        if verdict.may_change and not last_look:
            self._again(waiting)
            return
        case = Case(death, verdict, flight, during(death, happenings), self._log_of(death), waiting.seen_at)
        self._tell(case)

    def _again(self, waiting: _Waiting) -> None:
        waiting.due = monotonic() + self._settle_s
        self._put(waiting)

    def _tell(self, case: Case) -> None:
        event = event_of(
            case, environment=self._told.environment, release=self._told.release,
            takes_memory=self._told.takes_memory.get(case.death.pod.workload, ()),
        )  # fmt: skip
        self._outbox.put(event["event_id"], envelope_of(event, time(), self._outbox.book_id))
        self._memory.tell(event["event_id"])
        self._metrics.deaths.labels(case.death.pod.workload, case.verdict.cause.value).inc()
        LOG.info(
            "container %s of pod %s died of %s: %s",
            case.death.container, case.death.pod.name, case.verdict.cause.value, "; ".join(case.verdict.evidence),
        )  # fmt: skip

    def _as_it_is_now(self, death: Death) -> Death:
        """What the pod's status has added since: that it waits for its next start, or was deleted."""
        found = self._memory.newest(death.pod.uid)
        if found is None:
            return death
        same = next(
            (one for one in deaths_of(found, self._memory.ran(death.pod.uid)) if one.event_id == death.event_id), None
        )
        if same is not None and same.kind is death.kind:
            return same
        return replace(death, pod=pod_of(found))

    def _log_of(self, death: Death) -> str:
        """The end of its log: what the kubelet left in place of a flight record, else what the API gives."""
        message = death.ended.message if death.ended else ""
        if message and read_flight(message) is None:
            return scrub(message)
        if not self._reads_logs or death.kind is not Kind.ENDED:
            return ""
        try:
            previous = death.instance < death.restarts
            return scrub(self._pods.log_tail(death.pod.name, death.container, previous=previous))
        except ApiRefusedError as error:
            LOG.info("no log of %s: %s", death.container, error)
        except ApiError as error:
            LOG.warning("no log of %s: %s", death.container, error)
        return ""
