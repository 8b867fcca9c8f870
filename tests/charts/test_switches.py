"""
What can be switched: faults, the two UIs, disks.
"""

import pytest


def test_faults_are_off_by_default(default, fireable):
    """
    Who installs the chart and says nothing gets a release in which nothing can be fired.
    """
    for name in fireable:
        env = default.pods[name].env

        assert ("false", "false") == (env["FAULTS_ENABLED"], env["FAULTS_ALLOW_GET"])


def test_one_switch_turns_all_faults_off(render):
    """
    The master switch wins: allowGet alone opens nothing.
    """
    env = render({"global": {"faults": {"allowGet": True}}}).pods["crash-demo-gateway"].env

    assert "false" == env["FAULTS_ALLOW_GET"]


@pytest.mark.parametrize("part", ["bugsink", "spotlight"])
def test_a_ui_can_be_left_out(render, default, part):
    """
    Without a UI nothing of it is rendered, and the sink is not told of it.
    """
    without = render({"global": {part: {"enabled": False}}})
    variable = f"SINK_{part.upper()}_URL"

    assert f"http://crash-demo-{part}:" in default.pods["crash-demo-event-sink"].env[variable]
    assert variable not in without.pods["crash-demo-event-sink"].env
    assert [] == [o for o in without.objects if o["metadata"]["name"] == f"crash-demo-{part}"]


def test_the_coroner_can_be_left_out(render, default):
    """
    Without the coroner nothing of it is rendered, its rights included.
    """
    without = render({"global": {"coroner": {"enabled": False}}})
    env = default.pods["crash-demo-coroner"].env

    assert [] == [o for o in without.objects if "coroner" in o["metadata"]["name"]]
    assert ("crash-demo", "72") == (env["RELEASE_NAME"], env["TELL_WITHIN_H"])
    assert "FAULTS_ENABLED" not in env


@pytest.mark.parametrize("part", ["payment", "analytics"])
def test_a_service_can_be_left_out(render, default, part):
    """
    Without a service nothing of it is rendered, and those who would call it do not know of it.
    """
    without = render({"global": {part: {"enabled": False}}})
    variable = f"{part.upper()}_URL"

    for caller in ("crash-demo-gateway", "crash-demo-game-engine"):
        port = default.one("Service", f"crash-demo-{part}")["spec"]["ports"][0]["port"]
        assert f"http://crash-demo-{part}:{port}" == default.pods[caller].env[variable]
        assert variable not in without.pods[caller].env
    assert [] == [o for o in without.objects if o["metadata"]["name"] == f"crash-demo-{part}"]


def test_the_gateway_knows_each_service(default, services, fireable):
    """
    Behind the gateway is every service with faults, so that no path of the catalogue answers that it is not part of the
    release.
    """
    known = [f"crash-demo-{service['name']}" for service in services]
    behind = [name.removeprefix("crash-demo-") for name in known if name in fireable and name != "crash-demo-gateway"]
    env = default.pods["crash-demo-gateway"].env

    assert {f"{name.upper().replace('-', '_')}_URL" for name in behind} == {name for name in env if name[-4:] == "_URL"}


@pytest.mark.parametrize("part", ["event-sink", "bugsink", "mongodb"])
def test_a_store_is_on_a_disk_that_can_be_chosen(render, default, part):
    """
    A store is on a claim of its own; size and class can be chosen, a claim brought along, or the disk left out.
    """
    name = f"crash-demo-{part}"

    def data_volume(release):
        (volume,) = [v for v in release.pods[name].spec["volumes"] if v["name"] == "data"]
        return volume

    chosen = render({part: {"persistence": {"size": "9Gi", "storageClass": "fast"}}}).one("PersistentVolumeClaim", name)
    brought = render({part: {"persistence": {"existingClaim": "mine"}}})
    without = render({part: {"persistence": {"enabled": False, "size": "300Mi"}}})

    assert {"claimName": name} == data_volume(default)["persistentVolumeClaim"]
    assert "storageClassName" not in default.one("PersistentVolumeClaim", name)["spec"]
    assert "9Gi" == chosen["spec"]["resources"]["requests"]["storage"]
    assert "fast" == chosen["spec"]["storageClassName"]
    assert {"claimName": "mine"} == data_volume(brought)["persistentVolumeClaim"]
    assert {"sizeLimit": "300Mi"} == data_volume(without)["emptyDir"]
    assert name not in brought.all("PersistentVolumeClaim") | without.all("PersistentVolumeClaim")


