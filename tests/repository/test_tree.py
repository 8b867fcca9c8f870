"""
What the tree itself must keep to: a closed root, files with one subject, nothing that belongs to one machine.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ROOT_ENTRIES = {
    ".ci", ".dockerignore", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    "Makefile", "README.md", "catalog", "charts", "docker", "docs", "gateway", "k8s", "packages", "pyproject.toml",
    "scripts", "services", "skaffold.yaml", "tests", "uv.lock",
}  # fmt: skip
CODE = {".py", ".js", ".mjs", ".sh", ".tpl"}
LONGEST_FILE = 300
LONGEST_SHELL = 60
# A home or workplace folder of somebody's machine, or the address of a package registry.
BELONGS_ELSEWHERE = re.compile(
    r"/(?:root|home/[a-z]+|Users/[A-Za-z]+|work)/[\w.]|proxy\.golang\.org|registry\.npmjs\.org|deb\.debian\.org"
)
GENERATED = {"uv.lock", "package-lock.json"}


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_the_root_is_a_closed_list():
    """
    Nothing lies at the root that is not on the list: notes, logs and start scripts have no place there.
    """
    found = {file.relative_to(ROOT).parts[0] for file in tracked()}

    assert set() == found - ROOT_ENTRIES


def test_no_file_of_code_is_two_files():
    """
    A file of code has one subject, and so at most 300 lines.
    """
    long = {str(file.relative_to(ROOT)): len(lines_of(file)) for file in tracked() if file.suffix in CODE}

    assert {} == {name: count for name, count in long.items() if count > LONGEST_FILE}


def test_a_shell_script_stays_small():
    """
    A shell script has at most 60 lines and stops at the first failure; what needs more is Python.
    """
    scripts = [file for file in tracked() if _is_shell(file)]

    assert scripts
    assert [] == [str(file) for file in scripts if len(lines_of(file)) > LONGEST_SHELL]
    assert [] == [str(file) for file in scripts if not re.search(r"^set -[eu]{2,}", file.read_text(), re.MULTILINE)]


def test_nothing_belongs_to_one_machine():
    """
    No tracked file names a folder of somebody's machine or the host of a package registry.
    """
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked()
        if file.name not in GENERATED and file != Path(__file__) and _is_text(file)
        for number, line in enumerate(lines_of(file), start=1)
        if BELONGS_ELSEWHERE.search(line)
    ]

    assert [] == found


def test_no_secret_is_tracked():
    """
    No tracked file holds a DSN with a key, a private key or a bearer token.
    """
    secret = re.compile(r"https://[0-9a-f]{32}@|BEGIN [A-Z ]*PRIVATE KEY|Bearer [0-9a-f]{32,}")
    found = [
        str(file) for file in tracked() if file != Path(__file__) and _is_text(file) and secret.search(file.read_text())
    ]

    assert [] == found


@pytest.mark.parametrize(
    "target", re.findall(r"^([a-z0-9-]+):(?!=)(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
)
def test_a_make_target_says_what_it_does(target):
    """
    Every target has a sentence that `make help` shows.
    """
    _name, rest = target

    assert re.search(r"## [A-Z].*\.$", rest)


def _is_shell(file: Path) -> bool:
    with file.open("rb") as head:
        return bool(re.match(rb"#!.*\b(ba)?sh\b", head.readline()))


def _is_text(file: Path) -> bool:
    return b"\0" not in file.read_bytes()[:4096]
