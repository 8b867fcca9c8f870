"""
The check of traces can fail: without the headers that the browser sends along, it does.
"""

import pytest
from crashctl.proof.links import Wanted, broken_links
from crashctl.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CRASH = "game-engine/crash"
WITHIN_S = 30
OF_A_TRACE = {"sentry-trace", "baggage", "traceparent"}


@pytest.fixture
def press(visit, site):
    """Fire from the page, and give the trace of the press and the trace of the answer."""

    def fire(*without):
        here = visit().open()
        panel = here.panel.open()
        if without:

            def take_away(route):
                sent = {name: value for name, value in route.request.headers.items() if name not in without}
                route.continue_(headers=sent)

            here.page.route("**/debug/**", take_away)
        with here.page.expect_response("**/game-engine/debug/crash") as answered:
            card = panel.fire(CRASH)
        gateways = answered.value.headers["x-trace-id"]
        wait_for(lambda: site.events(gateways), WITHIN_S, "the event, on whatever trace")
        wait_for(lambda: _page_is_there(site, card.trace_id), WITHIN_S, "the page's transaction")
        return card.trace_id, gateways

    return fire


def test_with_its_headers_the_trace_is_one_tree(press, site):
    """
    As it is, the answer is on the trace of the press, and the trace is whole.
    """
    pressed, answered = press()

    assert pressed == answered
    assert [] == site.broken(Wanted(pressed, ("gateway", "game-engine")))


def test_without_its_headers_the_check_fails(press, site):
    """
    With the trace headers taken away on the way, everything is captured and nothing is on the trace of the press: the
    check names what is missing.
    """
    pressed, answered = press(*OF_A_TRACE)

    assert pressed != answered
    assert ["no transaction of game-engine", "no transaction of gateway"] == site.broken(
        Wanted(pressed, ("gateway", "game-engine")), within_s=2
    )


def test_the_header_is_what_carries_it(press):
    """
    Without baggage alone the trace id still arrives; without sentry-trace it does not.
    """
    with_trace, answered_with = press("baggage")
    without_trace, answered_without = press("sentry-trace", "traceparent")

    assert with_trace == answered_with
    assert without_trace != answered_without


def _page_is_there(site, trace_id):
    return "no transaction of slot-machine: the trace has no root" not in broken_links(
        site.items(trace_id), Wanted(trace_id, ())
    )
