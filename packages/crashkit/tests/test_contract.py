"""
What crashkit and its twin for Node (services/payment/src/crashkit) have in common: both are held to contract/*.json.
"""

import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from crashkit.guard import Guard, Policy, run_tag
from crashkit.loading import CatalogueError, load_catalogue
from crashkit.problem import Problem
from crashkit.run import RunEnded
from crashkit.telemetry import sampler

CONTRACT = Path(__file__).parent / "contract"
CATALOGUE = load_catalogue(CONTRACT / "catalog")
TOKEN = "the-token"


def rows(name):
    return json.loads((CONTRACT / f"{name}.json").read_text())["rows"]


def why(row):
    return row.get("why") if isinstance(row, dict) else None


def facts(problem):
    return {"status": problem.status, "code": problem.code, "detail": problem.detail, "headers": problem.headers}


@pytest.mark.parametrize("row", rows("guard"), ids=why)
def test_a_request_fires_or_is_refused_as_the_contract_says(row):
    """
    The guard admits the case of the contract, or refuses with its status, code, sentence and headers.
    """
    guard = Guard(CATALOGUE, Policy(token=TOKEN, **row["policy"]))

    try:
        found = {"case": guard.admit(**row["request"]).id}
    except Problem as problem:
        found = {"problem": facts(problem)}

    assert row["expect"] == found


@pytest.mark.parametrize("row", rows("names"), ids=str)
def test_a_case_is_found_by_the_names_of_the_contract(row):
    """
    Hyphens, underscores and upper case do not matter in the name of a case, and nothing else is forgiven.
    """
    found = CATALOGUE.find("till", row["scenario"], row["case"])

    assert row["found"] == (found and found.id)


@pytest.mark.parametrize("row", rows("run-tags"), ids=str)
def test_a_run_tag_is_taken_or_refused_as_the_contract_says(row):
    """
    A tag of the contract is taken as it is, or refused with its sentence.
    """
    if row["problem"] is None:
        assert row["given"] == run_tag(row["given"])
    else:
        with pytest.raises(Problem) as caught:
            run_tag(row["given"])
        assert (400, "run-tag", row["problem"]) == (caught.value.status, caught.value.code, caught.value.detail)


@pytest.mark.parametrize("row", rows("paths"), ids=lambda row: row["path"])
def test_a_case_has_the_paths_of_the_contract(row):
    """
    Path and query of a case are those of the contract, at the service and through the gateway.
    """
    case = CATALOGUE.find(*row["case"])

    assert (row["local_path"], row["path"]) == (case.local_path, case.path)


@pytest.mark.parametrize("row", rows("problems"), ids=str)
def test_a_problem_has_the_body_of_the_contract(row):
    """
    The members of a problem are those of the contract, whichever version of the language names the statuses.
    """
    problem = Problem(row["status"], row["code"], row["detail"])

    assert row["body"] == problem.body(row["trace_id"])


@pytest.mark.parametrize("row", rows("budgets"), ids=why)
def test_a_budget_is_kept_as_the_contract_says(row):
    """
    A guard whose clock is moved fires, refuses, holds and frees as the contract says.
    """
    now_s = [1000.0]
    guard = Guard(CATALOGUE, Policy(enabled=True, allow_get=False, token=TOKEN), lambda: now_s[0])
    runs = {}

    for step in row["steps"]:
        now_s[0] = 1000.0 + step["at_s"]
        assert {name: step[name] for name in ("refused", "ended", "count") if name in step} == took(step, guard, runs)


def took(step, guard, runs):
    """Take one step, and give what came of it."""
    match step["do"]:
        case "active":
            return {"count": len(guard.active())}
        case "stop":
            return {"count": guard.stop(step.get("run"))}
        case "end":
            runs[step["run"]][1].close()
        case "check":
            try:
                runs[step["run"]][0].check()
            except RunEnded as ended:
                return {"ended": str(ended)}
        case _:
            return began(step, guard, runs)
    return {}


def began(step, guard, runs):
    case = CATALOGUE.find(*step["case"].split("/"))
    stack = ExitStack()
    try:
        run = stack.enter_context(guard.firing(case, step.get("run", "one")))
    except Problem as problem:
        refused = {"status": problem.status, "code": problem.code, "detail": problem.detail}
        after = problem.headers.get("Retry-After")
        return {"refused": {**refused, **({"retry_after": after} if after else {})}}
    if step["do"] == "hold":
        run.hold(lambda: None)
    if step["do"] == "begin":
        runs[step["run"]] = (run, stack)
    else:
        stack.close()
    return {}


@pytest.mark.parametrize("row", rows("mistakes"), ids=why)
def test_a_mistake_in_the_catalogue_is_said_as_the_contract_says(row, tmp_path):
    """
    A catalogue with the mistake of the contract is refused, with the file and the place.
    """
    folder = Path(shutil.copytree(CONTRACT / "catalog", tmp_path / "catalog"))
    file = folder / row["file"]
    text = file.read_text()
    assert row["old"] is None or row["old"] in text
    file.write_text(row["new"] if row["old"] is None else text.replace(row["old"], row["new"], 1))

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)

    assert [] == [said for said in row["says"] if said not in str(caught.value)]


@pytest.mark.parametrize("row", rows("sampler"), ids=str)
def test_a_trace_is_kept_as_the_contract_says(row):
    """
    Faults are always kept, control calls never, the rest as the caller decided or by the rate.
    """
    decide = sampler(row["rate"], lambda _: row["kind"] == "fault", lambda _: row["kind"] == "control")

    assert row["share"] == decide({"parent_sampled": row["parent_sampled"]})
