"""
What the ``kubernetes`` client brings with it would be an eighth of the coroner's memory.
"""

import json
import subprocess
import sys

import pytest

LISTS = """
import json, sys
import coroner.__main__
{}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
UNUSED = {"oauthlib", "requests", "requests_oauthlib", "websocket"}


@pytest.fixture
def imported():
    """Give the packages that a process has once it has done something more than import the coroner."""

    def look(more):
        ended = subprocess.run([sys.executable, "-c", LISTS.format(more)], capture_output=True, text=True, check=True)
        return set(json.loads(ended.stdout))

    return look


def test_nothing_is_imported_that_is_not_asked(imported):
    """
    The coroner in a cluster has the client, and none of what the client has for others.
    """
    found = imported("from kubernetes.config.incluster_config import load_incluster_config")

    assert "kubernetes" in found
    assert set() == UNUSED & found


def test_a_kubeconfig_is_read_with_all_it_may_need(imported):
    """
    Outside of a cluster the client reads kubeconfigs, with every way to log in.
    """
    found = imported("from kubernetes.config.kube_config import load_kube_config")

    assert {"oauthlib", "requests_oauthlib"} <= found
