import json
import re
import shutil
from pathlib import Path

import pytest
from crashctl.cli import app
from crashctl.generated import files
from crashctl.generated.readme_table import BEGIN, END, anchor
from typer.testing import CliRunner

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the catalogue, in which everything generated is fresh."""
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    (tmp_path / "README.md").write_text(f"# Before\n\n{BEGIN}\n{END}\n\n## After\n")
    assert 0 == crashctl("generate", "--root", str(tmp_path)).exit_code
    return tmp_path


def crashctl(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_the_list_names_every_case():
    """
    `crashctl list` shows each case with path, budget, status, events and pod; `--json` gives the same to programs.
    """
    table = crashctl("list", "--catalog-dir", str(ROOT / "catalog")).output
    rows = json.loads(crashctl("list", "--json", "--catalog-dir", str(ROOT / "catalog")).output)

    assert "POST" in {row["method"] for row in rows}
    for row in rows:
        assert row["id"] in table
        assert row["path"] in table
    assert "oom at call 2, ready again within 60 s" in table
    assert "RuntimeError (error, unhandled)" in table


def test_a_mistake_in_the_catalogue_is_said_in_lines(checkout):
    """
    A mistake is a line with file and place, and exit code 1; no traceback.
    """
    file = checkout / "catalog" / "gateway.yaml"
    file.write_text(file.read_text().replace("status: 500", "status: often"))

    ended = crashctl("list", "--catalog-dir", str(checkout / "catalog"))

    assert 1 == ended.exit_code
    assert ended.output.startswith("gateway.yaml: scenarios.crash.expect.status: ")


def test_generating_twice_changes_nothing(checkout):
    """
    What is generated depends on the catalogue alone.
    """
    names = ("README.md", "catalog/schema.json", "docs/api.md", "docs/runbook.md")
    before = {name: (checkout / name).read_text() for name in names}

    ended = crashctl("generate", "--root", str(checkout))

    assert "everything is fresh\n" == ended.output
    assert before == {name: (checkout / name).read_text() for name in before}


def test_a_stale_page_fails_the_check_with_what_differs(checkout):
    """
    `--check` writes nothing, shows some lines of the difference, names the file and the command, and ends with 1.
    """
    page = checkout / "docs" / "api.md"
    stale = page.read_text().replace("Gateway crash", "Gateway disaster")
    page.write_text(stale)

    ended = crashctl("generate", "--check", "--root", str(checkout))

    assert 1 == ended.exit_code
    assert "-### Gateway disaster: `gateway/crash`" in ended.output
    assert "+### Gateway crash: `gateway/crash`" in ended.output
    assert f"stale: docs/api.md; run `{files.COMMAND}`" in ended.output
    assert len(ended.output.splitlines()) < 40
    assert stale == page.read_text()


def test_the_readme_lists_every_scenario_and_keeps_the_rest(checkout):
    """
    One row a scenario stands between the marks, each link leads to a heading of the API's page, and what is written by
    hand around the marks stays.
    """
    text, page = (checkout / "README.md").read_text(), (checkout / "docs" / "api.md").read_text()
    listed = json.loads(crashctl("list", "--json", "--catalog-dir", str(checkout / "catalog")).output)
    scenarios = {tuple(row["id"].split("/")[:2]) for row in listed}
    headings = {anchor(heading) for heading in re.findall(r"^### (.+)$", page, re.MULTILINE)}

    rows = re.findall(r"^\| ([a-z-]+) \| \[`([a-z-]+)`\]\(docs/api\.md#([^)]+)\) \| .+ \|$", text, re.MULTILINE)

    assert scenarios == {(service, scenario) for service, scenario, _ in rows}
    assert len(scenarios) == len(rows)
    assert headings >= {link for _, _, link in rows}
    assert text.startswith("# Before\n\n")
    assert text.endswith(f"\n\n{END}\n\n## After\n")


def test_a_readme_without_marks_is_said(checkout):
    """
    Without the marks nothing is written, and both lines are named.
    """
    (checkout / "README.md").write_text("# No place for a table\n")

    ended = crashctl("generate", "--root", str(checkout))

    assert 1 == ended.exit_code
    assert BEGIN in ended.output
    assert END in ended.output
    assert "# No place for a table\n" == (checkout / "README.md").read_text()


def test_elsewhere_nothing_is_generated(tmp_path):
    """
    Outside of a checkout the command says so and writes nothing.
    """
    ended = crashctl("generate", "--root", str(tmp_path))

    assert 2 == ended.exit_code
    assert "run it at the root of the checkout" in ended.output
    assert [] == list(tmp_path.iterdir())
