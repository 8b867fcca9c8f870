"""
``k8s/versions.toml`` as a typed thing: the pinned versions of both roads.
"""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoBuild(_Strict):
    """
    One or more binaries of one Go module.

    Either ``module`` (built with ``go install``) or ``module_dir`` (a go.mod of ours) is given.
    """

    version: str
    module: str | None = None
    module_dir: str | None = None
    packages: list[str] = Field(default_factory=lambda: ["."])
    tags: str = ""
    stamps: list[str] = Field(default_factory=list)
    cgo: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "GoBuild":
        if (self.module is None) == (self.module_dir is None):
            raise ValueError("a Go build names either module or module_dir")
        return self


class Kubernetes(_Strict):
    """What kubeadm of this version expects around it."""

    version: str
    etcd: str
    etcd_image_tag: str
    pause_image_tags: list[str]


class GatewayApi(_Strict):
    """The module that carries the CRDs."""

    module: str
    version: str


class Versions(_Strict):
    """The whole file."""

    kubernetes: Kubernetes
    tools: dict[str, str]
    images: dict[str, str]
    wheels: dict[str, str]
    gateway_api: GatewayApi
    go: dict[str, GoBuild]


def load_versions(repository: Path) -> Versions:
    """
    Read ``k8s/versions.toml``, and add the build of kubectl alone.

    Raises:
        pydantic.ValidationError: the file misses a key or has one too many.
    """
    text = (repository / "k8s" / "versions.toml").read_text(encoding="utf-8")
    found = Versions.model_validate(tomllib.loads(text))
    # A machine that pulls its node needs kubectl, and not the minutes that the rest of Kubernetes takes.
    alone = found.go["kubernetes"].model_copy(update={"packages": ["k8s.io/kubernetes/cmd/kubectl"]})
    return found.model_copy(update={"go": {**found.go, "kubectl": alone}})
