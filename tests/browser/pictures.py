"""
Makes the pictures of the README from the page that runs: ``python -m tests.browser.pictures``.
"""

import argparse
import io
import sys
from pathlib import Path

from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from PIL import Image
from playwright.sync_api import Browser, Page

from .casino import ROOT
from .chromium import chromium
from .visit import Visit, watched

FOLDER = ROOT / "docs" / "pictures"
# Above it, a picture is no longer quickly there for who reads the README.
MOST_BYTES = 150 * 1024
COLOURS, KMEANS_ROUNDS = 256, 3
WIDE, TELEPHONE = {"width": 1000, "height": 776}, {"width": 390, "height": 780}
# One case of each section: an error, an OOM kill with its restart, an error with a statement on its trace.
FIRED = ("game-engine/crash", "analytics/memory-spike/oom", "payment/database-error/server")
WITHIN_S = 120
# So many spins, and more until one has won.
SPINS, MOST_SPINS = 4, 60


def machine(visit: Visit) -> None:
    """Play until there is something in the history, and a win on the reels."""
    visit.open()
    for spin in range(MOST_SPINS):
        with visit.page.expect_response("**/game-engine/spin") as answered:
            visit.machine.spin_button.click()
        visit.machine.settled()
        if answered.value.json()["win"] and spin >= SPINS:
            break
    visit.page.evaluate("scrollTo(0, 0)")


def panel(visit: Visit) -> None:
    """Fire one case of each section, and wait until each card is at its end."""
    visit.open()
    opened = visit.panel.open(presenter="ada")
    cards = [opened.fire(case) for case in FIRED]
    for card, case in zip(cards, FIRED, strict=True):
        card.reaches("ready" if case.endswith("/oom") else "captured", within_s=WITHIN_S)
    visit.panel.shown.evaluate("panel => panel.scrollIntoView()")


PICTURES = {
    "machine.png": (machine, {"viewport": WIDE, "color_scheme": "dark"}),
    "machine-telephone.png": (machine, {"viewport": TELEPHONE, "color_scheme": "light"}),
    "panel.png": (panel, {"viewport": {"width": 1280, "height": 960}, "color_scheme": "light"}),
}


def take(browser: Browser, url: str, folder: Path) -> dict[Path, int]:
    """
    Take all pictures.

    Args:
        browser: to do it with.
        url: of the page.
        folder: for the pictures.

    Returns:
        Bytes of each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (prepare, options) in PICTURES.items():
        with watched(browser, url, **options) as visit:
            prepare(visit)
            found[folder / name] = _shoot(visit.page, folder / name)
    return found


def _shoot(page: Page, file: Path) -> int:
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    # Few colours, chosen for this picture and mixed by dots: a third of the bytes, and no bands in the shades.
    colours = shot.quantize(COLOURS, kmeans=KMEANS_ROUNDS)
    shot.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG).save(file, optimize=True)
    return file.stat().st_size


def main() -> None:
    """Take the pictures of the release of ``make up``, and say how large they are."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("--url", help="of the page, where it is not that of `make up`")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the pictures (default docs/pictures)")
    options = parser.parse_args()
    record = read_record(Layout(default_cache()).record)
    if options.url is None and (record is None or not record.ready):
        sys.exit("pictures: no release of `make up` is here. Fix: make up, or name the page with --url")
    url = options.url or record.addresses["gateway"]
    with chromium() as browser:
        sizes = take(browser, url, options.folder)
    for file, size in sizes.items():
        sys.stdout.write(f"{size / 1024:7.1f} kB  {file.name}\n")
    if large := [file.name for file, size in sizes.items() if size > MOST_BYTES]:
        sys.exit(f"pictures: {', '.join(large)} above {MOST_BYTES // 1024} kB. Fix: show less in it")


if __name__ == "__main__":
    main()
