import shutil
from pathlib import Path

import pytest
from crashkit.loading import CatalogueError, load_catalogue

CATALOG = Path(__file__).parents[3] / "catalog"
ENTRY = """
service: {service}
scenarios:
  one:
    {{path: {path}, panel: service-crashes, title: One, summary: It fails now., expect: {{status: 500}},
     runbook: {{symptom: It answers 500., look_at: The top frame., remedy: Mend the loop.}}}}
"""


@pytest.fixture
def folder(tmp_path):
    """A copy of the catalogue, to be spoiled."""
    return Path(shutil.copytree(CATALOG, tmp_path / "catalog"))


def spoil(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def mistakes(folder):
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    return str(caught.value)


def test_the_catalogue_of_the_checkout_loads():
    """
    The catalogue that is shipped has no mistake, and every file of it is read.
    """
    files = {file.stem for file in CATALOG.glob("*.yaml")} - {"services"}

    assert files == load_catalogue(CATALOG).scenarios.keys()


def test_a_folder_without_services_is_refused(tmp_path):
    """
    The wrong folder is named, with the variable that names it.
    """
    said = mistakes(tmp_path)

    assert f"{tmp_path / 'services.yaml'} is missing; CATALOG_DIR must name the folder of the catalogue" == said


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "game-engine.yaml",
            "path: /debug/crash",
            "path: /fail/crash",
            "game-engine.yaml: crash has the path /fail/crash; those of game-engine begin with /debug/",
        ),
        ("gateway.yaml", "wall_s: 5", "wall: 5", "gateway.yaml: scenarios.crash.budget.wall: Extra inputs"),
        (
            "gateway.yaml",
            "wall_s: 5",
            "wall_s: -5",
            "gateway.yaml: scenarios.crash.budget.wall_s: Input should be greater",
        ),
        (
            "gateway.yaml",
            "status: 500",
            "status: often",
            "gateway.yaml: scenarios.crash.expect.status: Input should be a",
        ),
        ("gateway.yaml", "    title: Gateway crash\n", "", "gateway.yaml: scenarios.crash.title: Field required"),
        (
            "gateway.yaml",
            "service: gateway",
            "service: getaway",
            "'getaway', but the file is named 'gateway'; make them",
        ),
        ("gateway.yaml", "service: gateway", "service: getaway", "'getaway' is not in services.yaml, which has"),
        ("gateway.yaml", "service: gateway", "service: [", "gateway.yaml: not YAML"),
        ("gateway.yaml", "scenarios:", "scenarios: {}\nothers:", "gateway.yaml: scenarios: Dictionary should have at"),
        ("gateway.yaml", "  crash:", "  Crash It:", "gateway.yaml: scenarios.Crash It"),
        ("services.yaml", "port: 8082", "port: 8080", "services.yaml: port 8080 is given 2 times"),
        ("services.yaml", "project_id: 2", "project_id: 1", "services.yaml: project_id 1 is given 2 times"),
        ("services.yaml", "name: game-engine", "name: gateway", "services.yaml: name 'gateway' is given 2 times"),
        ("services.yaml", "port: 8082", "port: 80", "services.yaml: services.1.port: Input should be greater"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_place(folder, file, old, new, said):
    """
    Each kind of mistake is one readable line: which file, where in it, what was found.
    """
    spoil(folder / file, old, new)

    assert said in mistakes(folder)


def test_a_key_given_twice_is_a_mistake(folder):
    """
    YAML would take the second of two scenarios of one name without a word; here it is refused, with its line.
    """
    with (folder / "gateway.yaml").open("a") as file:
        file.write("  crash:\n    path: /debug/other\n")

    said = mistakes(folder)

    assert "the key 'crash' is given twice" in said
    assert "line" in said


def test_two_scenarios_do_not_share_a_path(folder):
    """
    A path fires one scenario; two that share it are both named.
    """
    text = (folder / "gateway.yaml").read_text()
    second = text.partition("  crash:\n")[2]
    (folder / "gateway.yaml").write_text(f"{text}  again:\n{second}")

    assert "gateway.yaml: again and crash share the path /debug/crash; each scenario has its own" in mistakes(folder)


def test_every_mistake_is_listed_at_once(folder):
    """
    Whoever mends the catalogue sees all mistakes of all files in one go.
    """
    spoil(folder / "gateway.yaml", "status: 500", "status: often")
    spoil(folder / "game-engine.yaml", "title: Crash in a spin", "titel: Crash in a spin")

    said = mistakes(folder).splitlines()

    assert {"gateway.yaml", "game-engine.yaml"} == {line.partition(":")[0] for line in said}
    assert len(said) >= 3


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "\t- tab"])
def test_a_file_that_is_something_else_is_refused(folder, text):
    """
    An empty file, a list or plain words are no catalogue, and the file is named.
    """
    (folder / "gateway.yaml").write_text(text)

    assert "gateway.yaml" in mistakes(folder)


def test_a_file_that_is_no_text_is_refused(folder):
    """
    Bytes that are no UTF-8 are a mistake of the file, not a crash of the loader.
    """
    (folder / "gateway.yaml").write_bytes(b"service: \xff\xfe")

    assert "gateway.yaml" in mistakes(folder)


def test_an_unhashable_key_is_refused(folder):
    """
    A key that is a list is a mistake in YAML, not a crash of the loader.
    """
    (folder / "gateway.yaml").write_text("? [a, b]\n: c\n")

    assert "gateway.yaml: not YAML" in mistakes(folder)
