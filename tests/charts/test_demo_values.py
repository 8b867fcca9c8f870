"""
k8s/values-kind.yaml: what the demo on kind changes, and nothing else.
"""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def leaves(found: object, path: str = "") -> dict[str, object]:
    if not isinstance(found, dict) or not found:
        return {path: found}
    return {name: value for key, inner in found.items() for name, value in leaves(inner, f"{path}/{key}").items()}


def test_only_differences_stand_there(demo_values):
    """
    Each value of the overlay differs from the chart's own.
    """
    chart = ROOT / "charts" / "crash-demo"
    own = yaml.safe_load((chart / "values.yaml").read_text())
    for part in (chart / "charts").glob("*/values.yaml"):
        own[part.parent.name] = yaml.safe_load(part.read_text())

    same = [name for name, value in leaves(demo_values).items() if leaves(own).get(name, "absent") == value]
    assert [] == same


def test_faults_are_on_in_the_demo(demo, fireable):
    """
    A plain curl fires a fault in the demo, as the README shows.
    """
    for name in fireable:
        assert "true" == demo.pods[name].env["FAULTS_ENABLED"] == demo.pods[name].env["FAULTS_ALLOW_GET"]


def test_each_node_port_is_mapped_to_this_machine_only(demo):
    """
    Where the demo listens on a node, kind.yaml maps that port to a loopback address, and maps nothing else but Traefik.
    """
    (node,) = yaml.safe_load((ROOT / "k8s" / "kind.yaml").read_text())["nodes"]
    mapped = {entry["containerPort"]: entry["hostPort"] for entry in node["extraPortMappings"]}
    ports = {
        name.removeprefix("crash-demo-"): service["spec"]["ports"][0]["nodePort"]
        for name, service in demo.all("Service").items()
        if service["spec"]["type"] == "NodePort"
    }

    assert {"gateway": 30081, "event-sink": 30090, "bugsink": 30091, "spotlight": 30969} == ports
    assert {30080: 8080, 30081: 8081, 30090: 8090, 30091: 8091, 30969: 8969} == mapped
    assert {"127.0.0.1"} == {entry["listenAddress"] for entry in node["extraPortMappings"]}


def test_the_route_attaches_to_the_gateway_that_the_cluster_has(demo):
    """
    The Gateway that the HTTPRoute names is the one that k8s/ makes.
    """
    documents = [d for path in (ROOT / "k8s" / "traefik").glob("*.yaml") for d in yaml.safe_load_all(path.read_text())]
    (gateway,) = [d["metadata"] for d in documents if d["kind"] == "Gateway"]
    (route,) = demo.all("HTTPRoute").values()

    assert [{"name": gateway["name"], "namespace": gateway["namespace"]}] == route["spec"]["parentRefs"]


def test_the_issue_ui_knows_its_address(demo):
    """
    The address that a person opens is the one that kind maps.
    """
    assert "http://localhost:8091" == demo.pods["crash-demo-bugsink"].env["BASE_URL"]


def test_the_page_leads_to_the_uis_that_kind_maps(demo):
    """
    A card's links are the addresses that a browser on this machine reaches, and the panel fires without the token.
    """
    env = demo.pods["crash-demo-gateway"].env

    assert demo.pods["crash-demo-bugsink"].env["BASE_URL"] == env["PAGE_ISSUES_URL"]
    assert "http://localhost:8969" == env["PAGE_TRACES_URL"]
    assert "900" == env["FAULT_PASS_S"]
