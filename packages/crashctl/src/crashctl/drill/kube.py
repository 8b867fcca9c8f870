"""
Asks the Kubernetes API for the pods of a release.
"""

import base64
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from crashctl.drill.pods import Container, Snapshot
from crashctl.drill.problems import CannotRunError
from crashctl.proof import canaries

IN_CLUSTER = "in-cluster"
COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"
TIMEOUT_S = (3, 10)
FORBIDDEN = 403
PUT_OFF = "CrashLoopBackOff"


class Cluster:
    """
    The cluster of a release.

    Args:
        how: ``in-cluster``, or the path of a kubeconfig.
        namespace: of the release.
        release: its name.

    Raises:
        CannotRunError: the configuration cannot be read.
    """

    def __init__(self, how: str, namespace: str, release: str) -> None:
        self._where = f"release {release} in namespace {namespace}"
        self._namespace = namespace
        self._release = release
        self._core = client.CoreV1Api(connect(how, "name a kubeconfig, in-cluster or none"))

    def snapshot(self) -> Snapshot:
        """
        Give every container of the release's long-running pods.

        Raises:
            CannotRunError: the cluster does not answer, or refuses.
        """
        try:
            found = self._core.list_namespaced_pod(
                self._namespace, label_selector=f"{INSTANCE}={self._release}", _request_timeout=TIMEOUT_S
            )
        except ApiException as error:
            fix = "the service account needs get and list on pods" if error.status == FORBIDDEN else "check --kube"
            raise CannotRunError(
                f"the cluster refuses to list the pods of {self._where}: {error.reason}; {fix}"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            reason = type(error).__name__
            raise CannotRunError(f"the cluster does not answer ({reason}); check --kube, or use --kube none") from None
        containers = [container for pod in found.items for container in _containers(pod)]
        return {container.key: container for container in containers}

    def fault_token(self) -> str | None:
        """Read the token from the release's Secret; none where that is not allowed or not there."""
        try:
            secret = self._core.read_namespaced_secret(
                f"{self._release}-secrets", self._namespace, _request_timeout=TIMEOUT_S
            )
        except (ApiException, urllib3.exceptions.HTTPError):
            return None
        encoded = (secret.data or {}).get("fault-token")
        return base64.b64decode(encoded).decode() if encoded else None


def connect(how: str, fix: str = "name a kubeconfig") -> client.ApiClient:
    """
    Make a client of the Kubernetes API.

    Args:
        how: ``in-cluster``, or the path of a kubeconfig.
        fix: what to do where that is none.

    Raises:
        CannotRunError: there is no such configuration, or it cannot be read.
    """
    settings = client.Configuration()
    try:
        if how == IN_CLUSTER:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        else:
            file = str(Path(how).expanduser())
            config.load_kube_config(config_file=file, client_configuration=settings)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise CannotRunError(f"--kube {how}: {error}; {fix}") from None
    # A cluster that is away is told at once, not after three silent repetitions.
    settings.retries = 1
    return client.ApiClient(settings)


def _containers(pod: Any) -> list[Container]:  # Any: the client types every part of a pod as perhaps missing
    # A pod that is to end by itself (a test, a job) or is on its way out says nothing about restarts.
    if pod.spec.restart_policy != "Always" or pod.metadata.deletion_timestamp:
        return []
    component = (pod.metadata.labels or {}).get(COMPONENT, "")
    return [_container(pod.metadata.name, component, status) for status in pod.status.container_statuses or ()]


def _container(pod: str, component: str, status: client.V1ContainerStatus) -> Container:
    ended = status.last_state.terminated if status.last_state else None
    waits = status.state.waiting if status.state else None
    return Container(
        pod=pod,
        name=status.name,
        component=component,
        restarts=status.restart_count,
        ready=bool(status.ready),
        ended_by=ended.reason if ended else None,
        exit_code=ended.exit_code if ended else None,
        put_off=bool(waits and waits.reason == PUT_OFF),
        told=tuple(canaries.found((ended.message or "").encode())) if ended else (),
    )
