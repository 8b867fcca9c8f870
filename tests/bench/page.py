"""
Seconds from a press in the debug panel until its card says captured, and how fast the page itself is there.

Loads the page in a real browser again and again, each time as a new visitor; then fires the crash from the panel, one
press after the other at the pace of its budget, and reads what the cards say. The release is that of `make up`.
"""

import argparse
import json
import statistics
import sys
import time
from typing import Any

from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.visit import Visit, watched

# The budget of the crash allows 120 a minute; one a second and a bit leaves room for whoever else fires.
PRESSES, PAUSE_S = 60, 1.1
LOADS = 30
CASE = "game-engine/crash"
WITHIN_S = 30
ROWS = {
    "captured_ms": "press to the card “captured”",
    "dom_content_loaded_ms": "load to DOMContentLoaded",
    "first_contentful_paint_ms": "load to first contentful paint",
    "ready_ms": "load to a machine that can be played",
}


def press(browser: Browser, url: str, presses: int) -> list[float]:
    """
    Fire from the panel, again and again.

    Args:
        browser: to do it with.
        url: of the page.
        presses: how often.

    Returns:
        From each press until its card said captured (milliseconds).
    """
    found = []
    with watched(browser, url) as visit:
        panel = visit.open().panel.open(presenter="bench")
        for _ in range(presses):
            began = time.monotonic()
            card = panel.fire(CASE)
            card.is_captured(WITHIN_S)
            found.append(card.captured_ms)
            visit.page.wait_for_timeout(max(0, PAUSE_S - (time.monotonic() - began)) * 1000)
    return found


def load(browser: Browser, url: str, loads: int) -> tuple[dict[str, list[float]], int]:
    """
    Load the page as a visitor who was never there, again and again.

    Args:
        browser: to do it with.
        url: of the page.
        loads: how often.

    Returns:
        One figure a load (milliseconds), and the bytes of all scripts over the wire, those of the panel too.
    """
    found: dict[str, list[float]] = {name: [] for name in ROWS if name != "captured_ms"}
    bytes_of: dict[str, int] = {}
    for _ in range(loads):
        with watched(browser, url) as visit:
            visit.page.on("requestfinished", lambda request: _weigh(request, bytes_of))
            visit.open()
            for name, value in _times(visit).items():
                found[name].append(value)
            visit.panel.open()
    return found, sum(bytes_of.values())


def main() -> None:
    """Measure the page of the release of ``make up`` and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.page", description=__doc__)
    parser.add_argument("--presses", type=int, default=PRESSES, help="how often to fire (default %(default)s)")
    parser.add_argument("--loads", type=int, default=LOADS, help="how often to load the page (default %(default)s)")
    parser.add_argument("--url", help="of the page, where it is not that of `make up`")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    url = options.url or _url()
    with chromium() as browser:
        figures, script_bytes = load(browser, url, options.loads)
        figures["captured_ms"] = press(browser, url, options.presses)
    rows = {name: _summary(values) for name, values in figures.items()}
    if options.json:
        print(json.dumps({**rows, "script_bytes": script_bytes}, indent=2))
        return
    print(f"\nThe page in Chromium: {options.presses} presses, {options.loads} loads (milliseconds)")
    for name, words in ROWS.items():
        row = rows[name]
        print(f"  {words:<38} median {row['median']:7.0f}   p99 {row['p99']:7.0f}   most {row['most']:7.0f}")
    print(f"  {'scripts over the wire, with the panel':<38} {script_bytes / 1024:.1f} kB")


def _url() -> str:
    record = read_record(Layout(default_cache()).record)
    if record is None or not record.ready:
        sys.exit("bench: no release of `make up` is here. Fix: make up")
    return record.addresses["gateway"]


def _times(visit: Visit) -> dict[str, float]:
    ready_ms = visit.now_ms()
    found = visit.page.evaluate(
        """() => ({
          dom_content_loaded_ms: performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
          first_contentful_paint_ms: performance.getEntriesByName('first-contentful-paint')[0].startTime
        })"""
    )
    return {**found, "ready_ms": ready_ms}


def _weigh(request: Any, bytes_of: dict[str, int]) -> None:  # Any: a request of the browser
    if request.url.endswith(".js"):
        bytes_of.setdefault(request.url, request.sizes()["responseBodySize"])


def _summary(values: list[float]) -> dict[str, float]:
    p99 = statistics.quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]
    return {"median": statistics.median(values), "p99": p99, "most": max(values)}


if __name__ == "__main__":
    main()
