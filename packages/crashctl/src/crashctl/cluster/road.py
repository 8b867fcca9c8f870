"""
Which road leads to the cluster: pulled images, or packages only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

OVERRIDE = "CRASH_DEMO_ROAD"


class Road(StrEnum):
    """How images come to this machine."""

    IMAGES = "images"
    PACKAGES = "packages"


class UnknownRoadError(Exception):
    """The override names no road."""


@dataclass(frozen=True)
class Choice:
    """
    A road and why.

    Args:
        road: The road.
        reason: The end of a sentence that begins with its name.
    """

    road: Road
    reason: str


def choose(environ: Mapping[str, str], *, has_node_image: Callable[[], bool], can_pull: Callable[[], bool]) -> Choice:
    """
    Choose by what the user says, then by what is here, then by what can be reached.

    Args:
        environ: ``CRASH_DEMO_ROAD`` in it wins.
        has_node_image: Whether the pinned kindest/node is in the engine already.
        can_pull: Whether the registry answers for it; asked last, as it takes seconds.

    Raises:
        UnknownRoadError: the override is neither "images" nor "packages".
    """
    if named := environ.get(OVERRIDE):
        if named not in set(Road):
            raise UnknownRoadError(f"{OVERRIDE}={named} is no road. Fix: set it to images or packages, or unset it.")
        return Choice(Road(named), f"{OVERRIDE} says so")
    if has_node_image():
        return Choice(Road.IMAGES, "the pinned kindest/node image is here")
    if can_pull():
        return Choice(Road.IMAGES, "the image registry answers")
    return Choice(Road.PACKAGES, "no image can be pulled from here")
