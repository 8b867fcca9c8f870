"""
A service of the release, as ``catalog/services.yaml`` names it: where it is, and where its faults are fired.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

DEBUG = "/debug"
# What stands behind # never leaves the browser: a link opens the page there, and fires nothing.
PAGE = "/#"
BROWSER = "browser"
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Root = Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9-]+)*$")]
Place = Literal["cluster", "page"]
# What only a process of the cluster has.
OF_A_PROCESS = ("port", "baseline_mib")


class Strict(BaseModel):
    """A part of the catalogue: frozen, and a key that nobody reads is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _for_editors() -> dict[str, Any]:  # Any: JSON schema
    """The rule of ``Service`` as a schema says it."""
    return {
        "if": {"properties": {"language": {"const": BROWSER}}, "required": ["language"]},
        "then": {"properties": {name: {"type": "null"} for name in OF_A_PROCESS}},
        "else": {"properties": {name: {"type": "integer"} for name in OF_A_PROCESS}, "required": list(OF_A_PROCESS)},
    }


class Service(Strict):
    """A service of the release: a process of the cluster, or the page in people's browsers."""

    model_config = ConfigDict(json_schema_extra=_for_editors())

    name: Slug
    prefix: Annotated[str, StringConstraints(pattern=r"^/api/v1/[a-z0-9-]+$")]
    port: int | None = Field(None, ge=1024, le=65535, description="Where it listens; the page listens nowhere.")
    project_id: int = Field(ge=1, le=1000, description="Number of its project in the DSN.")
    language: Literal["python", "node", "browser"]
    baseline_mib: int | None = Field(
        None, ge=1, le=4096, description="What it takes when idle (MiB, as the kernel counts it); none for the page."
    )
    api_root: Root = Field("", description="Where its product's paths begin at the service itself.")
    debug_root: Annotated[Root, StringConstraints(min_length=2)] = Field(
        DEBUG, description="Where its fault surface is at the service itself; through the gateway it is /debug."
    )

    @model_validator(mode="after")
    def _has_what_its_place_needs(self) -> Self:
        given = {name: value for name in OF_A_PROCESS if (value := getattr(self, name)) is not None}
        if self.runs_in == "page" and given:
            found = " and ".join(f"{name} {value}" for name, value in given.items())
            raise ValueError(f"language {self.language} runs in the page, which has no {found}; leave it out")
        if self.runs_in == "cluster" and (missing := [name for name in OF_A_PROCESS if name not in given]):
            raise ValueError(f"language {self.language} runs in the cluster; say its {' and '.join(missing)}")
        return self

    @property
    def runs_in(self) -> Place:
        """Where its code runs, and so where its faults are fired: through the gateway, or in the page."""
        return "page" if self.language == BROWSER else "cluster"

    def gateway_path(self, local_path: str) -> str:
        """
        Give a path of the fault surface as the gateway has it; of the page, the address that opens it there.

        Args:
            local_path: the path at the service itself, below ``debug_root``.
        """
        root = PAGE if self.runs_in == "page" else self.prefix
        return root + DEBUG + local_path.removeprefix(self.debug_root)


class Services(Strict):
    """``catalog/services.yaml``."""

    services: tuple[Service, ...] = Field(min_length=1)
