"""
A tool on PATH is taken where it is new enough, else provided.
"""

import os

import pytest
from crashctl.cluster.cache import Cache
from crashctl.cluster.go_tools import GoTools, go_version
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.process import Tools
from crashctl.cluster.tools import Provider, version_in
from crashctl.cluster.versions import load_versions


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("kind v0.33.0 go1.26.8 linux/amd64", (0, 33, 0)),
        ("v4.3.1", (4, 3, 1)),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", (1, 32, 4)),
        ("github.com/docker/buildx v0.38.2 abc", (0, 38, 2)),
        ("nothing to see", (0,)),
    ],
)
def test_a_version_is_read_from_what_a_tool_prints(printed, expected):
    """
    The first version counts; no version is older than all.
    """
    assert expected == version_in(printed)


def test_go_says_its_version():
    """
    Major and minor decide whether this Go can build Kubernetes.
    """
    assert (1, 26) == go_version("go version go1.26.8 linux/amd64")
    assert (0,) == go_version("")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a `kind` of its own on PATH; the pinned one was built before, or would be built."""
    on_path = tmp_path / "path"
    on_path.mkdir()
    monkeypatch.setenv("PATH", f"{on_path}{os.pathsep}{os.environ['PATH']}")
    tools = Tools(tmp_path / "log", {})
    cache = Cache(tmp_path / "entries")
    versions = load_versions(REPOSITORY)
    go = GoTools(cache, tools, versions, REPOSITORY)
    # A `go` that builds at once, in place of minutes.
    (on_path / "go").write_text('#!/bin/sh\n[ "$1" = version ] && echo go1.26.8 || printf built >"$GOBIN/kind"\n')
    (on_path / "go").chmod(0o755)

    def with_kind(version: str, *, built_before: bool = False) -> Provider:
        (on_path / "kind").write_text(f"#!/bin/sh\necho kind v{version} go1.26 linux/amd64\n")
        (on_path / "kind").chmod(0o755)
        if built_before:
            go.folder("kind")
        return Provider(tools, go, versions, tmp_path / "bin")

    return with_kind


def test_a_new_enough_tool_on_path_is_taken(machine, tmp_path):
    """
    Nothing is built or linked beside what the user has.
    """
    tool = machine("99.0.0").provide("kind")

    assert ("PATH", tmp_path / "path" / "kind") == (tool.origin, tool.path)
    assert not (tmp_path / "bin").exists()


def test_an_old_tool_on_path_is_passed_over(machine, tmp_path):
    """
    The pinned one is built and linked; a second call finds it.
    """
    provider = machine("0.20.0")

    first, second = provider.provide("kind"), provider.provide("kind")

    assert ("built", tmp_path / "bin" / "kind") == (first.origin, first.path)
    assert ("cached", first.path) == (second.origin, second.path)
    assert "built" == first.path.read_text()


def test_one_that_was_built_before_is_not_given_up(machine, tmp_path):
    """
    The pinned version stays in use, whatever comes onto PATH later.
    """
    tool = machine("99.0.0", built_before=True).provide("kind")

    assert ("cached", tmp_path / "bin" / "kind") == (tool.origin, tool.path)


def test_kubectl_is_built_alone_where_no_node_is():
    """
    The small build is the big one's, of one package: same version, same stamps.
    """
    whole, alone = load_versions(REPOSITORY).go["kubernetes"], load_versions(REPOSITORY).go["kubectl"]

    assert ["k8s.io/kubernetes/cmd/kubectl"] == alone.packages
    assert whole == alone.model_copy(update={"packages": whole.packages})


def test_there_are_no_other_tools(machine):
    """
    A name that is not one of ours is not looked for.
    """
    with pytest.raises(KeyError):
        machine("99.0.0").provide("kubernetes")
