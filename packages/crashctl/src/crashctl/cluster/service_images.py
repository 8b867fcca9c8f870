"""
The images of the release: which there are, what determines each, building them, and bringing them into the node.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crashctl.cluster.buildx import build_image
from crashctl.cluster.cache import key_of, key_of_files
from crashctl.cluster.kind_cluster import KindCluster
from crashctl.cluster.process import Tools
from crashctl.cluster.progress import Step

# Build argument to base.
PYTHON = (("BUILDER", "python-builder"), ("RUNTIME", "python-runtime"))
NODE = (("BUILDER", "node-builder"), ("RUNTIME", "node-runtime"))
# Python that serves a page which Node has built.
WITH_PAGE = (("BUILDER", "python-builder"), ("PAGE_BUILDER", "node-builder"), ("RUNTIME", "python-runtime"))


@dataclass(frozen=True)
class ServiceImage:
    """
    One image of the release.

    Args:
        name: The component.
        dockerfile: Its recipe, in the checkout.
        inputs: Folders and files that it copies; together with the bases they determine it.
        bases: Which build argument names which base.
    """

    name: str
    dockerfile: str
    inputs: tuple[str, ...]
    bases: tuple[tuple[str, str], ...] = PYTHON


_WORKSPACE = ("pyproject.toml", "uv.lock")
SERVICE_IMAGES = (
    ServiceImage(
        "game-engine",
        "services/game-engine/Dockerfile",
        (*_WORKSPACE, "packages/crashkit", "services/game-engine", "catalog"),
    ),
    ServiceImage("payment", "services/payment/Dockerfile", ("services/payment", "catalog"), NODE),
    ServiceImage(
        "analytics",
        "services/analytics/Dockerfile",
        (*_WORKSPACE, "packages/crashkit", "services/analytics", "catalog"),
    ),
    ServiceImage(
        "gateway",
        "gateway/Dockerfile",
        (*_WORKSPACE, "packages/crashkit", "gateway", "services/slot-machine", "catalog"),
        WITH_PAGE,
    ),
    ServiceImage(
        "event-sink",
        "services/event-sink/Dockerfile",
        (*_WORKSPACE, "packages/crashkit", "services/event-sink", "catalog"),
    ),
    ServiceImage(
        "coroner", "services/coroner/Dockerfile", (*_WORKSPACE, "packages/crashkit", "services/coroner", "catalog")
    ),
    ServiceImage("drill", "docker/drill/Dockerfile", (*_WORKSPACE, "packages", "catalog")),
    ServiceImage("bugsink", "docker/bugsink/Dockerfile", ("docker/bugsink", "catalog/services.yaml")),
    ServiceImage("spotlight", "docker/spotlight/Dockerfile", ("docker/spotlight",), NODE),
    ServiceImage("documentdb", "docker/documentdb/Dockerfile", ("docker/documentdb",), (("BASE", "documentdb"),)),
    ServiceImage("ferretdb", "docker/ferretdb/Dockerfile", ("docker/ferretdb",), (("BASE", "ferretdb"),)),
)
# What `.dockerignore` keeps out of the build does not count.
_IGNORED = {"tests", "test", "__pycache__", "node_modules", "dist"}


def image_key(repository: Path, image: ServiceImage, bases: Mapping[str, str]) -> str:
    """
    The key of an image's content.

    Args:
        repository: The checkout.
        image: Which one.
        bases: Base to its reference.
    """
    files = [image.dockerfile]
    for name in image.inputs:
        found = [repository / name] if (repository / name).is_file() else (repository / name).rglob("*")
        files += [
            str(file.relative_to(repository))
            for file in found
            if file.is_file() and _counts(file.relative_to(repository))
        ]
    return key_of(key_of_files(repository, *files), [bases[base] for _, base in image.bases])


def _counts(file: Path) -> bool:
    return not _IGNORED & set(file.parts) and not any(
        part.startswith(".") or part.endswith(".egg-info") for part in file.parts
    )


class ServiceImages:
    """
    Builds and loads the images of the release.

    Args:
        tools: Runs docker.
        buildx: The program.
        repository: The checkout.
        bases: Base to its reference.
        images: Which ones.
    """

    def __init__(
        self,
        tools: Tools,
        buildx: Path,
        repository: Path,
        bases: Mapping[str, str],
        images: Sequence[ServiceImage] = SERVICE_IMAGES,
    ) -> None:
        self._tools = tools
        self._buildx = buildx
        self._repository = repository
        self._bases = bases
        self._keys = {image: image_key(repository, image, bases) for image in images}

    @property
    def tag(self) -> str:
        """The one tag of the release: the key of all its images."""
        return key_of(*self._keys.values())

    @property
    def references(self) -> dict[str, str]:
        """Component to the reference that its content gives it."""
        return {image.name: self._own_name(image) for image in self._keys}

    def build(self, step: Step) -> None:
        """
        Build what is not in the engine.

        Raises:
            ToolFailedError: a build failed.
        """
        missing = [
            image
            for image in self._keys
            if not self._tools.succeeds("docker", "image", "inspect", self._own_name(image))
        ]
        for image in missing:
            step.doing(image.name)
            build_image(
                self._tools,
                self._buildx,
                dockerfile=self._repository / image.dockerfile,
                context=self._repository,
                names=[self._own_name(image)],
                arguments={argument: self._bases[base] for argument, base in image.bases},
            )
        for image in self._keys:
            self._tools.run("docker", "tag", self._own_name(image), self._released_name(image))
        if missing:
            self._remove_older()
            step.built(", ".join(image.name for image in missing))
        else:
            step.cached()

    def _remove_older(self) -> None:
        """Earlier builds go from the engine; a cluster that runs them has its own copy."""
        current = {name for image in self._keys for name in (self._own_name(image), self._released_name(image))}
        for image in self._keys:
            listed = self._tools.output(
                "docker", "image", "ls", f"crash-demo/{image.name}", "--format", "{{.Repository}}:{{.Tag}}"
            )
            for name in set(listed.split()) - current:
                self._tools.succeeds("docker", "image", "rm", name)

    def load(self, step: Step, cluster: KindCluster, *others: str) -> None:
        """
        Bring into the node what is not there yet, and give all the release's tag.

        Args:
            step: Shown on the terminal.
            cluster: Whose node.
            others: References of further images to load.
        """
        there = cluster.images()
        missing = [name for name in (*map(self._own_name, self._keys), *others) if _in_node(name) not in there]
        if missing:
            step.doing(f"{len(missing)} images")
            cluster.load(missing)
            step.built(f"{len(missing)} images loaded")
        else:
            step.cached()
        for image in self._keys:
            if _in_node(self._released_name(image)) not in there:
                cluster.tag(_in_node(self._own_name(image)), _in_node(self._released_name(image)))

    def _own_name(self, image: ServiceImage) -> str:
        return f"crash-demo/{image.name}:{self._keys[image]}"

    def _released_name(self, image: ServiceImage) -> str:
        return f"crash-demo/{image.name}:{self.tag}"


def _in_node(name: str) -> str:
    return f"docker.io/{name}"
