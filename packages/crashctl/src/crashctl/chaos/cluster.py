"""
The cluster of a release, as chaos sees and treats it: pods as the API shows them, deletes, and the kernel of a node.
"""

import json
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import urllib3
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from crashctl.chaos.lives import COMPONENT, Json
from crashctl.drill.kube import INSTANCE, TIMEOUT_S, connect
from crashctl.drill.problems import CannotRunError

WATCH_S = 60
NODE_S = 30
GONE = 410
NOT_FOUND = 404


class ClusterAwayError(Exception):
    """The Kubernetes API did not answer, or refused; it may do the next time."""


class KillFailedError(Exception):
    """Nothing was killed; the message says why."""


class Cluster:
    """
    Pods of one release.

    Args:
        how: the path of a kubeconfig.
        namespace: of the release.
        release: its name.
        node_shell: command that runs another one on a node, with ``{node}`` for its name, such as
            ``docker exec {node}``.

    Raises:
        CannotRunError: the configuration cannot be read.
    """

    def __init__(self, how: str, namespace: str, release: str, node_shell: str) -> None:
        self._namespace = namespace
        self._selector = f"{INSTANCE}={release}"
        self._node_shell = shlex.split(node_shell)
        self._core = client.CoreV1Api(connect(how))

    def pods(self) -> list[Json]:
        """
        Give the release's pods that are to run for ever.

        Raises:
            ClusterAwayError: the API does not answer.
        """
        return self._listed()[0]

    def watch(self) -> Iterator[tuple[str, list[Json]]]:
        """
        List the pods, then give what changes until the server ends it.

        Yields:
            ``LISTED`` with all pods first, then ``ADDED``, ``MODIFIED`` or ``DELETED`` with one.

        Raises:
            ClusterAwayError: the API does not answer, or has lost its place.
        """
        pods, version = self._listed()
        yield "LISTED", pods
        try:
            stream = watch.Watch().stream(  # type: ignore[no-untyped-call]  # the client's own
                self._core.list_namespaced_pod, self._namespace, label_selector=self._selector,
                resource_version=version, timeout_seconds=WATCH_S,
                _request_timeout=(TIMEOUT_S[0], WATCH_S + TIMEOUT_S[1]),
            )  # fmt: skip
            for change in stream:
                if _lasts(change["raw_object"]):
                    yield change["type"], [change["raw_object"]]
        except (ApiException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise ClusterAwayError(str(error)) from error

    def delete(self, pod: str, *, force: bool = False) -> None:
        """
        Delete a pod.

        Args:
            pod: its name.
            force: whether to grant it no time at all.

        Raises:
            KillFailedError: it is not there, or that is not allowed.
            ClusterAwayError: the API does not answer.
        """
        grace_s = 0 if force else None
        try:
            self._core.delete_namespaced_pod(
                pod,
                self._namespace,
                body=client.V1DeleteOptions(grace_period_seconds=grace_s),
                _request_timeout=TIMEOUT_S,
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                raise KillFailedError(f"pod {pod} is gone already") from None
            raise KillFailedError(f"pod {pod} is not deleted: {error.reason}") from None
        except urllib3.exceptions.HTTPError as error:
            raise ClusterAwayError(str(error)) from error

    def sigkill(self, pod: Json, container: str) -> None:
        """
        Kill the main process of a container from its node, as the kernel kills.

        Args:
            pod: as the API shows it.
            container: its name.

        Raises:
            KillFailedError: it does not run, or the node refuses.
        """
        node = pod["spec"]["nodeName"]
        wanted = container_id(pod, container)
        found = json.loads(self._on(node, "crictl", "inspect", "--output", "json", wanted))
        process = found["info"]["pid"]
        self._on(node, "kill", "-KILL", str(process))

    def require_node(self, node: str) -> None:
        """
        Make sure that processes on a node can be killed.

        Raises:
            CannotRunError: they cannot.
        """
        try:
            self._on(node, "crictl", "version")
        except KillFailedError as error:
            raise CannotRunError(
                f"no process can be killed on {node}: {error}; --node-shell names a command that runs others on it "
                "as root, such as 'ssh {node} sudo'; or leave sigkill out: --kinds delete,fault"
            ) from None

    def _listed(self) -> tuple[list[Json], str]:
        try:
            answer = self._core.list_namespaced_pod(
                self._namespace, label_selector=self._selector, _request_timeout=TIMEOUT_S, _preload_content=False
            )
            # Asked not to load it into its models, the client gives the bare answer.
            found = json.loads(answer.data)  # type: ignore[attr-defined]
        except ApiException as error:
            raise ClusterAwayError(f"the pods cannot be listed: {error.reason}") from None
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ClusterAwayError(f"the pods cannot be listed: {error}") from None
        return [pod for pod in found["items"] if _lasts(pod)], found["metadata"]["resourceVersion"]

    def _on(self, node: str, *command: str) -> str:
        shell = [part.format(node=node) for part in self._node_shell]
        try:
            ended = subprocess.run(
                [*shell, *command],
                capture_output=True,
                text=True,
                check=False,
                timeout=NODE_S,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise KillFailedError(f"{shlex.join([*shell, *command])}: {error}") from None
        if ended.returncode:
            last = (ended.stderr or ended.stdout).strip().splitlines()[-1:]
            raise KillFailedError(f"{shlex.join([*shell, *command])}: {' '.join(last)}")
        return ended.stdout


def container_id(pod: Json, container: str) -> str:
    """
    Give the id of the process' container, as the runtime knows it.

    Raises:
        KillFailedError: it does not run.
    """
    for status in pod["status"].get("containerStatuses") or ():
        if status["name"] == container and "running" in (status.get("state") or {}):
            return str(status["containerID"]).partition("://")[2]
    raise KillFailedError(f"container {container} of {pod['metadata']['name']} does not run")


def component_of(pod: Json) -> str:
    """Give the component of the release that a pod runs."""
    return str((pod["metadata"].get("labels") or {}).get(COMPONENT, ""))


def is_leaving(pod: Json) -> bool:
    """Whether somebody has deleted it."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_ready(pod: Json) -> bool:
    """Whether all of it is ready."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return bool(statuses) and all(status.get("ready") for status in statuses) and not is_leaving(pod)


def _lasts(pod: Any) -> bool:  # Any: JSON
    """Whether it is to run for ever: a job or a test of helm says nothing about deaths."""
    return bool(pod.get("spec", {}).get("restartPolicy", "Always") == "Always")
