"""
The page by keyboard alone: Tab to what one wants, then press a key.
"""

from playwright.sync_api import Locator, Page

MOST_STEPS = 400


def tab_to(page: Page, wanted: Locator) -> int:
    """
    Press Tab until something has the focus.

    Args:
        page: that it is on.
        wanted: one element.

    Returns:
        How many times Tab was pressed.

    Raises:
        AssertionError: it never has it, or has it and shows nothing of it.
    """
    for step in range(1, MOST_STEPS + 1):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert _shows_focus(wanted), f"{wanted} has the focus and looks as if it had not"
            return step
    raise AssertionError(f"{MOST_STEPS} times Tab do not lead to {wanted}")


def _shows_focus(focused: Locator) -> bool:
    return bool(
        focused.evaluate(
            """element => {
              const style = getComputedStyle(element)
              return element.matches(':focus-visible') &&
                ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none')
            }"""
        )
    )
