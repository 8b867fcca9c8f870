"""
Sees every death: lists the pods, then watches what changes, and lists again where the watch has lost its place.
"""

import logging
import random
import threading
from collections.abc import Callable
from time import monotonic, time

from crashkit.telemetry import capture_unhandled

from coroner.api import ApiAwayError, ApiError, Change, ExpiredError, Pods
from coroner.death import Death, Json, Kind
from coroner.memory import Memory
from coroner.metrics import Metrics
from coroner.pods import deaths_of, removed

LOG = logging.getLogger(__name__)
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
# A list or a watch that takes longer than this without a word is a thread that hangs.
STALE_S = 120.0


class Watcher:
    """
    Looks, and hands each death on once.

    Args:
        pods: the cluster.
        memory: what was told, and what was seen.
        metrics: what is counted.
        take: is given each death that was not told yet.
        oldest_s: deaths longer ago than this are left out (seconds).
    """

    def __init__(
        self, pods: Pods, memory: Memory, metrics: Metrics, take: Callable[[Death], None], oldest_s: float
    ) -> None:
        self._pods = pods
        self._memory = memory
        self._metrics = metrics
        self._take = take
        self._oldest_s = oldest_s
        self._taken: set[str] = set()
        self._stopped = threading.Event()
        self._version: str | None = None
        self._away = False
        self.heard_at = monotonic()

    @property
    def current(self) -> bool:
        """Whether all that the API knows has been seen, as far as is known."""
        return self._version is not None and not self._away

    @property
    def hangs(self) -> bool:
        """Whether nothing was heard for so long that a new start is better."""
        return monotonic() - self.heard_at > STALE_S

    def stop(self) -> None:
        """Ask it to end, without waiting."""
        self._stopped.set()

    def run(self) -> None:
        """Look until it is stopped."""
        wait_s = FIRST_WAIT_S
        while not self._stopped.is_set():
            try:
                self.turn()
                wait_s = FIRST_WAIT_S
            except ExpiredError as error:
                LOG.info("the watch has lost its place, and the pods are listed again: %s", error)
                self._metrics.expired.inc()
                self._version = None
            except ApiError as error:
                self._note_away(error)
                self._stopped.wait(wait_s * random.uniform(0.5, 1))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def turn(self) -> None:
        """
        List if the place is not known, then watch until the server ends it.

        Raises:
            ApiError: the API is away, refuses, or has forgotten the place.
        """
        if self._version is None:
            pods, version = self._pods.list_pods()
            self._metrics.lists.inc()
            self.look_at_all(pods)
            self._version = version
        self._heard()
        for change in self._pods.watch_pods(self._version):
            if self._stopped.is_set():
                return
            self.look_at(change)
            self._version = change.version
            self._heard()

    def look_at_all(self, pods: list[Json]) -> None:
        """
        Look at all pods of the release, and for those that are gone since.

        Args:
            pods: all that there are.
        """
        for gone in self._memory.missing({pod["metadata"]["uid"] for pod in pods}):
            self._bury(gone)
        for pod in pods:
            self._look(pod)

    def look_at(self, change: Change) -> None:
        """
        Look at what changed.

        Args:
            change: one line of the watch.
        """
        if change.kind == "BOOKMARK":
            return
        if change.kind == "DELETED":
            self._bury(change.found)
        else:
            self._look(change.found)

    def _look(self, pod: Json) -> None:
        self._memory.see(pod)
        self._examine(pod, self._deaths_of)

    def _bury(self, pod: Json) -> None:
        self._examine(pod, self._deaths_of)
        self._examine(pod, removed)
        self._memory.forget(pod["metadata"]["uid"])

    def _deaths_of(self, pod: Json) -> list[Death]:
        return deaths_of(pod, self._memory.ran(pod["metadata"]["uid"]))

    def _examine(self, pod: Json, how: Callable[[Json], list[Death]]) -> None:
        try:
            for death in how(pod):
                self._found(death)
        except Exception as error:
            # One pod that is not understood must not hide the deaths of all others.
            LOG.exception("pod %s was not understood", pod["metadata"]["name"])
            capture_unhandled(error, "coroner")

    def _found(self, death: Death) -> None:
        if death.event_id in self._taken or self._memory.is_told(death.event_id):
            return
        self._taken.add(death.event_id)
        if death.at is not None and death.at < time() - self._oldest_s:
            self._metrics.old.inc()
            self._memory.tell(death.event_id)
            return
        if death.kind is Kind.UNSEEN:
            self._metrics.unseen.inc()
        self._take(death)

    def _heard(self) -> None:
        if self._away:
            LOG.info("the API answers again")
        self._away = False
        self.heard_at = monotonic()

    def _note_away(self, error: ApiError) -> None:
        self._metrics.api_failures.inc()
        # A refusal is an answer: a new start would not change it.
        self.heard_at = monotonic()
        if not self._away:
            said = "does not answer" if isinstance(error, ApiAwayError) else "refuses"
            LOG.warning("the API %s; what happens meanwhile is seen when it does: %s", said, error)
        self._away = True
