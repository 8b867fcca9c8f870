"""
The database's images stand on the same versions on both roads.
"""

from pathlib import Path

import pytest
from crashctl.cluster.base_images import BaseImages
from crashctl.cluster.cache import Cache
from crashctl.cluster.database_sources import SOURCES, DatabaseSources
from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.process import Tools
from crashctl.cluster.road import Road
from crashctl.cluster.versions import load_versions

VERSIONS = load_versions(REPOSITORY)


@pytest.fixture
def names(tmp_path):
    def on(road: Road, versions=VERSIONS):
        cache, tools = Cache(tmp_path / "entries"), Tools(tmp_path / "log", {})
        bases = BaseImages(cache, tools, Path("x"), versions=versions, repository=REPOSITORY, road=road)
        go = GoTools(cache, tools, versions, REPOSITORY)
        return DatabaseSources(bases, cache, tools, go=go, versions=versions, road=road).names()

    return on


def test_the_road_images_takes_the_pinned_ones(names):
    """
    Both are FerretDB's own images, by digest.
    """
    found = names(Road.IMAGES)

    assert set(SOURCES) == set(found)
    assert all(reference.startswith("ghcr.io/ferretdb/") and "@sha256:" in reference for reference in found.values())


def test_another_version_of_ferretdb_is_another_source(names):
    """
    On the road "packages" the name follows the version, so that nothing old is used in its place.
    """
    newer = VERSIONS.go["ferretdb"].model_copy(update={"version": "v2.8.0"})

    before = names(Road.PACKAGES)
    after = names(Road.PACKAGES, VERSIONS.model_copy(update={"go": {**VERSIONS.go, "ferretdb": newer}}))

    assert before["documentdb"] == after["documentdb"]
    assert before["ferretdb"] != after["ferretdb"]


def test_both_roads_have_the_same_ferretdb():
    """
    The Go module's version and the image's tag are one version.
    """
    image = VERSIONS.images["ferretdb"].partition("@")[0].rpartition(":")[2]

    assert VERSIONS.go["ferretdb"].version == f"v{image}"
    assert VERSIONS.images["documentdb"].partition("@")[0].endswith(f"-ferretdb-{image}")


@pytest.mark.parametrize("source", SOURCES)
def test_a_recipe_built_by_hand_takes_the_pinned_tag(source):
    """
    The default of the Dockerfile's BASE is the image of k8s/versions.toml.
    """
    recipe = (REPOSITORY / "docker" / source / "Dockerfile").read_text(encoding="utf-8").splitlines()

    (default,) = [line.removeprefix("ARG BASE=") for line in recipe if line.startswith("ARG BASE=")]

    assert VERSIONS.images[source].partition("@")[0] == default
