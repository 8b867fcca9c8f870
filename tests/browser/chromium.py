"""
The browser: one process for all tests, a context of its own for each visit.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from crashctl.cluster.chromium import FIX, find_chromium
from playwright.sync_api import Browser, sync_playwright

# Chromium refuses to run its sandbox as root, which is who tests are in a container.
AS_ROOT = ("--no-sandbox",)


@contextmanager
def chromium() -> Iterator[Browser]:
    """
    Run the browser that `crashctl tools chromium` finds.

    Raises:
        AssertionError: there is none.
    """
    found = find_chromium()
    if found is None:
        raise AssertionError(f"no browser is on this machine. Fix: make browser does it; by hand: {FIX}")
    with sync_playwright() as playwright:
        arguments = AS_ROOT if os.geteuid() == 0 else ()
        browser = playwright.chromium.launch(executable_path=found.path, args=list(arguments))
        try:
            yield browser
        finally:
            browser.close()
