"""
When the kubelet's status first told of an end of a container: a watch of its own, beside the coroner's.
"""

import threading
import time
from collections.abc import Iterator
from datetime import datetime

from crashctl.drill.hands import AwayError, Hands, Pod

AGAIN_S = 0.2


class Statuses:
    """
    Watches the pods of a release in a thread of its own.

    Args:
        hands: to watch with.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._seen: dict[tuple[str, str, float], float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="statuses", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End with the next change; nobody waits for it."""
        self._stopped.set()

    def seen(self, uid: str, container: str, finished_at: float) -> float | None:
        """
        Say when an end was first told (seconds of the monotonic clock).

        Args:
            uid: of the pod.
            container: its name.
            finished_at: when it ended (unix seconds, whole ones).
        """
        return self._seen.get((uid, container, finished_at))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                for pod in self._hands.changes():
                    now = time.monotonic()
                    for end in ends_of(pod):
                        self._seen.setdefault(end, now)
                    if self._stopped.is_set():
                        return
            except AwayError:
                self._stopped.wait(AGAIN_S)


def ends_of(pod: Pod) -> Iterator[tuple[str, str, float]]:
    """
    Give the ends that a pod's status tells of: pod, container, and when it ended (unix seconds).

    Args:
        pod: as the API shows it.
    """
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        for part in ("state", "lastState"):
            ended = (status.get(part) or {}).get("terminated") or {}
            if ended.get("finishedAt"):
                yield pod["metadata"]["uid"], status["name"], unix_s(ended["finishedAt"])


def unix_s(time_: str) -> float:
    """
    Read a time.

    Args:
        time_: RFC 3339.
    """
    return datetime.fromisoformat(time_).timestamp()
