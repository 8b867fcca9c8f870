"""
The kind configuration: the same everywhere, patched only where the machine needs it.
"""

import pytest
import yaml
from crashctl.cluster.kind_cluster import host_ports, render_config
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.record import ADDRESSES

SOURCE = REPOSITORY / "k8s" / "kind.yaml"


def rendered(*, cgroup_v1: bool = False, missing: frozenset[str] = frozenset()) -> dict:
    text = render_config(SOURCE, name="other", image="node:1", cgroup_v1=cgroup_v1, missing=set(missing))
    return yaml.safe_load(text)


def test_name_and_image_are_those_asked_for():
    """
    Every node has the image, and the cluster its name.
    """
    config = rendered()

    assert "other" == config["name"]
    assert ["node:1"] == [node["image"] for node in config["nodes"]]


def test_an_ordinary_machine_gets_no_patch_of_ours():
    """
    On cgroup v2 with all capabilities the file is used as it stands.
    """
    committed = yaml.safe_load(SOURCE.read_text())

    assert committed["kubeadmConfigPatches"] == rendered()["kubeadmConfigPatches"]
    assert "containerdConfigPatches" not in rendered()


def test_cgroup_v1_is_allowed_only_where_it_is():
    """
    The kubelet's refusal is switched off on a machine with cgroup v1.
    """
    patch = yaml.safe_load(rendered(cgroup_v1=True)["kubeadmConfigPatches"][-1])

    assert {"kind": "KubeletConfiguration", "failCgroupV1": False} == patch


def test_oom_scores_are_restricted_only_without_the_capability():
    """
    CAP_SYS_RESOURCE decides, and no other capability.
    """
    (patch,) = rendered(missing=frozenset({"CAP_SYS_RESOURCE"}))["containerdConfigPatches"]

    assert "restrict_oom_score_adj = true" in patch
    assert "containerdConfigPatches" not in rendered(missing=frozenset({"CAP_BPF"}))


def test_every_door_is_on_the_loopback_only():
    """
    Nobody but this machine reaches the ports, and they are the addresses that `up` prints.
    """
    mappings = [mapping for node in rendered()["nodes"] for mapping in node["extraPortMappings"]]

    assert {"127.0.0.1"} == {mapping["listenAddress"] for mapping in mappings}
    assert sorted(int(url.rsplit(":", 1)[1]) for url in ADDRESSES.values()) == sorted(host_ports(SOURCE))


@pytest.mark.parametrize(
    ("port", "node_port"), [(8080, 30080), (8081, 30081), (8090, 30090), (8091, 30091), (8969, 30969)]
)
def test_a_door_leads_to_its_node_port(port, node_port):
    """
    The pairs that charts and Traefik rely on.
    """
    (mapping,) = (m for node in rendered()["nodes"] for m in node["extraPortMappings"] if m["hostPort"] == port)

    assert node_port == mapping["containerPort"]
