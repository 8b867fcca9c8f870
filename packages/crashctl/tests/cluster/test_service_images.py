"""
An image's key follows what it is made of, and nothing else.
"""

import pytest
from crashctl.cluster.layout import REPOSITORY
from crashctl.cluster.service_images import NODE, SERVICE_IMAGES, ServiceImage, image_key

BASES = {"python-builder": "b:1", "python-runtime": "r:1", "node-builder": "nb:1", "node-runtime": "nr:1"}
IMAGE = ServiceImage("one", "one/Dockerfile", ("pyproject.toml", "one"))


@pytest.fixture
def repository(tmp_path):
    for name in ("pyproject.toml", "one/Dockerfile", "one/src/main.py", "one/tests/test_main.py", "two/main.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("changed", ["pyproject.toml", "one/Dockerfile", "one/src/main.py", "one/src/new.py"])
def test_a_change_of_an_input_changes_the_key(repository, changed):
    """
    Recipe, sources and shared files count, new ones too.
    """
    before = image_key(repository, IMAGE, BASES)

    (repository / changed).write_text("other")

    assert before != image_key(repository, IMAGE, BASES)


@pytest.mark.parametrize(
    "changed",
    [
        "two/main.py",
        "one/tests/test_main.py",
        "one/test/main.test.js",
        "one/src/__pycache__/main.pyc",
        "one/.cache",
        "one/dist/index.html",
    ],
)
def test_a_change_elsewhere_does_not(repository, changed):
    """
    Another component, tests and litter do not count.
    """
    before = image_key(repository, IMAGE, BASES)

    (repository / changed).parent.mkdir(exist_ok=True)
    (repository / changed).write_text("other")

    assert before == image_key(repository, IMAGE, BASES)


def test_a_new_base_changes_the_images_on_it_only(repository):
    """
    A Python base does not touch an image of Node.
    """
    node = ServiceImage("node", "one/Dockerfile", ("one",), NODE)
    newer = {**BASES, "python-runtime": "r:2"}

    assert image_key(repository, IMAGE, BASES) != image_key(repository, IMAGE, newer)
    assert image_key(repository, node, BASES) == image_key(repository, node, newer)


@pytest.mark.parametrize("image", SERVICE_IMAGES, ids=lambda image: image.name)
def test_a_recipe_copies_only_what_counts(image):
    """
    Whatever a Dockerfile copies from the checkout is among the image's inputs, so no change is missed.
    """
    recipe = (REPOSITORY / image.dockerfile).read_text()
    copied = [
        source
        for line in recipe.splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    ]

    assert copied
    assert [] == [
        source for source in copied if not any(source == name or source.startswith(f"{name}/") for name in image.inputs)
    ]


@pytest.mark.parametrize("image", SERVICE_IMAGES, ids=lambda image: image.name)
def test_a_recipe_is_short_and_pulls_nothing(image):
    """
    Only on the bases that it is given or on nothing at all, no syntax line that would pull an image.
    """
    lines = (REPOSITORY / image.dockerfile).read_text().splitlines()
    named = [line.split() for line in lines if line.startswith("FROM ")]
    stages = {words[3] for words in named if len(words) > 2}
    given = [f"${{{argument}}}" for argument, _ in image.bases]

    assert given == [words[1] for words in named if words[1] not in {*stages, "scratch"}]
    assert not any("syntax=" in line for line in lines)
    assert len([line for line in lines if line and not line.startswith("#")]) <= 20
