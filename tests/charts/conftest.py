"""
Charts as the real helm renders them, with no cluster: what is rendered as dictionaries, what is refused as text.
"""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "crash-demo"

Values = dict[str, Any]
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Pod:
    """A pod that the release makes: its own metadata and spec, wherever they were found."""

    name: str
    metadata: dict[str, Any]
    spec: dict[str, Any]

    @property
    def containers(self) -> list[dict[str, Any]]:
        return self.spec["containers"]

    @property
    def container(self) -> dict[str, Any]:
        (only,) = self.containers
        return only

    @property
    def env(self) -> dict[str, Any]:
        """Value, or where it comes from, by variable."""
        return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in self.container["env"]}

    @property
    def secrets(self) -> list[dict[str, Any]]:
        """What its containers read from a Secret, each with name and key."""
        entries = [entry for container in self.containers for entry in container.get("env", [])]
        return [entry["valueFrom"]["secretKeyRef"] for entry in entries if "secretKeyRef" in entry.get("valueFrom", {})]


@dataclass(frozen=True)
class Rendered:
    """Every object of a release."""

    objects: list[dict[str, Any]]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Objects of one kind, by name."""
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] == kind}

    def one(self, kind: str, name: str) -> dict[str, Any]:
        return self.all(kind)[name]

    @property
    def pods(self) -> dict[str, Pod]:
        """By name of the Deployment, or of the pod itself."""
        found = {n: Pod(n, o["metadata"], o["spec"]) for n, o in self.all("Pod").items()}
        for name, deployment in self.all("Deployment").items():
            template = deployment["spec"]["template"]
            found[name] = Pod(name, template["metadata"], template["spec"])
        return found

    def secret(self, name: str = "crash-demo-secrets") -> dict[str, str]:
        """What a Secret holds, decoded."""
        return {key: b64decode(text).decode() for key, text in self.one("Secret", name)["data"].items()}


@cache
def find_helm() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cached = Path(os.environ.get("CRASH_DEMO_CACHE") or Path(home) / "crash-demo") / "bin"
    found = shutil.which("helm", path=f"{os.environ['PATH']}{os.pathsep}{cached}")
    if found is None:
        pytest.fail(f"no helm on PATH or in {cached}; `make charts` provides it (crashctl tools helm)", pytrace=False)
    return found


@cache
def _helm(verb: str, values: str, *options: str, release: str = "crash-demo", chart: Path = CHART) -> Done:
    command = [find_helm(), verb, release, str(chart), "--namespace=crash-demo", "--values=-", *options]
    return subprocess.run(command, input=values, capture_output=True, text=True, check=False, timeout=60)


def _objects(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.fixture(scope="session")
def helm() -> str:
    return find_helm()


@pytest.fixture(scope="session")
def render() -> Callable[..., Rendered]:
    """Render a release with values, and with further options of helm."""

    def rendered(values: Values | None = None, *options: str, **where: Any) -> Rendered:  # Any: release or chart
        done = _helm("template", json.dumps(values or {}), *options, **where)
        assert 0 == done.returncode, done.stderr
        return Rendered(_objects(done.stdout))

    return rendered


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """What helm says to values that it refuses; fails where it takes them."""

    def said(values: Values, *options: str) -> str:
        done = _helm("template", json.dumps(values), *options)
        assert 0 != done.returncode, "helm took these values"
        return done.stderr

    return said


@pytest.fixture(scope="session")
def notes() -> Callable[..., str]:
    """What helm tells after an install."""

    def said(values: Values | None = None) -> str:
        done = _helm("install", json.dumps(values or {}), "--dry-run=client")
        assert 0 == done.returncode, done.stderr
        return done.stdout.partition("NOTES:\n")[2]

    return said


@pytest.fixture(scope="session")
def demo_values() -> Values:
    return yaml.safe_load((ROOT / "k8s" / "values-kind.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def demo(render, demo_values) -> Rendered:
    """The release as `make up` installs it."""
    return render(demo_values)


@pytest.fixture(scope="session")
def default(render) -> Rendered:
    """The release with the chart's own values."""
    return render()


@pytest.fixture(scope="session")
def services() -> list[dict[str, Any]]:
    """The services of the catalogue that run in a container."""
    known = yaml.safe_load((ROOT / "catalog" / "services.yaml").read_text(encoding="utf-8"))["services"]
    return [service for service in known if service["language"] != "browser"]


@pytest.fixture(scope="session")
def fireable(services) -> list[str]:
    """Names of the pods in which a fault can be fired: those whose service has scenarios."""
    names = [service["name"] for service in services]
    return [f"crash-demo-{name}" for name in names if (ROOT / "catalog" / f"{name}.yaml").is_file()]
