"""
The browser of the tests: named, found on PATH, one of Playwright's, or a clear word about how to have one.
"""

import os

import pytest
from crashctl.cluster.chromium import PACKAGES, find_chromium, provide_chromium
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import Tools


@pytest.fixture
def program(tmp_path):
    """Make a program of any name below a folder of its own."""

    def make(*path: str) -> str:
        file = tmp_path.joinpath(*path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return str(file)

    return make


def test_the_one_that_is_named_is_taken(program, tmp_path):
    """
    CRASH_DEMO_CHROMIUM wins over what is on PATH.
    """
    named = program("mine", "browser")
    program("path", "chromium")

    tool = find_chromium({"CRASH_DEMO_CHROMIUM": named, "PATH": str(tmp_path / "path")}, tmp_path)

    assert (named, "CRASH_DEMO_CHROMIUM") == (str(tool.path), tool.origin)


def test_a_name_of_no_program_is_told(tmp_path):
    """
    What is named and not there is an error with its name, and nothing else is taken in its place.
    """
    with pytest.raises(UpError, match=r"CRASH_DEMO_CHROMIUM names /nowhere/browser, which is no program"):
        find_chromium({"CRASH_DEMO_CHROMIUM": "/nowhere/browser", "PATH": os.environ["PATH"]}, tmp_path)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_one_on_path_is_taken(program, tmp_path, name):
    """
    A distribution's Chromium and the vendor's Chrome do alike.
    """
    found = program("path", name)

    tool = find_chromium({"PATH": str(tmp_path / "path")}, tmp_path, [name])

    assert (found, "PATH") == (str(tool.path), tool.origin)


def test_the_newest_build_of_playwright_is_taken(program, tmp_path):
    """
    Where none is on PATH, Playwright's own is taken, the highest number of them: 1200 is newer than 999.
    """
    program(".cache", "ms-playwright", "chromium-999", "chrome-linux", "chrome")
    newest = program(".cache", "ms-playwright", "chromium-1200", "chrome-linux64", "chrome")

    tool = find_chromium({"PATH": str(tmp_path / "path")}, tmp_path, [])

    assert (newest, "playwright") == (str(tool.path), tool.origin)


def test_no_browser_is_none(tmp_path):
    """
    Looking installs nothing and fails nothing.
    """
    assert find_chromium({"PATH": str(tmp_path)}, tmp_path, ["chromium"]) is None


def test_who_may_not_install_is_told_how_to_have_one(tmp_path, monkeypatch):
    """
    Without root or without Debian, the error has the ways that are left: a package, Playwright's build, or a name.
    """
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(UpError) as told:
        provide_chromium(Tools(tmp_path / "log", {}), lambda: None)

    for way in ("apt-get install chromium", "playwright install chromium", "CRASH_DEMO_CHROMIUM"):
        assert way in told.value.fix


def test_debian_installs_it_where_it_is_missing(program, tmp_path, monkeypatch):
    """
    As root on Debian, the packages are installed and the browser is there afterwards; a second call installs nothing.
    """
    calls = tmp_path / "calls"
    path = tmp_path / "path"
    installs = f'#!/bin/sh\necho "$@" >>{calls}\n[ "$1" = install ] && cp "$0" {path}/chromium || true\n'
    for name in ("apt-get", "dpkg-query"):
        (tmp_path / "path").mkdir(exist_ok=True)
        (path / name).write_text(installs if name == "apt-get" else "#!/bin/sh\nexit 1\n")
        (path / name).chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", f"{path}:/bin")

    def find():
        return find_chromium({"PATH": str(path)}, tmp_path, ["chromium"])

    first = provide_chromium(Tools(tmp_path / "log", {}), find)
    second = provide_chromium(Tools(tmp_path / "log", {}), find)

    assert ("installed", str(path / "chromium")) == (first.origin, str(first.path))
    assert "PATH" == second.origin
    assert ["update", f"install --yes --no-install-recommends {' '.join(PACKAGES)}"] == (calls.read_text().splitlines())
