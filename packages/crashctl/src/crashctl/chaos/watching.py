"""
Watches the pods of a release in a thread of its own, and keeps what it sees.
"""

import threading
from collections.abc import Callable

from crashctl.chaos.cluster import Cluster, ClusterAwayError, component_of, is_leaving, is_ready
from crashctl.chaos.lives import Death, Json, Key, Register

AGAIN_S = 0.5


class Watching:
    """
    What there is, and what died.

    Args:
        cluster: that is watched.
        told: is told, by the thread, that something died.

    Raises:
        ClusterAwayError: there is no first look.
    """

    def __init__(self, cluster: Cluster, told: Callable[[Death], None]) -> None:
        self._cluster = cluster
        self._told = told
        self._lock = threading.Lock()
        self._register = Register()
        pods = cluster.pods()
        self._register.begin(pods)
        self._pods = {pod["metadata"]["uid"]: pod for pod in pods}
        self._known: set[Key] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a last look is taken first, so that nothing is missed."""
        self._stopped.set()
        self._look("LISTED", self._cluster.pods())

    def pods(self, component: str = "") -> list[Json]:
        """Give the pods that there are, of one component or all."""
        with self._lock:
            return [pod for pod in self._pods.values() if component in {"", component_of(pod)}]

    def stays(self, component: str) -> Json | None:
        """Give a pod of a component that is whole: ready, and not on its way out."""
        return next((pod for pod in self.pods(component) if is_ready(pod)), None)

    @property
    def all_well(self) -> bool:
        """Whether every pod is ready and none is on its way out."""
        return all(is_ready(pod) for pod in self.pods())

    @property
    def leaving(self) -> bool:
        """Whether a pod is on its way out."""
        return any(is_leaving(pod) for pod in self.pods())

    def deaths(self) -> list[Death]:
        """Give every death since the first look."""
        with self._lock:
            return self._register.deaths()

    def firsts(self) -> dict[tuple[str, str], int]:
        """Give, of each container that was ever seen, the first start that counts."""
        with self._lock:
            return self._register.firsts()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                for kind, pods in self._cluster.watch():
                    self._look(kind, pods)
                    if self._stopped.is_set():
                        return
            except ClusterAwayError:
                # What happened meanwhile is in the next list: counts of restarts, and which pods are gone.
                self._stopped.wait(AGAIN_S)

    def _look(self, kind: str, pods: list[Json]) -> None:
        with self._lock:
            if kind == "LISTED":
                self._pods = {pod["metadata"]["uid"]: pod for pod in pods}
                self._register.only(self._pods)
            for pod in pods:
                if kind == "DELETED":
                    self._pods.pop(pod["metadata"]["uid"], None)
                    self._register.gone(pod)
                else:
                    self._pods[pod["metadata"]["uid"]] = pod
                    self._register.see(pod)
            fresh = [death for death in self._register.deaths() if death.key not in self._known]
            self._known.update(death.key for death in fresh)
        for death in fresh:
            self._told(death)
