"""
What the database's two images are made from: FerretDB's own images, or Debian's packages and a Go module.
"""

from pathlib import Path

from crashctl.cluster.archives import write_image, write_layer
from crashctl.cluster.base_images import BaseImages
from crashctl.cluster.cache import Cache
from crashctl.cluster.go_tools import GoTools
from crashctl.cluster.process import Tools
from crashctl.cluster.progress import Step
from crashctl.cluster.road import Road
from crashctl.cluster.versions import Versions

SOURCES = ("documentdb", "ferretdb")


class DatabaseSources:
    """
    Names the sources, and on the road "packages" makes them and brings them into the engine.

    Args:
        bases: Makes root file systems of Debian packages.
        cache: Keeps what is made.
        tools: Runs docker.
        go: Builds FerretDB.
        versions: The pinned versions.
        road: How images come to this machine.
    """

    def __init__(
        self, bases: BaseImages, cache: Cache, tools: Tools, *, go: GoTools, versions: Versions, road: Road
    ) -> None:
        self._bases = bases
        self._cache = cache
        self._tools = tools
        self._go = go
        self._versions = versions
        self._road = road

    def names(self) -> dict[str, str]:
        """Source to its reference, whether or not it is there."""
        if self._road is Road.IMAGES:
            return {source: self._versions.images[source] for source in SOURCES}
        return {
            "documentdb": self._bases.rootfs_name("documentdb"),
            "ferretdb": f"crash-demo/rootfs-ferretdb:{self._go.key('ferretdb')}",
        }

    def ensure(self, step: Step) -> dict[str, str]:
        """
        Have both in the engine; those that are pulled, the build pulls.

        Returns:
            Source to its reference.

        Raises:
            ToolFailedError: a package cannot be had, or FerretDB cannot be built.
        """
        names = self.names()
        if self._road is Road.PACKAGES:
            step.doing("documentdb")
            self._bases.rootfs("documentdb")
            step.doing("ferretdb")
            if not self._tools.succeeds("docker", "image", "inspect", names["ferretdb"]):
                self._load_ferretdb(names["ferretdb"])
        return names

    def _load_ferretdb(self, name: str) -> None:
        program = self._go.folder("ferretdb") / "ferretdb"

        def make(fresh: Path) -> None:
            layer = fresh / "layer.tar"
            write_layer(layer, {"ferretdb": program})
            write_image(fresh / "image.tar", [name], [layer])
            layer.unlink()

        entry = self._cache.entry("rootfs-ferretdb", self._go.key("ferretdb"), make)
        self._tools.run("docker", "load", "--input", entry / "image.tar")
