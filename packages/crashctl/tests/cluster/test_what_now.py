"""
The last words of ``up``: they send a person to what there is.
"""

from pathlib import Path

import pytest
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.record import ADDRESSES, Record
from crashctl.cluster.road import Road
from crashctl.cluster.what_now import what_now


def made(cluster: str = "crash-demo") -> Record:
    """A record of a finished ``up``."""
    return Record(
        cluster=cluster,
        road=Road.IMAGES,
        reason="",
        kubeconfig=Path("/cache/kubeconfig"),
        bin=Path("/cache/bin"),
        seconds={"total": 76.4},
    )


def test_the_slot_machine_is_the_first_thing_to_try():
    """
    A person is sent to the page first, and then to the curl line with which the README begins.
    """
    said = what_now(made())

    curl = "curl http://localhost:8080/api/v1/game-engine/debug/crash"
    assert curl in (REPOSITORY / "README.md").read_text()
    assert said.index("http://localhost:8080 is the slot machine") < said.index('"Show Debug Panel"') < said.index(curl)


def test_every_address_is_told():
    """
    Each part that can be opened is named with its address, and how long it all took.
    """
    said = what_now(made())

    assert [] == [url for url in ADDRESSES.values() if url not in said]
    assert "Ready after 76 s" in said


@pytest.mark.parametrize(("cluster", "option"), [("crash-demo", 'env)"'), ("other", 'env --name other)"')])
def test_the_way_to_kubectl_names_the_cluster(cluster, option):
    """
    What puts kubectl on this cluster works for a cluster of another name too.
    """
    assert what_now(made(cluster)).endswith(option)
