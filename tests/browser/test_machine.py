"""
The machine is a pleasure to play: by mouse and by keyboard, nothing jumps, nothing complains, and the money is right.
"""

import re

import pytest
from crashctl.proof.links import Wanted
from crashctl.waiting import wait_for
from playwright.sync_api import expect

from .keyboard import tab_to

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

SPINS = 5
MOST_SCRIPT_BYTES = 150 * 1024


def test_a_spin_moves_the_money_and_is_told(visit):
    """
    A spin takes the stake, pays the win, shows three symbols, and says what came of it where a screen reader hears it.
    """
    machine = (here := visit().open()).machine
    before = machine.balance()

    with here.page.expect_response(lambda answer: answer.url.endswith("/game-engine/spin")) as answered:
        machine.spin_button.click()
    spin = answered.value.json()
    machine.settle(1)

    assert 200 == answered.value.status
    assert before - spin["stake"] + spin["win"] == spin["balance"] == machine.balance()
    assert 3 == len([symbol for symbol in machine.reels() if symbol])
    assert ("status", "polite") == (
        machine.result.get_attribute("role"), machine.result.get_attribute("aria-live"),
    )  # fmt: skip
    assert machine.result.inner_text().strip()
    assert [] == here.complaints() + here.violations()


def test_nothing_jumps_while_one_plays(visit):
    """
    With all its motion, the machine moves nothing that stands: no layout shift from ready over several spins, not even
    one that the browser forgives because somebody has just pressed something.
    """
    here = visit(reduced_motion="no-preference").open()
    ready_ms = here.now_ms()

    for spin in range(1, SPINS + 1):
        here.machine.spin_button.click()
        here.machine.settle(spin)

    assert [] == here.shifts(ready_ms)


def test_one_can_play_by_keyboard_alone(visit):
    """
    Tab leads to the button, which shows that it has the focus; Enter and Space play.
    """
    here = visit().open()

    tab_to(here.page, here.machine.spin_button)
    for spins, key in enumerate(("Enter", "Space"), 1):
        here.page.keyboard.press(key)
        here.machine.settle(spins)
        expect(here.machine.spin_button).to_be_focused()

    assert [] == here.complaints()


def test_a_spin_is_one_trace_from_the_page_to_the_database(visit, site):
    """
    A spin that is sampled is one tree: page, gateway, game engine, payment and analytics, with statements.
    """
    here = visit()
    here.page.route(f"{site.url}/", every_trace)
    here.open()

    with here.page.expect_response(lambda answer: answer.url.endswith("/game-engine/spin")) as answered:
        here.machine.spin_button.click()
    trace_id = answered.value.headers["x-trace-id"]

    wanted = Wanted(trace_id, ("gateway", "game-engine", "payment", "analytics"), spans=("db",))
    assert [] == site.broken(wanted, within_s=30)


def every_trace(route):
    """Tell the page to trace every spin; it is told a fifth."""
    answer = route.fetch()
    text = re.sub(r'"sample_rate": ?[0-9.]+', '"sample_rate":1', answer.text())
    assert text != answer.text()
    route.fulfill(response=answer, body=text)


def test_a_reload_keeps_the_player(visit):
    """
    Who loads the page again has the balance that he had.
    """
    here = visit().open()
    here.machine.spin_button.click()
    here.machine.settle(1)
    balance = here.machine.balance()

    here.page.reload()
    here.ready()

    wait_for(lambda: here.machine.balance() == balance, 10, f"the balance to be {balance} again")


def test_the_scripts_are_small(visit):
    """
    All scripts of the page and its panel together, as they come over the wire, are at most 150 kB.
    """
    here = visit()
    sizes = {}
    here.page.on("requestfinished", lambda request: sizes.setdefault(request.url, request.sizes()["responseBodySize"]))
    here.open()
    here.panel.open()

    scripts = {url: size for url, size in sizes.items() if url.endswith(".js")}
    assert scripts
    assert sum(scripts.values()) <= MOST_SCRIPT_BYTES, scripts
