"""
Run tests; the few that fail must then pass three times in a row, each time in new processes.

    python scripts/thrice.py pytest ARGUMENTS
    python scripts/thrice.py node FOLDER

Why so: docs/decisions/2026-11-27-a-test-that-fails-once.md.
"""

import json
import shlex
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

TIMES = 3
# More than these are no accident of a machine.
MOST = 3
# Both runners' word for: tests ran, and some failed.
SOME_FAILED = 1


class Pytest:
    """
    pytest, which remembers in its cache which tests failed.

    Args:
        arguments: those of pytest.
        memory: a folder for what is remembered.
    """

    def __init__(self, arguments: Sequence[str], memory: Path) -> None:
        self._command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={memory / 'cache'}", *arguments]
        self._failed = memory / "cache/v/cache/lastfailed"
        self._first = "{}"

    def run(self) -> int:
        """Run all."""
        status = self._run()
        if self._failed.exists():
            self._first = self._failed.read_text()
        return status

    def failed(self) -> list[str]:
        """Give the tests that failed in the first run."""
        return sorted(json.loads(self._first))

    def run_failed(self) -> int:
        """Run those that failed in the first run."""
        self._failed.write_text(self._first)
        return self._run("--last-failed")

    def _run(self, *more: str) -> int:
        return subprocess.run([*self._command, *more], check=False).returncode


class Node:
    """
    Node's runner, whose report for machines says which files have tests that failed.

    Args:
        folder: of the package, whose script ``test`` is ``node OPTIONS PATTERN``.
        memory: a folder for the report.
    """

    def __init__(self, folder: Path, memory: Path) -> None:
        script = json.loads((folder / "package.json").read_text())["scripts"]["test"]
        *self._command, self._pattern = shlex.split(script)
        self._folder = folder
        self._report = memory / "report.xml"

    def run(self) -> int:
        """Run all."""
        return self._run(
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
            "--test-reporter=junit",
            f"--test-reporter-destination={self._report}",
            self._pattern,
        )

    def failed(self) -> list[str]:
        """Give the tests that failed in the first run."""
        return sorted({f"{case.get('file')}: {case.get('name')}" for case in self._failures()})

    def run_failed(self) -> int:
        """Run the files that have them."""
        return self._run(*sorted({str(case.get("file")) for case in self._failures()}))

    def _failures(self) -> list[ET.Element]:
        try:
            cases = ET.parse(self._report).iter("testcase")  # noqa: S314 - Node wrote it a moment ago
        except (OSError, ET.ParseError):
            # Node writes any character that a message has, and nothing where it did not come to a test.
            return []
        return [case for case in cases if case.get("failure") is not None]

    def _run(self, *arguments: str) -> int:
        return subprocess.run([*self._command, *arguments], cwd=self._folder, check=False).returncode


def run_thrice(runner: Pytest | Node) -> int:
    """
    Run all tests, and the few that fail three times more.

    Returns:
        The runner's exit code of the first run that says that tests failed to the end.
    """
    status = runner.run()
    if status != SOME_FAILED:
        return status
    failed = runner.failed()
    if not 0 < len(failed) <= MOST:
        return status
    for time in range(1, TIMES + 1):
        _say(f"run {time} of {TIMES} of what failed", failed)
        status = runner.run_failed()
        if status:
            return status
    _say(f"unsteady, a defect to mend: failed once, then passed {TIMES} times in a row", failed)
    return 0


def main(arguments: Sequence[str]) -> int:
    """
    Run the tests that the arguments name.

    Returns:
        The exit code: 0 where all passed, and 2 where the arguments make no sense.
    """
    with tempfile.TemporaryDirectory() as memory:
        match arguments:
            case ["pytest", *rest]:
                return run_thrice(Pytest(rest, Path(memory)))
            case ["node", folder] if (Path(folder) / "package.json").exists():
                return run_thrice(Node(Path(folder), Path(memory)))
    print(f"thrice: found {shlex.join(arguments)!r}; give `pytest ARGUMENTS`, or `node` and the folder of a package")
    return 2


def _say(what: str, tests: Sequence[str]) -> None:
    print(f"thrice: {what}", *tests, sep="\n    ", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
