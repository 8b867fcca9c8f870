"""
Ready means: the newest form of a workload, all of it, available.
"""

import pytest
from crashctl.cluster.release import _is_ready

READY = {
    "metadata": {"generation": 2},
    "spec": {"replicas": 1},
    "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}


def test_a_rolled_out_workload_is_ready():
    """
    Seen by its controller, updated, available, and no old pod left.
    """
    assert _is_ready(READY)


@pytest.mark.parametrize(
    "status",
    [
        {"observedGeneration": 1},
        {"updatedReplicas": 0},
        {"availableReplicas": 0},
        {"replicas": 2},
    ],
)
def test_a_workload_that_still_changes_is_not(status):
    """
    An upgrade that has only begun does not pass for ready with its old pods.
    """
    assert not _is_ready({**READY, "status": {**READY["status"], **status}})


def test_a_new_workload_without_status_is_not():
    """
    Right after the install the controller has said nothing yet.
    """
    assert not _is_ready({"metadata": {"generation": 1}, "spec": {}})
