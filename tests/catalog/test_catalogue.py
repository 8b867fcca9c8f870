"""
The catalogue that is shipped, as a whole: what its own rules cannot see.
"""

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from crashctl.generated import files
from crashkit.catalogue import PodEnd
from crashkit.loading import load_catalogue

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT / "catalog")
CASES = list(CATALOGUE.cases())
SCHEMA = json.loads((ROOT / "catalog" / "schema.json").read_text())
# A person who waits for a whole drill has five minutes.
DRILL_S = 300
# What the gateway gives a service to answer (its default).
UPSTREAM_TIMEOUT_S = 30


def part(name):
    return {**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{name}"}]}


def quoted(address):
    return f"'{address}'" if "?" in address else address


@pytest.mark.parametrize("file", sorted((ROOT / "catalog").glob("*.yaml")), ids=lambda file: file.name)
def test_a_file_is_what_its_first_line_says(file):
    """
    Each file names the part of the schema that editors check it with, and keeps it.
    """
    first, *_ = file.read_text().splitlines()
    name = "Services" if file.name == "services.yaml" else "ServiceFile"

    assert f"# yaml-language-server: $schema=schema.json#/$defs/{name}" == first
    jsonschema.Draft202012Validator(part(name)).validate(yaml.safe_load(file.read_text()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wall_s: 5", "wall: 5"),
        ("status: 500", "status: 99"),
        ("per_minute: 120", "per_minute: 0"),
        ("    expect:\n", "    expected:\n"),
        ("type: KeyError, message: '3', ", ""),
    ],
)
def test_an_editor_sees_the_mistakes_too(old, new):
    """
    What the loader refuses, the schema refuses as well: unknown keys, numbers out of range, empty events.
    """
    text = (ROOT / "catalog" / "gateway.yaml").read_text().replace('message: "3"', "message: '3'")
    assert old in text
    validator = jsonschema.Draft202012Validator(part("ServiceFile"))

    assert list(validator.iter_errors(yaml.safe_load(text.replace(old, new))))


def test_the_generated_files_are_fresh():
    """
    Schema, pages and the README's table are what `crashctl generate` writes now, byte for byte, and say so: a file that
    is generated as a whole in its first line, the README above its table.
    """
    wanted = files.contents(CATALOGUE, ROOT)

    assert [] == files.stale(ROOT, wanted)
    for name in wanted:
        text = (ROOT / name).read_text()
        above_a_table = f"<!-- Scenarios: {files.NOTE[0].lower()}{files.NOTE[1:]} -->"
        assert files.NOTE in text.splitlines()[0] or above_a_table in text.splitlines()


def test_every_path_is_of_one_case():
    """
    No two cases share a path with its query through the gateway.
    """
    assert [] == [path for path, count in Counter(case.path for case in CASES).items() if count > 1]


def test_every_service_with_faults_can_be_reached():
    """
    Each service of the catalogue has its prefix, its port and its project to itself, and each file its service; the
    page listens nowhere.
    """
    for field in ("name", "prefix", "port", "project_id"):
        values = [value for service in CATALOGUE.services if (value := getattr(service, field)) is not None]
        assert len(values) == len(set(values)), field
    assert ["slot-machine"] == [service.name for service in CATALOGUE.services if service.port is None]
    assert CATALOGUE.scenarios.keys() <= {service.name for service in CATALOGUE.services}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_documented(case):
    """
    The API page has the case's curl line, or where the page opens at its button; the runbook has its scenario with
    symptom, where to look, and remedy.
    """
    page = (ROOT / "docs" / "api.md").read_text()
    runbook = (ROOT / "docs" / "runbook.md").read_text()

    address = f"http://localhost:8080{case.path}"
    assert (f"<{address}> opens it" if case.service.runs_in == "page" else f'FAULTS_TOKEN" {quoted(address)}\n') in page
    assert f"`{case.service.name}/{case.scenario_name}`" in runbook
    for said in (case.scenario.runbook.symptom, case.scenario.runbook.look_at, case.scenario.runbook.remedy):
        assert said in runbook


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_budget_is_sane(case):
    """
    A firing ends before the gateway gives up on it, one that ends its pod may be fired as often as that takes, within a
    minute, and what is held is held for a while.
    """
    assert case.budget.wall_s < UPSTREAM_TIMEOUT_S
    assert case.expect.pod.after_calls <= min(case.budget.per_minute, case.budget.at_once)
    assert bool(case.budget.memory_mib) >= bool(case.budget.hold_s)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_leaves_something_behind(case):
    """
    Each fault is captured: by at least one event, whose flag says whether it was handled where it is an exception, and
    which tells of the process, where there is one.
    """
    assert case.expect.events
    for event in case.expect.events:
        assert (event.type is not None) == (event.handled is not None)
        assert (case.service.runs_in == "cluster") == ("runtime" in event.contexts)


def test_a_whole_drill_has_room_in_five_minutes():
    """
    All firings in a row, and the waiting for the service whose container ends most often, fit into a drill's five
    minutes; while one service is away the drill fires at the others.
    """
    drilled = list(CATALOGUE.cases(runs_in="cluster"))
    longest = sum(case.budget.wall_s if "loop" in case.scenario_name else 1 for case in drilled)
    away = Counter()
    for case in drilled:
        away[case.service.name] += case.expect.pod.recovers_within_s if case.expect.pod.ends is not PodEnd.NONE else 0

    assert longest + max(away.values()) < DRILL_S


def test_the_charts_have_the_same_ports_and_projects():
    """
    What the charts must repeat, because Helm reads no catalogue, is what services.yaml says.
    """
    text = (ROOT / "charts/crash-demo/charts/common/templates/_registry.tpl").read_text()
    written = {
        name: (int(port) if port else None, int(project))
        for name, port, project in re.findall(r"^([a-z-]+): \{(?:port: (\d+), )?project: (\d+)\}", text, re.MULTILINE)
    }

    assert {service.name: (service.port, service.project_id) for service in CATALOGUE.services} == written
