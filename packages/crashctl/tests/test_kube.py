import base64
import json
from http.server import ThreadingHTTPServer
from urllib.parse import unquote

import pytest
import yaml
from crashctl.drill.kube import Cluster
from crashctl.drill.pods import Container
from crashctl.drill.problems import CannotRunError
from crashctl.proof.canaries import TOKENS
from crashctl.proof.http import Handler, serving

LABELS = {"app.kubernetes.io/component": "game-engine", "app.kubernetes.io/instance": "casino"}


def pod(name, *, policy="Always", deleted=None, **status):
    """A pod as the API shows it."""
    return {
        "metadata": {"name": name, "labels": LABELS, "deletionTimestamp": deleted},
        "spec": {"restartPolicy": policy, "containers": [{"name": "game-engine"}]},
        "status": {
            "containerStatuses": [
                {"name": "game-engine", "image": "i", "imageID": "i", "ready": True, "restartCount": 0, "lastState": {}}
                | status
            ]
        },
    }


MESSAGE = f"the last words of {TOKENS['cookie']}"
KILLED = {
    "terminated": {
        "exitCode": 137, "reason": "OOMKilled", "message": MESSAGE, "startedAt": None, "finishedAt": None,
    }
}  # fmt: skip
PODS = [
    pod("engine-a", restartCount=3, lastState=KILLED),
    pod("engine-b", ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}}),
    pod("drill", policy="Never", restartCount=0),
    pod("engine-old", deleted="2026-01-01T00:00:00Z"),
]


@pytest.fixture
def api(tmp_path):
    """An API server with pods and a secret, and the kubeconfig that leads to it."""
    answers = {
        "/api/v1/namespaces/ns/pods?labelSelector=app.kubernetes.io/instance=casino": (200, {"items": PODS}),
        "/api/v1/namespaces/ns/secrets/casino-secrets": (
            200,
            {"data": {"fault-token": base64.b64encode(b"the-token").decode()}},
        ),
    }

    class Api(Handler):
        def do_GET(self):
            status, body = answers.get(unquote(self.path), (403, {"kind": "Status", "reason": "Forbidden"}))
            self.answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Api)) as server:
        config = {
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(config))
        yield file


def test_the_pods_of_the_release_are_read(api):
    """
    Restarts, readiness and the last end of each container of a running pod; tests and leaving pods are left out.
    """
    found = Cluster(str(api), "ns", "casino").snapshot()

    assert {
        "engine-a/game-engine": Container(
            "engine-a", "game-engine", "game-engine", 3, True, "OOMKilled", 137, told=("cookie",)
        ),
        "engine-b/game-engine": Container("engine-b", "game-engine", "game-engine", 0, False, put_off=True),
    } == found


def test_the_token_is_read_from_the_secret_of_the_release(api):
    """
    Whoever may read the Secret needs no variable; whoever may not, gets none and no error.
    """
    assert "the-token" == Cluster(str(api), "ns", "casino").fault_token()
    assert Cluster(str(api), "ns", "other").fault_token() is None


def test_a_cluster_that_refuses_is_one_line(api):
    """
    Without the right to list pods the drill cannot run, and says which right it needs.
    """
    with pytest.raises(CannotRunError, match=r"refuses to list the pods .* needs get and list on pods"):
        Cluster(str(api), "ns", "other").snapshot()


def test_a_cluster_that_is_away_is_one_line(api):
    """
    A cluster that does not answer is said at once, with the way to drill without it.
    """
    away = api.with_name("away")
    config = yaml.safe_load(api.read_text())
    config["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:9"
    away.write_text(yaml.safe_dump(config))

    with pytest.raises(CannotRunError, match=r"does not answer .* or use --kube none"):
        Cluster(str(away), "ns", "casino").snapshot()


def test_a_kubeconfig_that_is_none_is_one_line(tmp_path):
    """
    A file that is missing or holds no configuration is named.
    """
    empty = tmp_path / "empty"
    empty.write_text("")

    for file in (tmp_path / "missing", empty):
        with pytest.raises(CannotRunError, match=f"--kube {file}: "):
            Cluster(str(file), "ns", "casino")
