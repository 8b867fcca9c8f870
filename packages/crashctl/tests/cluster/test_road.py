"""
Which road is taken, and how dear the question may be.
"""

import pytest
from crashctl.cluster.road import Choice, Road, UnknownRoadError, choose


def never() -> bool:
    pytest.fail("asked, although the answer was known")


@pytest.mark.parametrize("road", list(Road))
def test_what_the_user_says_wins(road):
    """
    The override decides, and nothing else is asked.
    """
    choice = choose({"CRASH_DEMO_ROAD": road.value}, has_node_image=never, can_pull=never)

    assert Choice(road, "CRASH_DEMO_ROAD says so") == choice


def test_an_override_that_is_no_road_is_refused_with_the_fix():
    """
    A typo in the override is an error that names both roads.
    """
    with pytest.raises(UnknownRoadError, match=r"CRASH_DEMO_ROAD=image is no road\. Fix: set it to images or packages"):
        choose({"CRASH_DEMO_ROAD": "image"}, has_node_image=never, can_pull=never)


def test_a_node_image_that_is_here_needs_no_registry():
    """
    Offline with the pinned node image in the engine is still the road of images.
    """
    choice = choose({}, has_node_image=lambda: True, can_pull=never)

    assert Choice(Road.IMAGES, "the pinned kindest/node image is here") == choice


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (True, Choice(Road.IMAGES, "the image registry answers")),
        (False, Choice(Road.PACKAGES, "no image can be pulled from here")),
    ],
)
def test_the_registry_decides_last(answers, expected):
    """
    Nothing said and nothing here: a registry that answers means images, else packages.
    """
    choice = choose({"CRASH_DEMO_ROAD": ""}, has_node_image=lambda: False, can_pull=lambda: answers)

    assert expected == choice
