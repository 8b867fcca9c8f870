"""
The coroner as a process, before a real kube-apiserver on a real etcd, and with a real event sink behind it.

There is no kubelet: a test writes the statuses that one would write. The binaries are those that `make up` builds on
the road "packages"; where they are not in the cache, these tests are skipped, and tests/e2e has the whole cluster.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from crashctl.proof import deaths
from crashctl.proof.deaths import Process, Sink

from .api_server import CORONER, NAMESPACE, RELEASE, ApiServer, Json, found_binaries


@pytest.fixture(scope="session")
def lasting_api() -> Iterator[ApiServer]:
    if found_binaries() is None:
        pytest.skip('no kube-apiserver and etcd in the cache; `make up` builds them on the road "packages"')
    # Long paths and a disk of its own: etcd and the API are slow to write.
    folder = Path(tempfile.mkdtemp(prefix="coroner-api-"))
    server = ApiServer(folder).prepare()
    try:
        yield server.start()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def api(lasting_api: ApiServer) -> Iterator[ApiServer]:
    """The API with a namespace that is empty but for the chart's Role."""
    if lasting_api.ask("GET", f"/api/v1/namespaces/{NAMESPACE}").status_code == 404:
        lasting_api.must("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        for path, body in rights():
            lasting_api.must("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/{path}", body)
    yield lasting_api
    if len(lasting_api.processes) == 1:
        lasting_api.start()
    for kind in ("pods", "events"):
        lasting_api.must("DELETE", f"/api/v1/namespaces/{NAMESPACE}/{kind}?gracePeriodSeconds=0")


def rights() -> list[tuple[str, Json]]:
    """What the chart allows the coroner: get, list and watch on pods and events of its namespace."""
    rule = {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["get", "list", "watch"]}
    subject = {"kind": "ServiceAccount", "name": "crash-demo-coroner", "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "coroner"}
    return [
        ("roles", {"metadata": {"name": "coroner"}, "rules": [rule]}),
        ("rolebindings", {"metadata": {"name": "coroner"}, "roleRef": role, "subjects": [subject]}),
    ]


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def sink(processes: ExitStack, tmp_path: Path) -> Sink:
    made = deaths.make_sink(tmp_path)
    processes.callback(made.close)
    made.start().ready()
    return made


@pytest.fixture
def make_coroner(processes: ExitStack, api: ApiServer, sink: Sink, tmp_path: Path) -> Callable[..., Process]:
    def make(token: str = CORONER, **changes: str) -> Process:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        kubeconfig = api.kubeconfig(token, folder / "kubeconfig")
        made = deaths.make_coroner(folder, state, sink, kubeconfig=kubeconfig, namespace=NAMESPACE, release=RELEASE)
        made.environment.update(changes)
        processes.callback(made.close)
        return made.start()

    return make


@pytest.fixture
def coroner(make_coroner: Callable[..., Process]) -> Process:
    return make_coroner().ready()
