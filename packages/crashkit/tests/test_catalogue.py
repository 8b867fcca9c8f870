from pathlib import Path

import pytest
from crashkit.catalogue import Catalogue, Expect, ExpectedEvent, ExpectedPod, PodEnd, Scenario
from crashkit.loading import load_catalogue
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

CATALOG = Path(__file__).parents[3] / "catalog"
CATALOGUE = load_catalogue(CATALOG)
CASES = list(CATALOGUE.cases())
RUNBOOK = {"symptom": "It answers 500.", "look_at": "The top frame.", "remedy": "Mend the loop."}
SCENARIO = {
    "path": "/debug/one",
    "panel": "service-crashes",
    "title": "One",
    "summary": "It fails.",
    "runbook": RUNBOOK,
}
EXPECT = {"status": 500}


def spellings(name: str) -> st.SearchStrategy[str]:
    """Ways to write a name: with upper case, underscores or no separators at all."""
    letters = [st.sampled_from([letter, letter.upper()]) if letter != "-" else st.sampled_from("-_") for letter in name]
    return st.tuples(*letters).map("".join) | st.tuples(*letters).map(
        lambda parts: "".join(parts).replace("-", "").replace("_", "")
    )


@given(st.data())
def test_a_case_is_found_however_it_is_spelled(data):
    """
    Hyphens, underscores and upper case do not matter: ``ValueError``, ``value_error`` and ``value-error`` are one case.
    """
    case = data.draw(st.sampled_from([case for case in CASES if case.case_name]))
    spelled = data.draw(spellings(case.case_name))

    assert case == CATALOGUE.find(case.service.name, case.scenario_name, spelled)


@given(st.text(max_size=30))
def test_a_name_that_is_none_finds_nothing_and_raises_nothing(name):
    """
    Whatever a caller writes is a case, or is none; it never breaks the search.
    """
    known = {"valueerror", "typeerror", "indexerror", "keyerror", "zerodivisionerror", "customerror"}

    found = CATALOGUE.find("game-engine", "error", name)

    plain = name.replace("-", "").replace("_", "").lower()
    assert (plain in known) == (found is not None)


def test_no_case_named_means_the_first():
    """
    Without a case, a scenario fires its first one; without cases, itself.
    """
    first = next(case for case in CASES if case.scenario_name == "error")
    crash = next(case for case in CASES if case.id == "game-engine/crash")

    assert first == CATALOGUE.find("game-engine", "error")
    assert crash == CATALOGUE.find("game-engine", "crash")
    assert CATALOGUE.find("game-engine", "crash", "any") is None
    assert CATALOGUE.find("game-engine", "nothing") is None
    assert CATALOGUE.find("nobody", "crash") is None


def test_a_case_knows_its_paths():
    """
    A case stands in the path where that has a place for it, else in the query; the gateway's prefix comes in front.
    """
    by_id = {case.id: case for case in CASES}

    assert "/debug/error/key-error" == by_id["game-engine/error/key-error"].local_path
    assert "/debug/memory-leak?case=step" == by_id["game-engine/memory-leak/step"].local_path
    assert "/api/v1/game-engine/debug/crash" == by_id["game-engine/crash"].path


def test_through_the_gateway_every_fault_surface_is_debug():
    """
    A service may have its faults where its own conventions want them; callers of the gateway need not know.
    """
    service = CATALOGUE.service("analytics")

    assert "/api/debug" == service.debug_root
    assert "/api/v1/analytics/debug/crash" == service.gateway_path("/api/debug/crash")


def test_the_page_is_opened_and_not_called():
    """
    A case of the page has an address behind #, which no browser sends anywhere, and there is no path that fires it.
    """
    paths = {case.scenario_name: case.path for case in CASES if case.service.name == "slot-machine"}

    assert "/#/debug/type-error" == paths["type-error"]
    assert all(path.startswith("/#/debug/") for path in paths.values())


def test_cases_are_told_apart_by_where_they_run():
    """
    Each case is of the cluster or of the page, and the page has no port, no baseline and no HTTP status to promise.
    """
    in_cluster, in_page = list(CATALOGUE.cases(runs_in="cluster")), list(CATALOGUE.cases(runs_in="page"))

    assert {"slot-machine"} == {case.service.name for case in in_page}
    assert sorted(case.id for case in CASES) == sorted(case.id for case in [*in_cluster, *in_page])
    assert {(None, None, None)} == {(one.expect.status, one.service.port, one.service.baseline_mib) for one in in_page}
    assert [] == list(CATALOGUE.cases("slot-machine", runs_in="cluster"))


@pytest.mark.parametrize(("status", "success"), [(200, 200), (202, 202), (500, 200), (302, 200), (None, 200)])
def test_a_report_is_answered_as_a_success(status, success):
    """
    A fault that returns a report in place of failing is no failure to its caller, whatever the contract expects.
    """
    case = CASES[0].model_copy(update={"expect": Expect(status=status)})

    assert success == case.success_status


def test_a_case_may_have_a_budget_of_its_own():
    """
    The case's budget replaces the scenario's; where it has none, the scenario's holds.
    """
    scenario = Scenario.model_validate(
        {
            **SCENARIO,
            "budget": {"wall_s": 7},
            "cases": {
                "own": {"summary": "With its own.", "budget": {"wall_s": 2}, "expect": EXPECT},
                "none": {"summary": "Without one.", "expect": EXPECT},
            },
        }
    )
    catalogue = Catalogue(services=CATALOGUE.services, scenarios={"game-engine": {"one": scenario}})

    assert [2, 7] == [case.budget.wall_s for case in catalogue.cases()]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (SCENARIO, "either expect or cases; found neither"),
        ({**SCENARIO, "expect": EXPECT, "cases": {"a": {"summary": "One case.", "expect": EXPECT}}}, "found both"),
        ({**SCENARIO, "path": "/debug/{case}", "expect": EXPECT}, "takes a case, but there are no cases"),
        ({**SCENARIO, "expect": EXPECT, "budgets": {}}, "Extra inputs are not permitted"),
        ({**SCENARIO, "path": "debug", "expect": EXPECT}, "should match pattern"),
        ({**SCENARIO, "panel": "nowhere", "expect": EXPECT}, "service-crashes"),
    ],
)
def test_a_scenario_that_contradicts_itself_is_refused(entry, said):
    """
    A scenario has expect or cases, a path that fits them, a panel there is, and no key that nobody reads.
    """
    with pytest.raises(ValidationError, match=said):
        Scenario.model_validate(entry)


def test_an_event_names_something():
    """
    An expected event without type and message could be any event, and is refused.
    """
    with pytest.raises(ValidationError, match="needs a type"):
        ExpectedEvent(level="error")


def test_an_end_has_a_time_to_recover():
    """
    A pod that must end must also be ready again within a time that is said.
    """
    with pytest.raises(ValidationError, match="say recovers_within_s"):
        ExpectedPod(ends=PodEnd.OOM)

    assert PodEnd.NONE is Expect(status=200).pod.ends


def test_the_catalogue_does_not_change():
    """
    Whoever holds the catalogue cannot change it for others.
    """
    with pytest.raises(ValidationError, match="frozen"):
        CASES[0].budget.wall_s = 100


def test_a_service_that_is_not_there_is_a_key_error():
    """
    A name that no service has is refused with that name.
    """
    with pytest.raises(KeyError, match="nobody"):
        CATALOGUE.service("nobody")
