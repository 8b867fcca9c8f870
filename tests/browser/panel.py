"""
The debug panel as the person who fires sees it.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

OPEN_WITHIN_S = 20
ANSWERED_WITHIN_S = 60
# States of a card in which what was fired is known to be captured.
CAPTURED = ("captured", "restarting", "ready")


@dataclass(frozen=True)
class Card:
    """
    What became of one firing.

    Args:
        page: that it is on.
        trace_id: of the firing, 32 hex digits; empty where it was refused before it began.
        run: its tag.
    """

    page: Page
    trace_id: str
    run: str

    @property
    def shown(self) -> Locator:
        return self.page.locator(f'article.card[data-run="{self.run}"]')

    @property
    def state(self) -> str:
        return self.shown.get_attribute("data-state") or ""

    @property
    def captured_ms(self) -> float:
        """From the press until the event was seen in the sink (milliseconds)."""
        return float(self.shown.get_attribute("data-captured-ms") or "nan")

    def reaches(self, *states: str, within_s: float) -> None:
        """Wait until it is in one of some states."""
        expect(self.shown).to_have_attribute(
            "data-state", re.compile(f"^({'|'.join(states)})$"), timeout=within_s * 1000
        )

    def is_captured(self, within_s: float) -> None:
        """Wait until it says that the event is captured."""
        self.reaches(*CAPTURED, within_s=within_s)


@dataclass(frozen=True)
class Panel:
    """
    Its sections, buttons, cards and the list of what is active.

    Args:
        page: that it is on.
    """

    page: Page

    @property
    def opener(self) -> Locator:
        return self.page.locator("#show-debug-panel")

    @property
    def shown(self) -> Locator:
        return self.page.locator("#debug-panel")

    @property
    def cards(self) -> Locator:
        return self.page.locator("article.card")

    @property
    def active(self) -> Locator:
        return self.page.locator("[data-active] [data-run]")

    def button(self, case_id: str) -> Locator:
        """What fires a case."""
        return self.page.locator(f'[data-fire="{case_id}"]')

    def open(self, *, token: str | None = None, presenter: str | None = None) -> "Panel":
        """
        Open it, and wait until it can fire.

        Args:
            token: the fault token, where the panel asks for it.
            presenter: who fires; whoever the page makes up when none is given.
        """
        if not self.shown.is_visible():
            self.opener.click()
        expect(self.page.locator("[data-fire]").first).to_be_visible(timeout=OPEN_WITHIN_S * 1000)
        if token is not None:
            self.page.locator("#fault-token").fill(token)
            self.page.locator("#fault-token").press("Enter")
        if presenter is not None:
            self.page.locator("#presenter").fill(presenter)
            self.page.locator("#presenter").blur()
        return self

    def fire(self, case_id: str) -> Card:
        """Press the button of a case, and give its new card."""
        before = self.runs()
        self.button(case_id).click()
        return self.new_card(case_id, before)

    def new_card(self, case_id: str, before: set[str]) -> Card:
        """Wait for the card of a case that was not there before."""
        excluded = "".join(f':not([data-run="{run}"])' for run in before)
        fresh = self.page.locator(f'article.card[data-case="{case_id}"]{excluded}')
        expect(fresh).to_have_count(1, timeout=OPEN_WITHIN_S * 1000)
        run = fresh.get_attribute("data-run") or ""
        begun = self.page.locator(
            f'article.card[data-run="{run}"]:is([data-trace]:not([data-trace=""]), [data-state=refused])'
        )
        expect(begun).to_be_attached(timeout=OPEN_WITHIN_S * 1000)
        return Card(self.page, begun.get_attribute("data-trace") or "", run)

    def runs(self) -> set[str]:
        """The tags of all cards."""
        return set(self.page.evaluate("[...document.querySelectorAll('article.card')].map(card => card.dataset.run)"))
