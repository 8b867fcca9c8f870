"""
How the page looks: from a small telephone to a wide screen, light and dark, and to people who cannot see it.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

SIZES = {"360": (360, 740), "800": (800, 1000), "1440": (1440, 900)}
THEMES = ("light", "dark")
GRAVE = {"serious", "critical"}
CRASH = "game-engine/crash"


@pytest.fixture(params=THEMES)
def theme(request):
    return request.param


@pytest.fixture(params=SIZES)
def shown(request, theme, visit, artefacts):
    """The machine after a spin, then the panel with a captured card; a picture of each is kept."""
    width, height = SIZES[request.param]
    here = visit(viewport={"width": width, "height": height}, color_scheme=theme).open()
    here.machine.spin_button.click()
    here.machine.settle(1)
    here.page.screenshot(path=artefacts / f"machine-{request.param}-{theme}.png", full_page=True)
    return here, artefacts / f"panel-{request.param}-{theme}.png"


def test_nothing_stands_out_at_the_side(shown):
    """
    At each width and in both themes, the machine and the open panel fit: nothing can be scrolled sideways, and no
    button is cut off.
    """
    here, picture = shown
    overflowing = [_overflow(here.page)]

    card = here.panel.open().fire(CRASH)
    card.is_captured(30)
    here.page.screenshot(path=picture, full_page=True)
    overflowing.append(_overflow(here.page))

    assert [[], []] == overflowing


@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_grave(theme, width, visit):
    """
    Machine, panel and a captured card have no serious or critical finding of axe, in both themes.
    """
    # axe puts styles and functions of its own into the page, which our policy would refuse.
    here = visit(color_scheme=theme, viewport={"width": width, "height": 900}, bypass_csp=True).open()
    here.machine.spin_button.click()
    here.machine.settle(1)
    of_the_machine = _grave(here.page)

    here.panel.open().fire(CRASH).is_captured(30)
    of_the_panel = _grave(here.page)

    assert {} == of_the_machine
    assert {} == of_the_panel


def test_axe_would_find_something(visit):
    """
    The check can fail: a picture without words and a text that nobody can read are found.
    """
    here = visit(bypass_csp=True).open()

    here.page.evaluate(
        """() => document.querySelector('main').insertAdjacentHTML('afterbegin',
          '<img src="/assets/icon.svg"><p style="color: #888; background: #999">hard to read</p>')"""
    )

    assert {"image-alt", "color-contrast"} <= _grave(here.page).keys()


def test_the_switch_wins_over_the_system(visit):
    """
    Who switches the theme has the other one, and keeps it when he loads the page again.
    """
    here = visit(color_scheme="light").open()
    light = _background(here.page)

    here.page.locator("#theme").click()
    dark = _background(here.page)
    here.page.reload()
    here.ready()

    assert light != dark
    assert dark == _background(here.page)


def _overflow(page):
    """What reaches beyond the right or left edge of the window; what scrolls inside of its own frame does not."""
    return page.evaluate(
        """() => {
          const root = document.scrollingElement
          if (root.scrollWidth <= root.clientWidth) return []
          return [...document.querySelectorAll('body *')]
            .filter(element => element.getBoundingClientRect().right > root.clientWidth + 1)
            .map(element => element.outerHTML.slice(0, 100)).slice(0, 5)
            .concat(`${root.scrollWidth} px wide`)
        }"""
    )


def _grave(page):
    found = Axe().run(page).response["violations"]
    return {one["id"]: [node["target"] for node in one["nodes"]][:5] for one in found if one["impact"] in GRAVE}


def _background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color")
