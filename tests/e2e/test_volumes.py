"""
The volumes of the cluster that `make up` makes.
"""

import json

import pytest
import yaml
from crashctl.cluster.storage import CONFIG, NAMESPACE, VOLUME_WITHIN_S
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

APART = "crash-demo-volumes"
CLAIM = "a-claim"
# Its own wait, the wait before it tries again, and the making itself on a busy node.
TRIED_AGAIN_WITHIN_S = VOLUME_WITHIN_S + 60


@pytest.fixture
def apart(cluster):
    """A namespace that is gone afterwards, with its claim."""
    cluster.run("kubectl", "delete", "namespace", APART, "--ignore-not-found", within_s=120)
    cluster.run("kubectl", "create", "namespace", APART)
    yield APART
    cluster.run("kubectl", "delete", "namespace", APART, "--wait=false")


def test_a_volume_that_was_not_made_is_made_a_little_later(cluster, apart):
    """
    Where the node could not start the pod that makes a volume, nobody waits two minutes for it: the next one makes it.
    """

    def asked(*what):
        return json.loads(cluster.run("kubectl", "get", *what, "--output=json"))

    def create(namespace, kind, name, spec):
        version = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        cluster.run("kubectl", "--namespace", namespace, "create", "--filename", "-", stdin=json.dumps(version))

    helper = yaml.safe_load(asked(CONFIG, "--namespace", NAMESPACE)["data"]["helperPod.yaml"])
    image = helper["spec"]["containers"][0]["image"]
    room = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    create(apart, "PersistentVolumeClaim", CLAIM, room)
    uid = asked("pvc", CLAIM, "--namespace", apart)["metadata"]["uid"]
    failing = {"name": "helper-pod", "image": image, "command": ["/no-such-program"]}
    create(NAMESPACE, "Pod", f"helper-pod-create-pvc-{uid}", {"restartPolicy": "Never", "containers": [failing]})
    using = {"name": "user", "image": image, "command": ["sh", "-c", "true"]}
    volume = {"name": "room", "persistentVolumeClaim": {"claimName": CLAIM}}

    create(apart, "Pod", "user", {"restartPolicy": "Never", "containers": [using], "volumes": [volume]})

    wait_for(
        lambda: asked("pvc", CLAIM, "--namespace", apart)["status"]["phase"] == "Bound",
        TRIED_AGAIN_WITHIN_S,
        "the volume",
    )
    said = cluster.run("kubectl", "--namespace", apart, "get", "events")
    assert f"create process timeout after {VOLUME_WITHIN_S} seconds" in said
