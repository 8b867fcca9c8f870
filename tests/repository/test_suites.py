"""
Every suite is run by make, and every test of it is reported.
"""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPEN = """
import { test } from 'node:test'

test('leaves a clock', () => { setInterval(() => {}, 1000) })
"""


def test_every_folder_of_integration_is_in_one_of_its_lanes():
    """
    A folder that no lane names would never be run.
    """
    lanes = [line for line in (ROOT / "Makefile").read_text().splitlines() if "$(addprefix tests/integration/," in line]
    named = [name for line in lanes for name in line.partition("tests/integration/,")[2].rstrip(")").split()]

    there = [file.name for file in (ROOT / "tests/integration").iterdir() if list(file.glob("**/test_*.py"))]

    assert sorted(there) == sorted(named)


@pytest.mark.parametrize("package", ["payment", "slot-machine"])
def test_every_test_of_node_is_reported(package):
    """
    Node's ``--test-force-exit`` ends a file before its last results are written: 778 to 831 of the same tests were
    reported with it. What is left open is for ``test/support/ends.js`` to end.
    """
    scripts = json.loads((ROOT / "services" / package / "package.json").read_text())["scripts"]

    assert "--test-force-exit" not in scripts["test"]


def test_a_file_that_leaves_something_open_fails(tmp_path):
    """
    Its tests are reported all the same, and so is what is open; it does not keep the run from ending.
    """
    ends = (ROOT / "services/payment/test/support/ends.js").read_text()
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "ends.js").write_text(ends.replace("10_000", "100"))
    (tmp_path / "open.test.js").write_text(OPEN)
    command = ["node", "--import", "./ends.js", "--test", "open.test.js"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert 1 == done.returncode
    assert "still open 0.1 s after the last test: " in done.stdout
    assert "✔ leaves a clock" in done.stdout
