"""
Every suite is run by make.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_of_integration_is_in_one_of_its_lanes():
    """
    A folder that no lane names would never be run.
    """
    lanes = [line for line in (ROOT / "Makefile").read_text().splitlines() if "$(addprefix tests/integration/," in line]
    named = [name for line in lanes for name in line.partition("tests/integration/,")[2].rstrip(")").split()]

    there = [file.name for file in (ROOT / "tests/integration").iterdir() if list(file.glob("**/test_*.py"))]

    assert sorted(there) == sorted(named)
