"""
skaffold.yaml: valid, and on the same Dockerfiles, charts, values and versions as `make up`.
"""

import json
import os
import re
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMA = Path(
    os.environ.get("CRASH_DEMO_SKAFFOLD_SCHEMA") or ROOT.parent / "shared" / "data" / "skaffold-v4beta14.schema.json"
)


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def artifacts(config) -> dict[str, dict[str, Any]]:
    return {artifact["image"]: artifact for artifact in config["build"]["artifacts"]}


@pytest.fixture(scope="module")
def helm_release(config) -> dict[str, Any]:
    (only,) = config["deploy"]["helm"]["releases"]
    return only


@pytest.mark.skipif(not SCHEMA.is_file(), reason=f"no {SCHEMA.name}; CRASH_DEMO_SKAFFOLD_SCHEMA names a copy")
def test_it_is_valid(config):
    """
    The published schema of its apiVersion has nothing to object to.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    assert "skaffold/v4beta14" == config["apiVersion"]
    assert [] == [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(config)]


def test_each_image_has_its_dockerfile(artifacts):
    """
    Nothing is named that cannot be built.
    """
    for artifact in artifacts.values():
        context = ROOT / artifact.get("context", ".")

        assert (context / artifact["docker"].get("dockerfile", "Dockerfile")).is_file()


def test_it_builds_what_the_chart_runs(artifacts, demo):
    """
    Each image of the release is built, and each that is built is run or is a base of one.
    """
    run = {container["image"].rpartition(":")[0] for pod in demo.pods.values() for container in pod.containers}
    bases = {base["image"] for artifact in artifacts.values() for base in artifact.get("requires", [])}

    assert set(artifacts) == run | bases


def test_each_image_reaches_its_component(artifacts, helm_release, render, demo_values):
    """
    The values that skaffold sets give each component the image that skaffold built for it, and the chart takes them.
    """
    built = {"REPO": lambda image: image, "TAG": lambda _: "0123abcd", "DIGEST": lambda _: ""}
    by_suffix = {re.sub(r"[/.-]", "_", image): image for image in artifacts}

    def fill(match: re.Match[str]) -> str:
        return built[match[1]](by_suffix[match[2]])

    values = json.loads(json.dumps(demo_values))
    for path, template in helm_release["setValueTemplates"].items():
        *where, last = path.split(".")
        image = reduce(lambda found, key: found.setdefault(key, {}), where, values)
        image[last] = re.sub(r"\{\{\.IMAGE_(REPO|TAG|DIGEST)_(\w+)\}\}", fill, template).removesuffix("@")

    images = {c["name"]: c["image"] for pod in render(values).pods.values() for c in pod.containers}
    assert {name: f"crash-demo/{name}:0123abcd" for name in images} == images


def test_each_service_image_gets_its_bases(artifacts):
    """
    A base is built first and handed on as the build argument that the Dockerfile names.
    """
    for image, artifact in artifacts.items():
        dockerfile = ROOT / artifact.get("context", ".") / artifact["docker"].get("dockerfile", "Dockerfile")
        taken = set(re.findall(r"^ARG (\w*BUILDER|RUNTIME)=", dockerfile.read_text(), re.MULTILINE))

        assert taken == {base["alias"] for base in artifact.get("requires", [])}, image
        for base in artifact.get("requires", []):
            assert base["image"] in artifacts


def test_versions_are_those_of_the_cluster(artifacts):
    """
    What is pinned for `make up` is what skaffold builds on.
    """
    versions = tomllib.loads((ROOT / "k8s" / "versions.toml").read_text(encoding="utf-8"))
    arguments = {image: artifact["docker"].get("buildArgs", {}) for image, artifact in artifacts.items()}

    for language, base in (("python", "python"), ("node", "nodejs")):
        for half in ("builder", "runtime"):
            assert versions["images"][base] == arguments[f"crash-demo/{language}-{half}"]["BASE"]
    for part in ("documentdb", "ferretdb"):
        assert versions["images"][part] == arguments[f"crash-demo/{part}"]["BASE"]
    assert versions["wheels"]["uv"] == arguments["crash-demo/python-builder"]["UV_VERSION"]


def test_it_installs_what_make_up_installs(helm_release):
    """
    The same chart, values, release and namespace, with no dependency to build.
    """
    assert ("crash-demo", "crash-demo") == (helm_release["name"], helm_release["namespace"])
    assert "charts/crash-demo" == helm_release["chartPath"]
    assert ["k8s/values-kind.yaml"] == helm_release["valuesFiles"]
    assert helm_release["skipBuildDependencies"]


def test_a_crashing_pod_does_not_end_the_loop(config):
    """
    Failures are tolerated until the deadline, and `skaffold dev` does not wait for pods at all.
    """
    (dev,) = [profile for profile in config["profiles"] if {"command": "dev"} in profile["activation"]]

    assert config["deploy"]["tolerateFailuresUntilDeadline"]
    assert [{"op": "replace", "path": "/deploy/statusCheck", "value": False}] == dev["patches"]


def test_it_touches_the_demo_cluster_only(config):
    """
    Faults are on in these values, so they go to the kind cluster, whatever the current context is.
    """
    assert "kind-crash-demo" == config["deploy"]["kubeContext"]


def test_each_service_is_forwarded(config, demo):
    """
    Each forwarded port is the port of a Service of the release.
    """
    forwarded = {entry["resourceName"]: entry["port"] for entry in config["portForward"]}
    listening = {name: service["spec"]["ports"][0]["port"] for name, service in demo.all("Service").items()}

    inside = {f"crash-demo-{name}" for name in ("game-engine", "payment", "analytics", "mongodb", "coroner")}
    assert {name: port for name, port in listening.items() if name not in inside} == forwarded
