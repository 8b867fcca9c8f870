"""
What is part of a release: every component, under its name, at its port.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "crash-demo"
COMPONENTS = {
    "gateway", "game-engine", "payment", "analytics", "mongodb", "event-sink", "coroner", "bugsink", "spotlight",
}  # fmt: skip


def names(*components: str) -> set[str]:
    return {f"crash-demo-{component}" for component in components}


def test_every_component_is_rendered(default):
    """
    Each component has its Deployment, Service and identity; none goes missing in silence.
    """
    assert names(*COMPONENTS) == set(default.all("Deployment"))
    assert names(*COMPONENTS) == set(default.all("Service"))
    assert names(*COMPONENTS, "drill") == set(default.all("ServiceAccount"))


def test_a_clone_installs_without_building_dependencies(render, tmp_path):
    """
    The files that git tracks are enough: nothing has to be packed, fetched or linked first.
    """
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "charts"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name, follow_symlinks=False)

    clone = render(chart=tmp_path / "charts" / "crash-demo")

    assert names(*COMPONENTS) == set(clone.all("Deployment"))


def test_the_chart_folders_are_the_declared_dependencies():
    """
    A chart in the folder that nobody declared would be rendered anyway, and one declared but absent is an error.
    """
    declared = {part["name"] for part in yaml.safe_load((CHART / "Chart.yaml").read_text())["dependencies"]}

    assert declared == {path.name for path in (CHART / "charts").iterdir() if path.is_dir()}
    assert [] == list(CHART.rglob("*.tgz"))


def test_all_charts_have_one_version():
    """
    The parts are released together, so each says the same version.
    """
    charts = [yaml.safe_load(path.read_text()) for path in CHART.rglob("Chart.yaml")]
    wanted = {part["version"] for chart in charts for part in chart.get("dependencies", [])}

    (version,) = {chart["version"] for chart in charts}
    assert {version} == wanted
    assert {version} == {chart["appVersion"] for chart in charts}


def test_helm_finds_nothing_to_complain_about(helm):
    """
    `helm lint --strict` passes, with the default values and with the demo's.
    """
    for options in [], ["--values", str(ROOT / "k8s" / "values-kind.yaml")]:
        done = subprocess.run(
            [helm, "lint", "--strict", str(CHART), *options], capture_output=True, text=True, check=False
        )

        assert 0 == done.returncode, done.stdout + done.stderr


def test_ports_and_projects_are_those_of_the_catalogue(default, services):
    """
    A service listens where the catalogue says, and reports to the project that the catalogue names.
    """
    for service in services:
        name = f"crash-demo-{service['name']}"
        (port,) = default.one("Service", name)["spec"]["ports"]
        pod = default.pods[name]

        assert service["port"] == port["port"]
        assert [{"name": "http", "containerPort": service["port"]}] == pod.container["ports"]
        assert str(service["port"]) == pod.env["PORT"]
        assert (
            f"http://$(SENTRY_INGEST_KEY)@crash-demo-event-sink:8090/{service['project_id']}" == pod.env["SENTRY_DSN"]
        )


def test_the_catalogue_names_no_service_that_the_charts_lack(services):
    """
    A service of the catalogue that runs in a container has its chart.
    """
    assert set() == {service["name"] for service in services} - COMPONENTS


def test_a_secret_stands_before_what_is_made_of_it(default, fireable):
    """
    The kubelet expands $(NAME) only from a variable that stands further up.
    """
    made = {}
    for name in fireable:
        order = [entry["name"] for entry in default.pods[name].container["env"]]
        for entry in default.pods[name].container["env"]:
            for used in re.findall(r"\$\((\w+)\)", entry.get("value", "")):
                made.setdefault(entry["name"], set()).add(name)
                assert order.index(used) < order.index(entry["name"])

    assert {
        "SENTRY_DSN": set(fireable),
        "MONGODB_URI": names("payment", "analytics"),
        "PAGE_DSN": names("gateway"),
    } == made


def test_selectors_find_the_pods_and_nothing_else(default):
    """
    A Service finds exactly its own pods, and the drill's pod belongs to none.
    """
    labels = {name: pod.metadata["labels"] for name, pod in default.pods.items()}

    for name, service in default.all("Service").items():
        selector = service["spec"]["selector"].items()
        assert [name] == [pod for pod, found in labels.items() if selector <= found.items()]


def test_images_come_from_the_prefix_and_tag(render):
    """
    One prefix and one tag give every image; a component may have its own.
    """
    release = render(
        {
            "global": {"image": {"prefix": "registry.example.com/casino", "tag": "abc123"}},
            "spotlight": {"image": {"repository": "mirror.example.com/spotlight", "tag": "4"}},
            "load": {"enabled": True},
        }
    )

    images = {c["name"]: c["image"] for pod in release.pods.values() for c in pod.containers}
    assert "mirror.example.com/spotlight:4" == images.pop("spotlight")
    assert "registry.example.com/casino/drill:abc123" == images.pop("load")
    assert {name: f"registry.example.com/casino/{name}:abc123" for name in images} == images


@pytest.mark.parametrize("release", ["a", "other", "r" * 53])
def test_names_follow_the_release(render, release):
    """
    Two releases share no object, and the longest release name that helm takes still gives valid, distinct names.
    """
    objects = render(release=release).objects

    identities = [(o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(identities) == len(set(identities))
    assert [] == [name for _, name in identities if not name.startswith(f"{release[:46]}-") or len(name) > 63]
    assert {release} == {o["metadata"]["labels"]["app.kubernetes.io/instance"] for o in objects}
    assert "crash-demo-" not in str([o.get("spec") for o in objects if o["kind"] != "Pod"])
