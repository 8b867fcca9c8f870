"""
The database's two images in the engine: those that are there, else built now.
"""

from pathlib import Path

from crashctl.cluster.base_images import BaseImages
from crashctl.cluster.database_sources import SOURCES, DatabaseSources
from crashctl.cluster.machine import choose_road, prepare_road
from crashctl.cluster.progress import Step
from crashctl.cluster.road import Road
from crashctl.cluster.service_images import SERVICE_IMAGES, ServiceImages
from crashctl.cluster.workshop import Workshop

IMAGES = tuple(image for image in SERVICE_IMAGES if image.name in SOURCES)


def ensure_images(shop: Workshop, step: Step) -> dict[str, str]:
    """
    Have both images in the engine.

    Args:
        shop: The parts; its engine answers.
        step: Shown on the terminal.

    Returns:
        ``documentdb`` and ``ferretdb`` to their references.

    Raises:
        UpError: something is missing that only the user can give.
        ToolFailedError: a program failed.
    """
    # Whichever road made them: asking the registry which road is open takes seconds.
    for road in Road:
        names = ServiceImages(
            shop.tools, Path(), shop.layout.repository, _sources(shop, Path(), road).names(), IMAGES
        ).references
        if all(shop.tools.succeeds("docker", "image", "inspect", name) for name in names.values()):
            step.cached()
            return names
    road = choose_road(shop.tools, shop.versions).road
    prepare_road(shop.tools, road, step)
    buildx = shop.provider.provide("buildx").path
    sources = _sources(shop, buildx, road).ensure(step)
    images = ServiceImages(shop.tools, buildx, shop.layout.repository, sources, IMAGES)
    images.build(step)
    return images.references


def _sources(shop: Workshop, buildx: Path, road: Road) -> DatabaseSources:
    bases = BaseImages(
        shop.cache, shop.tools, buildx, versions=shop.versions, repository=shop.layout.repository, road=road
    )
    return DatabaseSources(bases, shop.cache, shop.tools, go=shop.go, versions=shop.versions, road=road)
