"""
The Kubernetes API, as far as the coroner asks it: pods and their events, of one namespace, read only.

The objects stay plain JSON. The client's models would take tens of MiB to import, and leave out what they do not know.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from urllib3.exceptions import HTTPError

from coroner.death import Json
from coroner.kubernetes_client import ApiClient, ConfigException, Configuration, configure

INSTANCE = "app.kubernetes.io/instance"
CONNECT_S = 3.0
ANSWER_S = 10.0
# The server ends a watch after this long; bookmarks keep its version young, and a dead connection is noticed.
WATCH_S = 60
SILENCE_S = WATCH_S + 15.0
LOG_LINES = 20
LOG_BYTES = 4096
MOST_EVENTS = 100


class ApiError(Exception):
    """The API did not do what it was asked; the message says what and why."""


class ApiAwayError(ApiError):
    """It does not answer, or says that it cannot now."""


class ApiRefusedError(ApiError):
    """It says no, and will say no again."""


class ExpiredError(ApiError):
    """What was asked for begins further back than the server remembers: list again."""


@dataclass(frozen=True)
class Change:
    """
    One line of a watch.

    Args:
        kind: ``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``.
        found: the object.
    """

    kind: str
    found: Json

    @property
    def version(self) -> str:
        """Where a watch goes on after this."""
        version: str = self.found["metadata"]["resourceVersion"]
        return version


class Pods(Protocol):
    """What the coroner asks of a cluster."""

    def list_pods(self) -> tuple[list[Json], str]:
        """Give all pods of the release, and the version from which to watch."""

    def watch_pods(self, version: str) -> Iterator[Change]:
        """Give what changes after a version; ends when the server ends it."""

    def events_of(self, uid: str) -> list[Json]:
        """Give the events of a pod."""

    def log_tail(self, pod: str, container: str, *, previous: bool) -> str:
        """Give the end of a container's log."""


class Cluster:
    """
    The cluster of the release.

    Args:
        how: ``in-cluster``, or the path of a kubeconfig.
        namespace: of the release.
        release: its name.

    Raises:
        ApiRefusedError: the configuration cannot be read.
    """

    def __init__(self, how: str, namespace: str, release: str) -> None:
        settings = Configuration()
        # The coroner says itself how often it asks again.
        settings.retries = False
        try:
            configure(settings, how)
        except (ConfigException, OSError) as error:
            raise ApiRefusedError(f"KUBE is {how}: {error}; name a kubeconfig, or in-cluster") from None
        self._api = ApiClient(settings)
        self._root = f"/api/v1/namespaces/{namespace}"
        self._selector = ("labelSelector", f"{INSTANCE}={release}")

    def list_pods(self) -> tuple[list[Json], str]:
        """
        Give all pods of the release, and the version from which to watch.

        Raises:
            ApiError: as the class says.
        """
        found = json.loads(self._read(f"{self._root}/pods", [self._selector]))
        return found["items"], found["metadata"]["resourceVersion"]

    def watch_pods(self, version: str) -> Iterator[Change]:
        """
        Give what changes after a version; ends when the server ends it.

        Args:
            version: of the list, or of the last change.

        Raises:
            ApiError: as the class says; :class:`ExpiredError` where the version is too old.
        """
        asked = [
            self._selector,
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(WATCH_S)),
        ]
        answer = self._ask(f"{self._root}/pods", asked, SILENCE_S)
        try:
            for line in _lines(answer):
                change = json.loads(line)
                if change["type"] == "ERROR":
                    raise _refusal(int(change["object"].get("code") or 0), str(change["object"].get("message")))
                yield Change(change["type"], change["object"])
        except (HTTPError, OSError) as error:
            raise ApiAwayError(f"the watch broke off: {error}") from None
        finally:
            answer.close()

    def events_of(self, uid: str) -> list[Json]:
        """
        Give the events of a pod.

        Args:
            uid: of the pod.

        Raises:
            ApiError: as the class says.
        """
        asked = [("fieldSelector", f"involvedObject.uid={uid}"), ("limit", str(MOST_EVENTS))]
        items: list[Json] = json.loads(self._read(f"{self._root}/events", asked))["items"]
        return items

    def log_tail(self, pod: str, container: str, *, previous: bool) -> str:
        """
        Give the end of a container's log.

        Args:
            pod: its name.
            container: its name.
            previous: whether that of the start before the newest one.

        Raises:
            ApiError: as the class says.
        """
        asked = [("container", container), ("tailLines", str(LOG_LINES)), ("limitBytes", str(LOG_BYTES))]
        asked += [("previous", "true")] * previous
        return self._read(f"{self._root}/pods/{pod}/log", asked).decode(errors="replace")

    def _read(self, path: str, asked: list[tuple[str, str]]) -> bytes:
        answer = self._ask(path, asked, ANSWER_S)
        try:
            body: bytes = answer.data
        except (HTTPError, OSError) as error:
            raise ApiAwayError(f"{path}: the answer broke off: {error}") from None
        return body

    def _ask(self, path: str, asked: list[tuple[str, str]], within_s: float) -> Any:  # Any: urllib3's response
        request = self._api.param_serialize(
            "GET", path, query_params=asked, header_params={"Accept": "application/json"}, auth_settings=["BearerToken"]
        )
        try:
            answer = self._api.call_api(*request, _request_timeout=(CONNECT_S, within_s)).response
            if answer.status != HTTPStatus.OK:
                raise _refusal(answer.status, f"{path}: {answer.data[:300].decode(errors='replace')}")
        except (HTTPError, OSError) as error:
            raise ApiAwayError(f"{path}: {error}") from None
        return answer


def _lines(answer: Any) -> Iterator[bytes]:  # Any: urllib3's response
    rest = b""
    for part in answer.stream(65536):
        *whole, rest = (rest + part).split(b"\n")
        yield from filter(None, whole)


def _refusal(status: int, said: str) -> ApiError:
    if status == HTTPStatus.GONE:
        return ExpiredError(said)
    if (
        status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return ApiAwayError(f"{status}: {said}")
    return ApiRefusedError(f"{status}: {said}")
