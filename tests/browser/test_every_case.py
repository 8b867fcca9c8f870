"""
Every case of the catalogue fired from the panel of a real browser: its card, its contract, and its trace.
"""

import math
from pathlib import Path

import pytest
from crashctl.proof.links import PAGE
from crashkit.loading import load_catalogue

from .round import Round, all_cases
from .site import wanted_of
from .tree import drawn
from .visit import visiting

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "catalog")
CASES = all_cases(CATALOGUE)
IN_CLUSTER = [case for case in CASES if case.service != PAGE]
ENDING = [case for case in CASES if case.ends_pod]
ONE_A_SECTION = ("payment/crash/handler", "payment/async-error/any", "payment/database-error/server")
# What the page's failing fetch asks for.
REFUSED = "/api/v1/analytics/spins/"


@pytest.fixture(scope="module")
def round_(browser, site, artefacts):
    """What came of every case; those that end a pod are left out where nobody starts it again."""
    if site.cluster:
        site.cluster.begin_anew(*sorted({case.service for case in ENDING}))
    cases = [case for case in CASES if site.cluster or not case.ends_pod]
    with visiting(browser, site.url, artefacts / "tests", "every-case") as visit:
        visit.open()
        panel = visit.panel.open(presenter="everybody")
        fired = Round(site, panel).play(cases)
        yield {"fired": fired, "complaints": visit.complaints(), "violations": visit.violations()}


@pytest.fixture
def fired(round_, request):
    """The case of a test, as it was fired."""
    case = request.getfixturevalue("case")
    if case.id not in round_["fired"]:
        pytest.skip("it ends its process, which nobody starts again where there is no cluster")
    return round_["fired"][case.id]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_card_says_that_it_is_captured(case, fired):
    """
    The card goes from the press over the answer to captured, and says after how long.
    """
    assert "captured" in {"captured" if state in {"restarting", "ready"} else state for state in fired.states}
    assert {"missing", "refused"}.isdisjoint(fired.states)
    assert not math.isnan(fired.captured_ms)


@pytest.mark.parametrize("case", ENDING, ids=lambda case: case.id)
def test_the_card_says_that_the_service_is_ready_again(case, fired):
    """
    Where the pod ends, the card ends with the service ready again.
    """
    assert "ready" == fired.states[-1]


@pytest.mark.parametrize("case", IN_CLUSTER, ids=lambda case: case.id)
def test_it_is_captured_as_the_catalogue_promises(case, fired, site):
    """
    Fired from the page, every call of the case gives the promised events, once each, with the tags of this press.
    """
    assert [] == site.breaches(case, fired.card)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_its_trace_is_one_tree_from_the_page_to_the_database(case, fired, site):
    """
    One trace id, the page at its root, every service below its caller, and the statements where the catalogue has them.
    """
    assert [] == site.broken(wanted_of(case, fired.card.trace_id))


def test_a_trace_of_each_section_is_kept(round_, site, artefacts):
    """
    The artefacts have the trace of one press of each section, drawn from what the sink has: each begins in the page and
    goes on to the service.
    """
    traces = {case_id: round_["fired"][case_id].card.trace_id for case_id in ONE_A_SECTION}

    trees = {case_id: drawn(site.items(trace_id)) for case_id, trace_id in traces.items()}
    text = "\n\n".join(f"{traces[case_id]}\n{tree}" for case_id, tree in trees.items())
    (artefacts / "traces.txt").write_text(f"{text}\n")

    for case_id, tree in trees.items():
        first, *others = tree.splitlines()
        assert first.startswith(f"{PAGE}: fire {case_id} ")
        assert all(line.startswith("  ") for line in others), "one tree"
        assert "\n    gateway: " in tree
        assert "\n        payment: " in tree


def test_the_page_itself_is_well_all_the_while(round_):
    """
    Nothing was refused by the Content-Security-Policy, and the console has no error but those of faults that were
    fired in the page: what they throw, and the one request that is refused.
    """
    thrown = {f"{event.type}:" for case in CASES if case.service == PAGE for event in case.expect.events}
    strange = [said for said in round_["complaints"] if not said.startswith(tuple(thrown)) and REFUSED not in said]

    assert [] == round_["violations"]
    assert [] == strange
