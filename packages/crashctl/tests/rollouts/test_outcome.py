"""
What became of firings, by what the sink has of their traces.
"""

from pathlib import Path

import pytest
from crashctl.drill.answers import Answer
from crashctl.drill.cases import DrillCase, from_catalogue
from crashctl.drill.contract import Firing
from crashctl.drill.problems import CannotRunError
from crashctl.rollouts.command import light, require_rate
from crashctl.rollouts.outcome import Outcome, compared
from crashctl.rollouts.volley import Shot
from crashkit.catalogue import Expect
from crashkit.loading import load_catalogue

CASE = DrillCase(
    "payment/crash/handler", "payment", "crash", "handler", "/",
    Expect.model_validate({"status": 500, "events": [{"type": "RangeError"}]}),
)  # fmt: skip
CASES = from_catalogue(load_catalogue(Path(__file__).parents[4] / "catalog"))


def shot(number, status=500):
    trace = f"{number:032x}"
    firing = Firing(CASE, trace, "drill-1")
    return Shot(firing, Answer(status, "application/problem+json", trace if status else None, {"trace_id": trace}))


def item(number, service="payment"):
    return {"trace_id": f"{number:032x}", "service": service}


def test_what_was_answered_is_due():
    """
    An answer as the catalogue has it makes its events due; without one they may come, and are counted apart.
    """
    shots = [shot(1), shot(2, 503), shot(3, 0), shot(4, 0)]

    sums, said = compared(shots, [item(1), item(1, "gateway"), item(1, "coroner"), item(2, "gateway"), item(3)])

    payment = sums["payment"]
    assert (1, 1, 1, 0) == (payment.answered, payment.due, payment.received, payment.lost)
    assert {"503": 1, "no answer": 2} == payment.refused
    assert 1 == payment.all_the_same
    assert ["1 events of gateway on trace 00000000000000000000000000000001, which was not fired"] == said


def test_what_is_lost_or_twice_is_said_with_its_trace():
    """
    Each is a sentence that names the case and where to look.
    """
    sums, said = compared([shot(1), shot(2)], [item(2), item(2)])

    assert (1, 1) == (sums["payment"].lost, sums["payment"].twice)
    assert f"1 of 1 events did not arrive (payment/crash/handler, trace {1:032x})" in said
    assert f"2 events, due are 1 (payment/crash/handler, trace {2:032x})" in said


def test_an_answer_that_nobody_expects_is_said():
    """
    A status that is neither promised nor a refusal is a mistake of the service.
    """
    _, said = compared([shot(1, 404)], [])

    assert 1 == len(said)
    assert said[0].startswith("answered 404")


def test_nothing_lost_is_good_only_where_something_was_fired():
    """
    No firings prove nothing.
    """
    sums, _ = compared([shot(1, 503)], [])
    nothing = Outcome("drill-1", {"payment": 20.0}, 60, sums, (), "CLOSES", 0, 90)
    something = Outcome("drill-1", {"payment": 20.0}, 60, compared([shot(1)], [item(1)])[0], (), "CLOSES", 0, 90)

    assert (False, True) == (nothing.good, something.good)
    assert something.lines()[0].endswith("0 lost, 0 twice; fired 1, events due 1 = received 1")


def test_the_catalogue_allows_fifty_faults_a_second():
    """
    Its light cases together, each as often as the others; twice as many are refused with the figure.
    """
    cases = light(CASES)

    require_rate(cases, 50)
    with pytest.raises(CannotRunError, match=r"allow \S+ a second"):
        require_rate(cases, 200)
    assert {"gateway", "game-engine", "payment", "analytics"} == {case.service for case in cases}
