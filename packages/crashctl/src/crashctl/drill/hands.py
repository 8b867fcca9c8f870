"""
What somebody with rights in its namespace does to a release: delete a pod, restart a Deployment, watch its pods.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from crashctl.drill.kube import COMPONENT, INSTANCE, TIMEOUT_S, connect
from crashctl.drill.problems import CannotRunError

WATCH_S = 60
NOT_FOUND = 404
MIB = 1024 * 1024
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
RESIDENT = "process_resident_memory_bytes"

Pod = dict[str, Any]  # Any: JSON of Kubernetes


class AwayError(Exception):
    """The Kubernetes API did not answer, or has lost its place; it may answer the next time."""


class Hands:
    """
    The hands of somebody who may delete pods and restart Deployments.

    Args:
        how: the path of a kubeconfig, or ``in-cluster``.
        namespace: of the release.
        release: its name.

    Raises:
        CannotRunError: the configuration cannot be read.
    """

    def __init__(self, how: str, namespace: str, release: str) -> None:
        self._namespace = namespace
        self._release = release
        api = connect(how)
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)

    def pods(self, component: str = "") -> list[Pod]:
        """
        Give the pods of a component as they are, also those on their way out.

        Args:
            component: none: of the whole release.

        Raises:
            AwayError: no answer.
        """
        return self._list(component)[0]

    def changes(self) -> Iterator[Pod]:
        """
        Give the pods of the release, and then each one that changes, until the server ends it.

        Raises:
            AwayError: no answer, or an end in the middle.
        """
        pods, version = self._list("")
        yield from pods
        try:
            # The client's own watch makes models of everything, which takes longer than what is timed by it.
            answer = self._core.list_namespaced_pod(
                self._namespace, label_selector=self._selector(""), resource_version=version, watch=True,
                timeout_seconds=WATCH_S, _request_timeout=(TIMEOUT_S[0], WATCH_S + 10), _preload_content=False,
            )  # fmt: skip
            yield from _changed(answer)
        except (ApiException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise AwayError(str(error)) from error

    def delete(self, pod: str) -> None:
        """
        Delete a pod, if it is there.

        Raises:
            CannotRunError: that is not allowed.
            AwayError: no answer.
        """
        try:
            self._core.delete_namespaced_pod(pod, self._namespace, _request_timeout=TIMEOUT_S)
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise CannotRunError(
                    f"pod {pod} cannot be deleted: {error.reason}; --kube needs the right to delete pods"
                ) from None
        except urllib3.exceptions.HTTPError as error:
            raise AwayError(str(error)) from error

    def restart(self, component: str) -> None:
        """
        Replace the pods of a component one after the other, as ``kubectl rollout restart`` does.

        Raises:
            CannotRunError: there is no such Deployment, or that is not allowed.
            AwayError: no answer.
        """
        marked = {"metadata": {"annotations": {RESTARTED_AT: datetime.now(UTC).isoformat()}}}
        name = f"{self._release}-{component}"
        try:
            self._apps.patch_namespaced_deployment(
                name, self._namespace, {"spec": {"template": marked}}, _request_timeout=TIMEOUT_S
            )
        except ApiException as error:
            raise CannotRunError(
                f"Deployment {name} cannot be restarted: {error.reason}; --kube needs the right to patch Deployments"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            raise AwayError(str(error)) from error

    def resident_mib(self, component: str, port: str = "http") -> float | None:
        """
        Ask a component how much memory it has resident (MiB); none where that cannot be known.

        Args:
            component: that tells it on ``/metrics``.
            port: name of the port of its Service.
        """
        with suppress(ApiException, urllib3.exceptions.HTTPError):
            answer = self._core.connect_get_namespaced_service_proxy_with_path(
                f"{self._release}-{component}:{port}", self._namespace, "metrics",
                _request_timeout=TIMEOUT_S, _preload_content=False,
            )  # fmt: skip
            text = answer.data.decode()  # type: ignore[attr-defined]  # the bare answer
            (line,) = [line for line in text.splitlines() if line.startswith(f"{RESIDENT} ")]
            return float(line.split()[1]) / MIB
        return None

    def _selector(self, component: str) -> str:
        return f"{INSTANCE}={self._release}" + (f",{COMPONENT}={component}" if component else "")

    def _list(self, component: str) -> tuple[list[Pod], str]:
        try:
            answer = self._core.list_namespaced_pod(
                self._namespace, label_selector=self._selector(component),
                _request_timeout=TIMEOUT_S, _preload_content=False,
            )  # fmt: skip
            found = json.loads(answer.data)  # type: ignore[attr-defined]  # the bare answer
        except (ApiException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise AwayError(str(error)) from error
        return found["items"], found["metadata"]["resourceVersion"]


def _changed(answer: Any) -> Iterator[Pod]:  # Any: urllib3's response
    rest = b""
    try:
        for part in answer.stream(65536):
            *whole, rest = (rest + part).split(b"\n")
            for line in filter(None, whole):
                change = json.loads(line)
                if change["type"] == "ERROR":
                    raise AwayError(str(change["object"].get("message")))
                yield change["object"]
    finally:
        answer.close()


def is_ready(pod: Pod) -> bool:
    """Whether all of a pod is ready, and nobody has deleted it."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    leaves = pod["metadata"].get("deletionTimestamp")
    return bool(statuses) and all(status.get("ready") for status in statuses) and not leaves
