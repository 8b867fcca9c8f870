"""
What pods of ours may do: no more than the `restricted` Pod Security Standard, and nothing at the Kubernetes API.
"""

import json

import pytest
from crashkit.settings import ServiceSettings
from crashkit.spool.folder import BAD_MOST_BYTES

NETWORK = {"global": {"networkPolicy": {"enabled": True}}}


@pytest.fixture(scope="module", params=["default", "demo", "everything"])
def release(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def everything(render):
    """The release with all that is off by default."""
    return render({"global": {"faults": {"enabled": True}}, "load": {"enabled": True}})


def test_every_pod_is_restricted(release):
    """
    One unprivileged user, a read-only root, no capability, the runtime's seccomp profile: each pod has these.
    """
    assert len(release.all("Deployment")) + 1 == len(release.pods)
    for pod in release.pods.values():
        assert {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        } == pod.spec["securityContext"]
        for container in pod.containers:
            assert {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            } == container["securityContext"]
        assert set() == {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"} & set(pod.spec)
        assert {"emptyDir", "persistentVolumeClaim"} >= {
            kind for volume in pod.spec["volumes"] for kind in volume if kind != "name"
        }


def test_no_pod_but_the_drill_and_the_coroner_has_a_token(everything):
    """
    Each component has an identity of its own, and only those are mounted that look at pods.
    """
    for name, pod in everything.pods.items():
        assert name == pod.spec["serviceAccountName"]
        assert (name in {"crash-demo-drill", "crash-demo-coroner"}) == pod.spec["automountServiceAccountToken"]
        assert not everything.one("ServiceAccount", name)["automountServiceAccountToken"]


def test_the_drill_sees_the_pods_of_its_namespace_and_no_more(demo):
    """
    The drill's rights are in its own namespace, and they are there only while it runs.
    """
    assert {} == demo.all("ClusterRole") | demo.all("ClusterRoleBinding")
    assert {"crash-demo-drill", "crash-demo-coroner"} == set(demo.all("Role")) == set(demo.all("RoleBinding"))
    role, binding = demo.one("Role", "crash-demo-drill"), demo.one("RoleBinding", "crash-demo-drill")

    assert [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}] == role["rules"]
    assert [{"kind": "ServiceAccount", "name": "crash-demo-drill", "namespace": "crash-demo"}] == binding["subjects"]
    for rights in (role, binding, demo.one("ServiceAccount", "crash-demo-drill")):
        assert "test" == rights["metadata"]["annotations"]["helm.sh/hook"]
        assert "hook-failed" in rights["metadata"]["annotations"]["helm.sh/hook-delete-policy"]


def test_the_coroner_sees_pods_and_their_events_and_no_more(render, demo):
    """
    The coroner may get, list and watch pods and events of its own namespace; logs only where a value says so.
    """
    role, binding = demo.one("Role", "crash-demo-coroner"), demo.one("RoleBinding", "crash-demo-coroner")
    with_logs = render({"coroner": {"readLogs": True}})

    sees = {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["get", "list", "watch"]}
    assert [sees] == role["rules"]
    assert [{"kind": "ServiceAccount", "name": "crash-demo-coroner", "namespace": "crash-demo"}] == binding["subjects"]
    assert {"kind": "Role", "name": "crash-demo-coroner"}.items() <= binding["roleRef"].items()
    reads = {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}
    assert [sees, reads] == with_logs.one("Role", "crash-demo-coroner")["rules"]
    assert ("false", "true") == tuple(r.pods["crash-demo-coroner"].env["READS_LOGS"] for r in (demo, with_logs))


def test_every_container_leaves_its_last_words(release):
    """
    What a container wrote into its termination message, or else the end of its log, outlives it in the pod's status; a
    service knows the file.
    """
    for pod in release.pods.values():
        for container in pod.containers:
            assert "/dev/termination-log" == container["terminationMessagePath"]
            assert "FallbackToLogsOnError" == container["terminationMessagePolicy"]
            told = {entry["name"]: entry.get("value") for entry in container.get("env", [])}
            assert ("STATE_DIR" in told) == (told.get("TERMINATION_LOG") == "/dev/termination-log")


def test_every_pod_has_requests_and_limits(release):
    """
    No pod can take what was promised to another.
    """
    for container in [container for pod in release.pods.values() for container in pod.containers]:
        for bound in ("requests", "limits"):
            assert {"cpu", "memory"} == set(container["resources"][bound])


def test_nothing_writes_without_a_bound(release):
    """
    Each writable folder is a volume, and each emptyDir has a size.
    """
    for pod in release.pods.values():
        mounts = {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}

        assert mounts == {volume["name"] for volume in pod.spec["volumes"]}
        assert [] == [v for v in pod.spec["volumes"] if "emptyDir" in v and "sizeLimit" not in v["emptyDir"]]


def test_a_full_spool_evicts_no_pod(release):
    """
    Where a service may write its spool, there is room for all that the spool may hold and has set aside.
    """
    spool_mib = ServiceSettings.model_fields["spool_max_mib"].default + BAD_MOST_BYTES // 2**20
    bounds = {
        name: volume["emptyDir"]["sizeLimit"]
        for name, pod in release.pods.items()
        for volume in pod.spec["volumes"]
        if volume["name"] == "state"
    }

    assert {"gateway", "game-engine", "payment", "analytics"} <= {name.rpartition("crash-demo-")[2] for name in bounds}
    assert [] == [name for name, bound in bounds.items() if int(bound.removesuffix("Mi")) <= spool_mib]


def test_secrets_stand_in_the_secret_only(demo):
    """
    No key, token or password is in an argument, an annotation, a variable's text or any other object.
    """
    secret = demo.secret()
    others = json.dumps([o for o in demo.objects if o["kind"] != "Secret"])

    assert [] == [key for key, value in secret.items() if value and value in others]
    assert {} == demo.all("ConfigMap")


def test_a_fault_token_is_given_only_where_faults_are_on(default, everything, fireable):
    """
    With faults off no pod has the token; with faults on those have it that check it, and the drill.
    """

    def holders(release) -> set[str]:
        return {name for name, pod in release.pods.items() if "fault-token" in [ref["key"] for ref in pod.secrets]}

    assert set() == holders(default)
    assert {*fireable, "crash-demo-drill"} == holders(everything)


def test_network_policies_let_callers_in_and_others_not(render, default):
    """
    With network policies on, each component is called by those who have a reason to: the database by its two services,
    the services by the gateway, by a spin and by the drill, the sink by all, the load by nobody.
    """
    release = render({**NETWORK, "load": {"enabled": True}})

    def callers(component: str) -> list[str | None]:
        (rule,) = release.one("NetworkPolicy", f"crash-demo-{component}")["spec"]["ingress"]
        (port,) = release.one("Service", f"crash-demo-{component}")["spec"]["ports"]
        assert [{"port": port["name"]}] == rule["ports"]
        labels = [peer["podSelector"]["matchLabels"] for peer in rule.get("from", [])]
        assert {"crash-demo"} >= {found["app.kubernetes.io/instance"] for found in labels}
        return [found.get("app.kubernetes.io/name") for found in labels]

    assert {} == default.all("NetworkPolicy")
    assert {*release.all("Deployment"), "crash-demo-coroner-out"} == set(release.all("NetworkPolicy"))
    assert ["gateway", "drill"] == callers("game-engine")
    assert ["gateway", "game-engine", "drill"] == callers("payment") == callers("analytics")
    assert ["analytics", "payment"] == callers("mongodb")
    assert {"podSelector", "policyTypes"} == set(release.one("NetworkPolicy", "crash-demo-load")["spec"])
    assert ["event-sink", "drill"] == callers("bugsink")
    assert [None] == callers("event-sink") == callers("coroner")
    assert [] == callers("gateway")


def test_a_service_with_a_node_port_is_open_to_nodes(render):
    """
    Behind a NodePort the caller's address is a node's, so no policy may shut it out.
    """
    release = render({**NETWORK, "event-sink": {"service": {"type": "NodePort"}}})

    (rule,) = release.one("NetworkPolicy", "crash-demo-event-sink")["spec"]["ingress"]
    assert "from" not in rule
