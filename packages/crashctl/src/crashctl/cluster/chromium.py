"""
A browser for the tests of the page: the one that is named, else one that is found, else Debian's.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from crashctl.cluster.debian import install_packages
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.cluster.tools import Tool

NAME = "chromium"
NAMED_BY = "CRASH_DEMO_CHROMIUM"
# Most packages first: a distribution's, then the vendor's, on Linux and macOS.
PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Where `playwright install chromium` keeps its builds, below the home folder, and the program in one of them.
_OF_PLAYWRIGHT = (".cache/ms-playwright", "Library/Caches/ms-playwright")
_IN_A_BUILD = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "chromium-*/chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
)
# The fonts that headless pictures need at least; Chromium only recommends some.
PACKAGES = ("chromium", "fonts-dejavu-core")
FIX = (
    "install Chromium or Chrome so that it is on PATH (apt-get install chromium, as root), "
    f"or run `scripts/uv run --no-sync playwright install chromium`, or name a program in {NAMED_BY}."
)


def find_chromium(
    environ: Mapping[str, str] = os.environ, home: Path | None = None, programs: Sequence[str] = PROGRAMS
) -> Tool | None:
    """
    Look for a browser, without installing anything.

    Args:
        environ: names one, or the path to look on.
        home: below it are Playwright's own builds; the user's when none is given.
        programs: names, or whole paths.

    Returns:
        The browser that is named there, on PATH, or of Playwright; none where there is none.

    Raises:
        UpError: the one that is named is no program.
    """
    if named := environ.get(NAMED_BY):
        found = shutil.which(named, path=environ.get("PATH", ""))
        if not found:
            raise UpError(f"{NAMED_BY} names {named}, which is no program.", "name a Chromium or Chrome, or unset it.")
        return Tool(NAME, Path(found), NAMED_BY)
    for program in programs:
        if found := shutil.which(program, path=environ.get("PATH", "")):
            return Tool(NAME, Path(found), "PATH")
    for folder in _OF_PLAYWRIGHT:
        builds = [path for way in _IN_A_BUILD for path in ((home or Path.home()) / folder).glob(way)]
        if builds:
            return Tool(NAME, max(builds, key=_build), "playwright")
    return None


def provide_chromium(tools: Tools, find: Callable[[], Tool | None] = find_chromium) -> Tool:
    """
    Have a browser: the one that is found, else Debian's, installed.

    Args:
        tools: runs apt.
        find: looks for one that is there.

    Raises:
        UpError: there is none, and it is not ours to install or not to be had.
    """
    if found := find():
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise UpError("No Chromium or Chrome is on this machine, and it is not ours to install.", FIX)
    try:
        install_packages(tools, PACKAGES, "The tests of the page")
    except ToolFailedError as error:
        raise UpError(f"Chromium cannot be had from this system's packages: {error}", FIX) from None
    if found := find():
        return Tool(found.name, found.path, "installed")
    raise UpError("Chromium is installed and cannot be found on PATH.", FIX)


def _build(program: Path) -> int:
    """Number of a build of Playwright: chromium-1234/…"""
    folder = next(part for part in program.parts if part.startswith("chromium-"))
    number = folder.partition("-")[2]
    return int(number) if number.isdigit() else 0
