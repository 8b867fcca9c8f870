"""
One visit to the page: a browser context of its own, and everything that it complained about.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from .machine import Machine
from .panel import Panel

READY_WITHIN_S = 20
# What a browser says of an answer that is no success; a fired fault is answered so on purpose.
OF_A_FAULT = re.compile(r"^Failed to load resource: the server responded with a status of [45]\d\d")
FAULT_PATH = "/debug/"
# Runs before the page's own code: what breaks the policy, and what moves without having been moved.
WATCH = """
window.watched = { violations: [], shifts: [] }
addEventListener('securitypolicyviolation', event => {
  window.watched.violations.push(`${event.violatedDirective} ${event.blockedURI || event.sourceFile}`)
})
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    const what = entry.sources.map(one => one.node?.outerHTML?.slice(0, 120) ?? '(gone)')
    window.watched.shifts.push({ at: entry.startTime, value: entry.value, what })
  }
}).observe({ type: 'layout-shift', buffered: true })
"""


@dataclass
class Visit:
    """
    A person's window.

    Args:
        url: of the page.
        context: of the browser.
        page: in it.
        console: what it wrote to the console.
        thrown: errors that nobody caught.
    """

    url: str
    context: BrowserContext
    page: Page
    console: list[ConsoleMessage] = field(default_factory=list)
    thrown: list[str] = field(default_factory=list)

    @property
    def machine(self) -> Machine:
        return Machine(self.page)

    @property
    def panel(self) -> Panel:
        return Panel(self.page)

    def open(self, fragment: str = "") -> "Visit":
        """Load the page, and wait until the machine can be played."""
        self.page.goto(self.url + fragment)
        return self.ready()

    def ready(self) -> "Visit":
        """Wait until the machine can be played."""
        expect(self.page.locator("body[data-ready]")).to_be_attached(timeout=READY_WITHIN_S * 1000)
        return self

    def violations(self) -> list[str]:
        """What the Content-Security-Policy has refused so far."""
        return list(self.page.evaluate("window.watched.violations"))

    def shifts(self, since_ms: float = 0) -> list[dict[str, Any]]:
        """What has moved by itself; also what moved right after somebody pressed something."""
        return [shift for shift in self.page.evaluate("window.watched.shifts") if shift["at"] >= since_ms]

    def now_ms(self) -> float:
        """The page's own clock."""
        return float(self.page.evaluate("performance.now()"))

    def complaints(self) -> list[str]:
        """Errors in the console and errors that nobody caught, without the answers of faults that were fired."""
        return [
            f"{message.text} ({message.location.get('url')})"
            for message in self.console
            if message.type == "error" and not _of_a_fault(message)
        ] + self.thrown


def _of_a_fault(message: ConsoleMessage) -> bool:
    return bool(OF_A_FAULT.match(message.text)) and FAULT_PATH in str(message.location.get("url"))


@contextmanager
def watched(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:
    """
    Visit the page in a context of its own, and watch it.

    Args:
        browser: to do it with.
        url: of the page.
        options: of the context: size, theme, and so on.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options})
    context.add_init_script(WATCH)
    page = context.new_page()
    visit = Visit(url, context, page)
    page.on("console", lambda message: visit.console.append(message))  # noqa: PLW0108 - a bound method takes no mark
    page.on("pageerror", lambda error: visit.thrown.append(f"{error.name}: {error.message}"))
    try:
        yield visit
    finally:
        context.close()


@contextmanager
def visiting(browser: Browser, url: str, pictures: Path, name: str, **options: Any) -> Iterator[Visit]:
    """
    Visit the page, and keep a picture of how it looked at the end.

    Args:
        browser: to do it with.
        url: of the page.
        pictures: folder for the picture.
        name: of the picture.
        options: of the context: size, theme, and so on.
    """
    with watched(browser, url, **options) as visit:
        try:
            yield visit
        finally:
            visit.context.set_offline(offline=False)
            pictures.mkdir(parents=True, exist_ok=True)
            visit.page.screenshot(path=pictures / f"{name}.png", full_page=True)