def test_who_writes_a_store_is_never_there_twice(default):
    """
    A writer of one store is stopped before its successor starts; the others stay reachable while they are replaced.
    """
    strategies = {name: d["spec"]["strategy"]["type"] for name, d in default.all("Deployment").items()}

    assert {
        "crash-demo-bugsink": "Recreate",
        "crash-demo-mongodb": "Recreate",
        "crash-demo-event-sink": "Recreate",
        "crash-demo-spotlight": "Recreate",
        "crash-demo-game-engine": "RollingUpdate",
        "crash-demo-gateway": "RollingUpdate",
        "crash-demo-coroner": "RollingUpdate",
        "crash-demo-payment": "RollingUpdate",
        "crash-demo-analytics": "RollingUpdate",
    } == strategies


def test_who_is_replaced_while_others_call_leaves_its_service_first(default):
    """
    A pod that a rolling update replaces answers until nodes know that it left, so that an upgrade loses no request.
    """
    for name, deployment in default.all("Deployment").items():
        rolling = deployment["spec"]["strategy"]["type"] == "RollingUpdate"

        assert rolling == any("lifecycle" in container for container in default.pods[name].containers)
    assert {"preStop": {"sleep": {"seconds": 3}}} == default.pods["crash-demo-gateway"].container["lifecycle"]


def test_the_sinks_disk_holds_its_store_twice(default):
    """
    The store grows to retainMib before it is trimmed, and a trim needs as much again.
    """
    retain_mib = int(default.pods["crash-demo-event-sink"].env["SINK_RETAIN_MIB"])
    claim = default.one("PersistentVolumeClaim", "crash-demo-event-sink")

    size = claim["spec"]["resources"]["requests"]["storage"]
    assert int(size.removesuffix("Gi")) * 1024 >= 2 * retain_mib


def test_pods_go_where_they_may(render):
    """
    Node labels, taints and pull secrets reach each pod, the drill's too.
    """
    taint = {"key": "casino", "operator": "Exists"}
    values = {"scheduling": {"nodeSelector": {"disk": "ssd"}, "tolerations": [taint]}, "image": {"pullSecrets": ["p"]}}

    for pod in render({"global": values}).pods.values():
        assert {"disk": "ssd"} == pod.spec["nodeSelector"]
        assert [taint] == pod.spec["tolerations"]
        assert [{"name": "p"}] == pod.spec["imagePullSecrets"]


def test_the_drill_fires_what_it_is_told(render, demo):
    """
    `helm test` runs the drill against this release; scenarios can be chosen.
    """
    chosen = render({"global": {"faults": {"enabled": True}}, "drill": {"scenarios": ["game-engine/crash"]}})

    assert [
        "drill",
        "--gateway=http://crash-demo-gateway:8080",
        "--sink=http://crash-demo-event-sink:8090",
        "--namespace=crash-demo",
        "--release=crash-demo",
        "--token-env=FAULTS_TOKEN",
        "--kube=in-cluster",
    ] == demo.pods["crash-demo-drill"].container["args"]
    assert "--scenario=game-engine/crash" == chosen.pods["crash-demo-drill"].container["args"][-1]


def test_the_drill_fails_and_says_why_where_faults_are_off(default):
    """
    A drill that cannot fire proves nothing, so `helm test` fails with the way to turn faults on.
    """
    (script,) = default.pods["crash-demo-drill"].container["args"]

    with pytest.raises(SystemExit, match=r"faults are off in this release.*--set global\.faults\.enabled=true"):
        exec(script, {})  # noqa: S102 it is one line of ours, and this is what it does
