"""
The panel as presenters use it: every case once, each firing a card, by keyboard too, and no presenter meets another's.
"""

from pathlib import Path

import httpx
import pytest
from crashctl.waiting import wait_for
from crashkit.loading import load_catalogue
from playwright.sync_api import expect

from .keyboard import tab_to

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CASES = list(load_catalogue(Path(__file__).parents[2] / "catalog").cases())
HEADINGS = {
    "service-crashes": "Service Crashes",
    "memory-and-threading": "Memory & Threading",
    "service-specific-errors": "Service-Specific Errors",
}
CRASH, HELD = "game-engine/crash", "game-engine/memory-leak/step"
CAPTURED_WITHIN_S = 30


def test_every_case_has_one_button_in_its_section(visit):
    """
    The three sections have their names, and each case of the catalogue has its button in the one that it belongs to.
    """
    here = visit().open()
    here.panel.open()

    found = {
        panel: here.page.locator(f'[data-panel="{panel}"] [data-fire]').evaluate_all(
            "buttons => buttons.map(button => button.dataset.fire)"
        )
        for panel in HEADINGS
    }
    shown = {panel: here.page.locator(f'[data-panel="{panel}"] h3').first.inner_text() for panel in HEADINGS}

    assert HEADINGS == shown
    assert {panel: sorted(case.id for case in CASES if case.scenario.panel == panel) for panel in HEADINGS} == {
        panel: sorted(ids) for panel, ids in found.items()
    }


def test_one_can_fire_by_keyboard_alone(visit):
    """
    From the top of the page, Tab and Enter open the panel and fire a case; the card comes to captured.
    """
    here = visit().open()

    tab_to(here.page, here.panel.opener)
    here.page.keyboard.press("Enter")
    expect(here.panel.button(CRASH)).to_be_visible()
    tab_to(here.page, here.panel.button(CRASH))
    before = here.panel.runs()
    here.page.keyboard.press("Enter")

    here.panel.new_card(CRASH, before).is_captured(CAPTURED_WITHIN_S)
    assert [] == here.complaints()


def test_a_card_leads_to_the_issue_and_the_trace(visit, site):
    """
    A captured card has the event's id, and links to the issue and the trace that answer.
    """
    here = visit().open()
    card = here.panel.open().fire(CRASH)
    card.is_captured(CAPTURED_WITHIN_S)
    (event,) = site.events(card.trace_id)

    text = card.shown.inner_text()
    links = card.shown.locator("a[href^='http']").evaluate_all("links => links.map(link => link.href)")

    assert event["event_id"][:8] in text
    assert card.trace_id[:8] in card.shown.inner_html()
    if site.cluster:
        bugsink, spotlight = site.cluster.addresses["bugsink"], site.cluster.addresses["spotlight"]
        assert any(link.startswith(bugsink) for link in links), links
        assert any(link.startswith(spotlight) for link in links), links


def test_a_reload_brings_the_cards_back(visit):
    """
    Who loads the page again finds the panel open, his captured card as it was, and can go on.
    """
    here = visit().open()
    card = here.panel.open().fire(CRASH)
    card.is_captured(CAPTURED_WITHIN_S)
    captured_ms = card.captured_ms

    here.page.reload()
    here.ready()

    card.is_captured(CAPTURED_WITHIN_S)
    assert captured_ms == card.captured_ms
    here.panel.open().fire(CRASH).is_captured(CAPTURED_WITHIN_S)


def test_a_reload_in_the_middle_goes_on_where_it_was(visit):
    """
    A card that waits for its event when the page is loaded again comes to captured all the same.
    """
    here = visit().open()
    card = here.panel.open().fire(CRASH)
    card.reaches("answered", "captured", within_s=CAPTURED_WITHIN_S)

    here.page.reload()

    card.is_captured(CAPTURED_WITHIN_S)


def test_a_lost_connection_is_told_and_recovers(visit):
    """
    While the connection is away the panel says so; when it is back, the card goes on to captured by itself.
    """
    here = visit().open()
    panel = here.panel.open()
    # The sink's answer is held back until the connection is gone, so that the card is not captured before.
    here.page.route("**/api/v1/firings/**", lambda route: route.abort())
    card = panel.fire(CRASH)
    card.reaches("answered", within_s=CAPTURED_WITHIN_S)
    here.context.set_offline(True)
    here.page.unroute("**/api/v1/firings/**")

    expect(panel.shown.get_by_text("connection lost").first).to_be_visible(timeout=20_000)
    here.context.set_offline(False)

    card.is_captured(CAPTURED_WITHIN_S)
    expect(panel.shown.get_by_text("connection lost")).to_have_count(0, timeout=20_000)


def test_two_presenters_do_not_mix(visit, site):
    """
    Each sees his own cards, and the runs carry his name; what one of them holds, the other's stop does not end.
    """
    site.stop_all()
    ada, bob = visit().open(), visit().open()
    mine, his = ada.panel.open(presenter="ada"), bob.panel.open(presenter="bob")

    held = mine.fire(HELD)
    held.is_captured(CAPTURED_WITHIN_S)
    other = his.fire(HELD)
    other.is_captured(CAPTURED_WITHIN_S)

    assert held.run.startswith("ada-")
    assert other.run.startswith("bob-")
    assert ({held.run}, {other.run}) == (mine.runs(), his.runs())
    expect(bob.page.locator(f'[data-stop="{other.run}"]')).to_be_visible(timeout=20_000)
    bob.page.locator(f'[data-stop="{other.run}"]').click()
    expect(bob.page.locator(f'[data-active] [data-run="{other.run}"]')).to_have_count(0, timeout=20_000)
    expect(ada.page.locator(f'[data-active] [data-run="{held.run}"]')).to_be_visible()
    assert held.run in wait_for(lambda: held_runs(site), 10, "what is held")


def test_stop_all_frees_what_is_held(visit, site):
    """
    An active fault is listed with its countdown; stop-all ends it, and the service holds nothing any more.
    """
    site.stop_all()
    here = visit().open()
    panel = here.panel.open()
    card = panel.fire(HELD)
    card.is_captured(CAPTURED_WITHIN_S)
    listed = here.page.locator(f'[data-active] [data-run="{card.run}"]')
    expect(listed).to_contain_text(" s", timeout=20_000)

    here.page.locator("[data-stop-all]").click()

    expect(listed).to_have_count(0, timeout=20_000)
    wait_for(lambda: card.run not in held_runs(site), 10, "nothing to be held")


def test_the_panel_can_be_used_while_a_fault_runs(visit, site):
    """
    While the game engine's loop is blocked for seconds, a fault of another service is fired and captured.
    """
    site.stop_all()
    here = visit().open()
    panel = here.panel.open()
    blocked = panel.fire("game-engine/infinite-loop")

    other = panel.fire("payment/type-error")

    other.is_captured(CAPTURED_WITHIN_S)
    assert "firing" == blocked.state
    blocked.is_captured(CAPTURED_WITHIN_S)


def held_runs(site):
    """The tags of what is active now."""
    found = httpx.get(f"{site.url}/api/v1/faults", headers=site.bearer, timeout=20).json()
    return [run["run"] for run in found["active"]]
