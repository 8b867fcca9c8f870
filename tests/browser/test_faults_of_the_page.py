"""
The page's own faults, as Sentry is told of them: with the way there, on the trace of the press, and once.
"""

from pathlib import Path

import pytest
from crashctl.proof.links import PAGE
from crashctl.proof.normaliser import marks
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CASES = list(load_catalogue(Path(__file__).parents[2] / "catalog").cases(PAGE))
WITHIN_S = 30


@pytest.fixture(scope="module")
def told():
    """What was sent of each fault, kept for all tests of this file."""
    return {}


@pytest.fixture
def event(request, visit, site, told):
    """The one event of a fault that was fired from the panel, and its card's run."""
    case = request.getfixturevalue("case")
    if case.id not in told:
        here = visit().open()
        card = here.panel.open(presenter="page-tests").fire(case.id)
        card.is_captured(WITHIN_S)
        (found,) = wait_for(lambda: site.events(card.trace_id), WITHIN_S, "the event")
        told[case.id] = (found["payload"], card)
    return told[case.id]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_it_is_what_the_catalogue_says(case, event, site):
    """
    Type or message, level and the mechanism's flag are the promised ones; service, scenario and run are its tags; it
    stands on the trace of the press, and nothing else does.
    """
    payload, card = event
    (wanted,) = case.expect.events
    outermost = (payload.get("exception") or {"values": [{}]})["values"][-1]

    assert wanted.type == outermost.get("type")
    assert wanted.handled in {None, (outermost.get("mechanism") or {}).get("handled")}
    assert wanted.level == payload.get("level", "error")
    assert (PAGE, case.scenario_name, card.run) == tuple(payload["tags"][tag] for tag in ("service", "scenario", "run"))
    assert card.trace_id == payload["contexts"]["trace"]["trace_id"]
    assert set(wanted.contexts) <= set(payload["contexts"])
    assert 1 == len(site.events(card.trace_id)), "captured once, no more"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_it_tells_the_way_there(case, event):
    """
    The breadcrumbs have the click that fired it; of a failing fetch, the request with its address and status.
    """
    payload, _ = event
    crumbs = payload["breadcrumbs"]
    crumbs = crumbs["values"] if isinstance(crumbs, dict) else crumbs

    assert "ui.click" in {crumb.get("category") for crumb in crumbs}
    if case.scenario_name == "failing-fetch":
        (fetched,) = [crumb for crumb in crumbs if "/analytics/spins/" in str(crumb.get("data", {}).get("url"))]
        assert fetched["data"]["status_code"] >= 400


@pytest.mark.parametrize("case", [case for case in CASES if case.expect.events[0].type], ids=lambda case: case.id)
def test_its_frames_are_the_page_s_own_code(case, event):
    """
    An error's top frame is a file of ours with a line, readable as it is: there is no build step to undo.
    """
    payload, _ = event
    frame = payload["exception"]["values"][-1]["stacktrace"]["frames"][-1]

    assert "/assets/faults/" in frame["filename"]
    assert frame["lineno"] > 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_polling_is_no_part_of_the_press(case, event, site):
    """
    What the panel asks again and again meanwhile is on no trace of a press: neither as spans, nor at the gateway.
    """
    _, card = event
    described = [
        str(part.get("description") or part.get("transaction"))
        for item in site.items(card.trace_id)
        if item["type"] == "transaction"
        for part in (item["payload"], *item["payload"]["spans"])
    ]

    assert described
    assert [] == [one for one in described if "/api/v1/fir" in one or "/api/v1/faults" in one]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_sentry_would_mark_nothing(case, event):
    """
    Sentry's own normaliser finds the event well-formed.
    """
    payload, _ = event

    assert [] == marks(payload, 5)
