"""
The machine as a player sees it.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

SETTLED_WITHIN_S = 20


@dataclass(frozen=True)
class Machine:
    """
    Reels, stake, balance, result and history.

    Args:
        page: that it is on.
    """

    page: Page

    @property
    def spin_button(self) -> Locator:
        return self.page.locator("#spin")

    @property
    def result(self) -> Locator:
        return self.page.locator("#result")

    @property
    def history(self) -> Locator:
        return self.page.locator("#history > *")

    def balance(self) -> int:
        """Read the balance (units)."""
        return _number(self.page.locator("#balance").inner_text())

    def reels(self) -> list[str]:
        """What each reel shows, as it is told to everybody."""
        shown = [self.page.locator(f'[data-reel="{number}"]') for number in range(3)]
        return [reel.get_attribute("aria-label") or reel.inner_text().strip() for reel in shown]

    def settle(self, spins: int) -> None:
        """Wait until so many spins are in the history, and the next one may begin."""
        expect(self.history).to_have_count(spins, timeout=SETTLED_WITHIN_S * 1000)
        self.settled()

    def settled(self) -> None:
        """Wait until the next spin may begin."""
        expect(self.spin_button).to_be_enabled(timeout=SETTLED_WITHIN_S * 1000)


def _number(text: str) -> int:
    found = re.sub(r"[^\d-]", "", text.replace("\N{MINUS SIGN}", "-"))
    return int(found)
