"""
The configuration of the provisioner of volumes.
"""

import json

from crashctl.cluster.storage import VOLUME_WITHIN_S, configured


def test_all_that_kind_says_is_kept():
    """
    Only the bound is ours, whether there was one or not.
    """
    paths = {"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/var/local-path-provisioner"]}]}

    for found in (paths, {**paths, "cmdTimeoutSeconds": 120}):
        assert {**paths, "cmdTimeoutSeconds": VOLUME_WITHIN_S} == json.loads(configured(json.dumps(found)))


def test_a_configuration_of_ours_stays_as_it_is():
    """
    A second `up` finds nothing to change, and restarts nothing.
    """
    ours = configured('{"nodePathMap": []}')

    assert ours == configured(ours)
