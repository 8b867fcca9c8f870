"""
The provisioner of volumes that comes with kind, as ours.
"""

import json

from crashctl.cluster.kind_cluster import KindCluster

NAMESPACE = "local-path-storage"
CONFIG = "configmap/local-path-config"
PROVISIONER = "deployment/local-path-provisioner"
FILE = "config.json"
# A volume is made by a pod that runs for a second. Where the node cannot start that pod, the provisioner waits so long
# before it makes another one; its own 120 s are most of what a release has to be ready.
VOLUME_WITHIN_S = 20


def configured(config: str) -> str:
    """
    Give the provisioner's configuration with our bound.

    Args:
        config: JSON, as kind has it.
    """
    return json.dumps({**json.loads(config), "cmdTimeoutSeconds": VOLUME_WITHIN_S})


def configure_storage(cluster: KindCluster) -> None:
    """
    Have the provisioner try again soon where a volume was not made, if it does not already.

    Args:
        cluster: One that answers.

    Raises:
        ToolFailedError: kubectl failed.
    """
    there = json.loads(cluster.ask("get", CONFIG, "--namespace", NAMESPACE, "--output=json"))["data"][FILE]
    wanted = configured(there)
    if there == wanted:
        return
    patch = json.dumps({"data": {FILE: wanted}})
    cluster.kubectl("patch", CONFIG, "--namespace", NAMESPACE, "--type=merge", "--patch", patch)
    # It reads its configuration when it starts, and only now and then afterwards.
    cluster.kubectl("rollout", "restart", PROVISIONER, "--namespace", NAMESPACE)
