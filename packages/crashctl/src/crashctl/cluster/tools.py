"""
kind, helm, kubectl and buildx: those built before, else those on PATH where new enough, else built from Go modules.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.cluster.versions import Versions

_ASK = {
    "kind": ("version",),
    "helm": ("version", "--template={{.Version}}"),
    "kubectl": ("version", "--client"),
    "buildx": ("version",),
}
# The file of a tool, where it is not its name.
_FILE = {"buildx": "docker-buildx"}


@dataclass(frozen=True)
class Tool:
    """
    A tool that can be run.

    Args:
        name: Its name.
        path: The program.
        origin: Where it comes from: ``PATH``, ``cached`` or ``built``.
    """

    name: str
    path: Path
    origin: str


def version_in(printed: str) -> tuple[int, ...]:
    """
    The first version in what a tool prints about itself.

    Returns:
        Three numbers; (0,) where none is found.
    """
    match = re.search(r"v?(\d+)\.(\d+)\.(\d+)", printed)
    return tuple(int(part) for part in match.groups()) if match else (0,)


class Provider:
    """
    Finds or provides tools, and links the provided ones into one folder.

    Args:
        tools: Runs them.
        go: Builds what is not found.
        versions: The oldest that are accepted.
        bin_folder: Where the links go.
    """

    def __init__(self, tools: Tools, go: GoTools, versions: Versions, bin_folder: Path) -> None:
        self._tools = tools
        self._go = go
        self._versions = versions
        self._bin = bin_folder

    def provide(self, name: str, *, with_node: bool = False) -> Tool:
        """
        Have one tool.

        Args:
            name: ``kind``, ``helm``, ``kubectl`` or ``buildx``.
            with_node: Whether all of Kubernetes is built here anyway.

        Raises:
            KeyError: there is no such tool.
            ToolFailedError: it is not on PATH and cannot be built.
        """
        if name not in _ASK:
            raise KeyError(name)
        # The node's kubectl does as well, where a node is built here.
        go_set = "kubernetes" if name == "kubectl" and (with_node or self._go.is_built("kubernetes")) else name
        was_built = self._go.is_built(go_set)
        # One that was built before is the pinned version; asking those on PATH can take seconds.
        if not was_built and (found := self._on_path(name)):
            return Tool(name, found, "PATH")
        built = self._go.folder(go_set) / name
        return Tool(name, self._link(built, _FILE.get(name, name)), "cached" if was_built else "built")

    def _on_path(self, name: str) -> Path | None:
        file = _FILE.get(name, name)
        folders = (
            [
                str(Path.home() / ".docker" / "cli-plugins"),
                "/usr/libexec/docker/cli-plugins",
                "/usr/lib/docker/cli-plugins",
            ]
            if file != name
            else []
        )
        found = shutil.which(file) or shutil.which(file, path=":".join(folders) or "/nonexistent")
        if not found or Path(found).parent == self._bin:
            return None
        try:
            printed = self._tools.output(found, *_ASK[name])
        except (ToolFailedError, OSError):
            return None
        oldest = tuple(int(part) for part in self._versions.tools[name].split("."))
        return Path(found) if version_in(printed) >= oldest else None

    def _link(self, program: Path, file: str) -> Path:
        self._bin.mkdir(parents=True, exist_ok=True)
        link, fresh = self._bin / file, self._bin / f".{file}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(program)
        fresh.replace(link)
        return link
