import json

import pytest
from crashctl.drill.cases import from_gateway, select
from crashctl.drill.problems import CannotRunError

PRESENT = frozenset({"gateway", "game-engine", "payment", "analytics"})


def test_the_gateways_catalogue_is_as_good_as_the_folder(cases):
    """
    The cases that are read from GET /api/v1/catalog are those of the folder, contract and all; none is of the page.
    """
    scenarios = {}
    for case in cases.values():
        entry = scenarios.setdefault(f"{case.service}/{case.scenario}", {"service": case.service, "cases": []})
        expect = case.expect.model_dump(mode="json", exclude_none=True)
        told = {"expect": expect, "budget": case.budget.model_dump(mode="json")}
        entry["cases"].append({"id": case.id, "case": case.case, "path": case.path, **told})
    scenarios["page/click"] = {
        "service": "page",
        "cases": [{"id": "page/click", "path": "/#/debug/click", "expect": {}}],
    }
    document = {
        "services": [{"name": "payment", "runs_in": "cluster"}, {"name": "page", "runs_in": "page"}],
        "scenarios": [{"id": name, **entry} for name, entry in scenarios.items()],
    }

    read = from_gateway(json.loads(json.dumps(document)))

    assert list(cases.values()) == read


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ([], None),
        (["game-engine/crash"], 1),
        (["game-engine/error"], 6),
        (["game-engine/err"], 0),
        (["gateway"], 1),
        (["slot-machine"], 0),
    ],
)
def test_a_choice_is_made_by_whole_parts_of_the_id(cases, wanted, count):
    """
    --scenario takes a service, a scenario or a case; half a word fits nothing, and neither does the page: refused with
    what there is.
    """
    if count == 0:
        with pytest.raises(
            CannotRunError, match=r"fits no case of this release; it has .*game-engine/error.*by the debug panel"
        ):
            select(cases.values(), wanted, PRESENT)
        return

    chosen = select(cases.values(), wanted, PRESENT)

    assert (len(cases) if count is None else count) == len(chosen)


def test_a_service_that_is_not_part_of_the_release_is_left_out(cases):
    """
    What the release does not run is not fired at.
    """
    chosen = select(cases.values(), [], frozenset({"gateway"}))

    assert {"gateway"} == {case.service for case in chosen}
