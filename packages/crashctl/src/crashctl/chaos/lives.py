"""
Which containers died, by what the Kubernetes API shows of their pods; the coroner has an account of its own. Pure.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from crashkit.flight.reading import Flight, read_flight

COMPONENT = "app.kubernetes.io/component"
# What a kubelet writes of a container that it cannot find, whether or not there ever was one.
LOST = "ContainerStatusUnknown"
# What was answered this short before a death may be the reason of it.
JUST_ANSWERED_S = 5.0

Json = dict[str, Any]  # Any: an object of the Kubernetes API


class Key(NamedTuple):
    """Which start of which container."""

    uid: str
    container: str
    start: int


@dataclass(frozen=True)
class Death:
    """
    A start of a container that has ended.

    Args:
        key: which one.
        pod: name of its pod.
        component: that the pod runs.
        reason: as the runtime has it; empty where nobody told how it ended.
        exit_code: none where nobody told.
        at: when it ended (unix seconds); none where nobody told.
        flight: what the process left behind, if it did.
    """

    key: Key
    pod: str
    component: str
    reason: str = ""
    exit_code: int | None = None
    at: float | None = None
    flight: Flight | None = None

    def __str__(self) -> str:
        how = f"{self.reason}, exit code {self.exit_code}" if self.exit_code is not None else "nothing tells how"
        return f"start {self.key.start} of {self.pod}/{self.key.container} ({how})"

    @property
    def traces(self) -> frozenset[str]:
        """
        The traces that may be blamed, by what the process left behind: those of its faults, else of what was open, else
        of what was answered last; none where it left nothing.
        """
        if self.flight is None:
            return frozenset()
        opened = self.flight.open
        named = [one for one in opened if one.scenario] or list(opened)
        if named:
            return frozenset(one.trace for one in named)
        last = self.flight.last
        recent = last and last.until and (self.at is None or self.at - last.until < JUST_ANSWERED_S)
        return frozenset([last.trace] if last and recent else [])


@dataclass
class Life:
    """
    What is known of one container of one pod.

    Args:
        first: the first start that counts.
        newest: the newest start that there was; less than ``first`` where there was none yet.
        runs: whether that one has not ended, as far as is known.
        ends: how starts ended, where the status told.
    """

    first: int
    newest: int = -1
    runs: bool = False
    ends: dict[int, Json] = field(default_factory=dict)


class Register:
    """All containers of a release, from a first look on."""

    def __init__(self) -> None:
        self._lives: dict[tuple[str, str], Life] = {}
        self._pods: dict[str, tuple[str, str]] = {}
        self._gone: set[str] = set()

    def begin(self, pods: Iterable[Json]) -> None:
        """
        Take a first look: who died before it is nobody's business.

        Args:
            pods: all that there are.
        """
        for pod in pods:
            self.see(pod)
        for life in self._lives.values():
            life.first = life.newest if life.runs else life.newest + 1

    def see(self, pod: Json) -> None:
        """
        Look at a pod as it is now.

        Args:
            pod: as the API gives it.
        """
        metadata = pod["metadata"]
        uid = metadata["uid"]
        if uid in self._gone:
            return  # what is told late of a pod that is gone says nothing new
        self._pods[uid] = (metadata["name"], (metadata.get("labels") or {}).get(COMPONENT, ""))
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            self._see(self._lives.setdefault((uid, status["name"]), Life(first=0)), status)

    def gone(self, pod: Json) -> None:
        """
        See that a pod is not there any more; what still ran in it has ended.

        Args:
            pod: as it was last.
        """
        self.see(pod)
        self._bury(pod["metadata"]["uid"])

    def only(self, uids: Collection[str]) -> None:
        """
        See that no other pods are there any more.

        Args:
            uids: of those that are.
        """
        for uid in set(self._pods) - set(uids):
            self._bury(uid)

    def firsts(self) -> dict[tuple[str, str], int]:
        """Give, of each container that was ever seen, the first start that counts."""
        return {key: life.first for key, life in self._lives.items()}

    def deaths(self) -> list[Death]:
        """Give every death since the first look, pod by pod."""
        found = []
        for (uid, container), life in self._lives.items():
            pod, component = self._pods[uid]
            found += [
                _death(Key(uid, container, start), pod, component, life.ends.get(start))
                for start in range(life.first, life.newest + (not life.runs))
            ]
        return found

    def _bury(self, uid: str) -> None:
        self._gone.add(uid)
        for (of, _), life in self._lives.items():
            if of == uid:
                life.runs = False

    @staticmethod
    def _see(life: Life, status: Json) -> None:
        restarts = int(status.get("restartCount", 0))
        state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
        now = state.get("terminated")
        if now and now.get("reason") == LOST and life.newest < restarts:
            now = None
        if last:
            same = bool(last.get("containerID")) and last["containerID"] == status.get("containerID")
            start = restarts if same and not now else max(restarts - 1, 0)
            life.ends.setdefault(start, last)
            life.newest = max(life.newest, start)
            life.runs = life.runs and start < life.newest
        if restarts < life.newest:
            return  # told late
        if now:
            life.ends[restarts] = now
            life.newest, life.runs = restarts, False
        elif "running" in state and restarts not in life.ends:
            life.newest, life.runs = restarts, True


def _death(key: Key, pod: str, component: str, ended: Json | None) -> Death:
    if ended is None:
        return Death(key, pod, component)
    finished = ended.get("finishedAt")
    return Death(
        key, pod, component, ended.get("reason") or "", ended.get("exitCode"),
        datetime.fromisoformat(finished).timestamp() if finished else None, read_flight(ended.get("message")),
    )  # fmt: skip
