import json
import subprocess
import threading
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from crashctl.chaos.cluster import Cluster, ClusterAwayError, KillFailedError
from crashctl.chaos.watching import Watching
from crashctl.drill.problems import CannotRunError
from crashctl.proof.http import Handler, serving
from crashctl.waiting import wait_for

PODS = "/api/v1/namespaces/ns/pods"
SIGKILLED = -9


def pod(name, restarts=0, *, state="running", policy="Always", node="node-1"):
    status = {
        "name": "payment", "restartCount": restarts, "state": {state: {}}, "ready": state == "running",
        "containerID": f"containerd://{name}-{restarts}", "lastState": {}, "image": "i", "imageID": "i",
    }  # fmt: skip
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": {"app.kubernetes.io/component": "payment"}},
        "spec": {"restartPolicy": policy, "nodeName": node, "containers": [{"name": "payment"}]},
        "status": {"containerStatuses": [status]},
    }


class Api(ThreadingHTTPServer):
    """Lists pods, tells what changes, and deletes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Road)
        self.pods = []
        self.changes = []
        self.changed = threading.Condition()
        self.deleted = []
        self.away = False
        self.watched = 0

    def say(self, kind, found):
        with self.changed:
            self.changes.append(
                {"type": kind, "object": {**found, "metadata": found["metadata"] | {"resourceVersion": "2"}}}
            )
            self.changed.notify_all()


class Road(Handler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = urlsplit(self.path)
        if self.server.away or asked.path != PODS:
            self.send_error(503)
        elif "watch" in parse_qs(asked.query):
            self._watch()
        else:
            found = {
                "kind": "PodList",
                "apiVersion": "v1",
                "metadata": {"resourceVersion": "1"},
                "items": self.server.pods,
            }
            self._answer(200, found)

    def do_DELETE(self):
        name = self.path.rpartition("/")[2]
        body = json.loads(self.body())
        if name not in [one["metadata"]["name"] for one in self.server.pods]:
            self._answer(404, {"kind": "Status", "reason": "NotFound"})
            return
        self.server.deleted.append((name, body.get("gracePeriodSeconds")))
        self._answer(200, {"kind": "Status"})

    def _watch(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with self.server.changed:
            self.server.watched += 1
            while True:
                for change in self.server.changes:
                    self._chunk(json.dumps(change).encode() + b"\n")
                self.wfile.flush()
                self.server.changes = []
                if self.server.away:
                    self.server.watched -= 1
                    self._chunk(b"")
                    return
                self.server.changed.wait(1)

    def _chunk(self, content):
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    def _answer(self, status, found):
        self.answer(status, json.dumps(found).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def api():
    with serving(Api()) as server:
        yield server
        server.away = True


@pytest.fixture
def cluster(api, tmp_path):
    """A release on a cluster whose node is this machine; what its runtime says is in a file."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.server_port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    runtime = tmp_path / "node-1" / "crictl"
    runtime.parent.mkdir()
    runtime.write_text(f"#!/bin/sh\n[ $1 = version ] || cat {tmp_path}/$4.json\n")
    runtime.chmod(0o755)
    shell = f"env PATH={tmp_path}/{{node}}:/usr/bin:/bin"
    return Cluster(str(tmp_path / "kubeconfig"), "ns", "casino", shell)


def test_a_container_dies_by_sigkill_of_its_process(cluster, tmp_path):
    """
    The process that the node's runtime names for the container is killed, and no other.
    """
    process, other = (subprocess.Popen(["sleep", "600"]) for _ in range(2))
    (tmp_path / "payment-a-3.json").write_text(json.dumps({"info": {"pid": process.pid}}))

    try:
        cluster.sigkill(pod("payment-a", 3), "payment")

        assert SIGKILLED == process.wait(20)
        assert other.poll() is None
    finally:
        process.kill()
        other.kill()
        other.wait()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (pod("payment-a", state="waiting"), "container payment of payment-a does not run"),
        (pod("payment-a"), "cat: "),
        (pod("payment-a", node="node-2"), "crictl"),
    ],
    ids=["it waits", "the runtime does not know it", "no such node"],
)
def test_what_cannot_be_killed_is_said(cluster, found, said):
    """
    Where nothing runs, or the node refuses, nothing is killed and the reason is said.
    """
    with pytest.raises(KillFailedError, match=said):
        cluster.sigkill(found, "payment")


def test_a_node_that_cannot_be_reached_is_said_before_anything_is_killed(cluster):
    """
    The message names the node, and what to do.
    """
    cluster.require_node("node-1")

    with pytest.raises(CannotRunError, match=r"no process can be killed on node-2: .*--node-shell"):
        cluster.require_node("node-2")


def test_a_pod_is_deleted_with_its_grace_or_by_force(api, cluster):
    """
    A delete leaves the pod its own grace; by force it has none; one that is gone is said.
    """
    api.pods = [pod("payment-a")]

    cluster.delete("payment-a")
    cluster.delete("payment-a", force=True)

    assert [("payment-a", None), ("payment-a", 0)] == api.deleted
    with pytest.raises(KillFailedError, match="payment-b is gone already"):
        cluster.delete("payment-b")


def test_deaths_are_seen_as_they_are_told_and_over_an_api_that_was_away(api, cluster):
    """
    What the watch tells is seen at once; what happened while the API was away is in the next list; jobs do not count.
    """
    api.pods = [pod("payment-a"), pod("job", policy="Never")]
    died = []
    watching = Watching(cluster, lambda death: died.append((death.pod, death.key.start)))
    watching.start()
    assert ["payment-a"] == [found["metadata"]["name"] for found in watching.pods()]

    api.say("MODIFIED", pod("payment-a", 1))
    wait_for(lambda: died == [("payment-a", 0)], 20, "the first death")
    api.away = True
    with pytest.raises(ClusterAwayError):
        cluster.pods()
    wait_for(lambda: not api.watched, 20, "the watch to be cut off")
    api.pods = [pod("payment-b", 1)]
    api.away = False

    wait_for(lambda: len(died) == 3, 30, "what happened meanwhile")
    watching.stop()
    assert [("payment-a", 0), ("payment-a", 1), ("payment-b", 0)] == died
    assert watching.all_well
