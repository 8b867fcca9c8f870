"""
What must outlive this process, though not its pod: which deaths were told, and which containers ran when last seen.

Without it nothing is told twice either, because an event keeps its id; with it the sink is not asked to notice. And a
pod that goes while nobody looks is missed only where its containers are remembered.
"""

import json
import logging
import threading
from collections.abc import Collection
from pathlib import Path
from time import time

from coroner.death import Json
from coroner.pods import living, starts_of

LOG = logging.getLogger(__name__)
FILE = "coroner.json"
TOLD_FOR_S = 7 * 24 * 3600.0


class Memory:
    """
    Remembers. Safe to use from any thread.

    Args:
        folder: where it is kept; none keeps it in this process only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / FILE
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._pods: dict[str, Json] = {}
        self._running: dict[str, dict[str, int]] = {}
        self._ran: dict[str, dict[str, int]] = {}
        self._read()

    def is_told(self, event_id: str) -> bool:
        """Whether a death was told."""
        with self._lock:
            return event_id in self._told

    def tell(self, event_id: str) -> None:
        """Remember that a death was told."""
        with self._lock:
            self._told[event_id] = time()
            self._write()

    def see(self, pod: Json) -> None:
        """Remember a pod as it is now."""
        uid, running = pod["metadata"]["uid"], living(pod)
        with self._lock:
            self._pods[uid] = pod
            self._ran[uid] = {**self._ran.get(uid, {}), **starts_of(pod)}
            if self._running.get(uid) != running:
                self._running[uid] = running
                self._write()

    def newest(self, uid: str) -> Json | None:
        """Give a pod as it was last seen."""
        with self._lock:
            return self._pods.get(uid)

    def ran(self, uid: str) -> dict[str, int]:
        """Give which start of each container of a pod is known to have run."""
        with self._lock:
            return dict(self._ran.get(uid, {}))

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone."""
        with self._lock:
            self._pods.pop(uid, None)
            self._ran.pop(uid, None)
            if self._running.pop(uid, None) is not None:
                self._write()

    def missing(self, uids: Collection[str]) -> list[Json]:
        """Give the pods that are remembered and no longer there."""
        with self._lock:
            return [pod for uid, pod in self._pods.items() if uid not in uids]

    def _read(self) -> None:
        if self._file is None or not self._file.is_file():
            return
        try:
            found = json.loads(self._file.read_text())
            self._told = {str(event_id): float(at) for event_id, at in found["told"].items()}
            self._pods = {str(pod["metadata"]["uid"]): pod for pod in found["pods"]}
            self._running = {uid: living(pod) for uid, pod in self._pods.items()}
            self._ran = {str(uid): dict(starts) for uid, starts in found["ran"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            LOG.warning("%s cannot be read, and all deaths that are seen are told again: %r", self._file, error)
            self._told, self._pods, self._running, self._ran = {}, {}, {}, {}

    def _write(self) -> None:
        oldest = time() - TOLD_FOR_S
        self._told = {event_id: at for event_id, at in self._told.items() if at > oldest}
        if self._file is None:
            return
        beside = self._file.with_suffix(".new")
        pods = [_short(pod) for pod in self._pods.values()]
        try:
            beside.write_text(json.dumps({"told": self._told, "pods": pods, "ran": self._ran}))
            beside.replace(self._file)
        except OSError as error:
            LOG.warning("%s cannot be written: %s; STATE_DIR must name a writable folder", self._file, error.strerror)


def _short(pod: Json) -> Json:
    """Leave out what says nothing about a death."""
    metadata = {name: value for name, value in pod["metadata"].items() if name not in {"managedFields", "annotations"}}
    spec = {name: pod["spec"].get(name) for name in ("nodeName", "restartPolicy", "terminationGracePeriodSeconds")}
    for name in ("initContainers", "containers"):
        spec[name] = [
            {part: one[part] for part in ("name", "image", "resources", "restartPolicy") if part in one}
            for one in pod["spec"].get(name) or ()
        ]
    return {"metadata": metadata, "spec": spec, "status": pod.get("status") or {}}
