"""
The casino twice, as processes beside each other: with flight record, spool and book, and without them.
"""

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import yaml
from crashctl.proof.release import SERVICES, TOKEN, Release, node

ROOT = Path(__file__).parents[2]
# The most that a catalogue may allow; each firing of a bench is one of these.
PER_MINUTE = 600
COUNTED = ("gateway", "game-engine", "payment", "analytics")


@dataclass
class Twin(Release):
    """
    One of the two.

    Args:
        keeps: whether it has flight record, spool and book.
        mongodb_uri: of a real database.
    """

    keeps: bool
    mongodb_uri: str
    ready_within_s: ClassVar[float] = 120

    def __post_init__(self) -> None:
        self._database = f"cost_{secrets.token_hex(4)}"

    def told(self, name: str) -> Mapping[str, str]:
        """What each is told: faults may be fired, where the others are, and, to one of the two, what it may keep."""
        if name == "event-sink":
            return {"SINK_TOKEN": TOKEN}
        asked = {"gateway": ("game-engine", "payment", "analytics"), "game-engine": ("payment", "analytics")}
        roads = {f"{one.replace('-', '_').upper()}_URL": self.url(one) for one in asked.get(name, ())}
        database = {"MONGODB_URI": self.mongodb_uri, "MONGODB_DATABASE": f"{self._database}_{name}"}
        own = {"TERMINATION_LOG": str(self.folder / f"{name}.flight")} if self.keeps else {"STATE_DIR": ""}
        return {
            "FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN, "CATALOG_DIR": str(self.folder / "catalog"),
            # Two of them must not differ by the order of their dictionaries.
            "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT), **roads, **own,
            **(database if name in {"payment", "analytics"} else {}),
        }  # fmt: skip

    def cpu_s(self, name: str) -> float:
        """Give the processor time that one of them has used, with all its threads (seconds)."""
        # The clock of a process by its id, as clock_getcpuclockid(3) makes it: exact, where /proc counts ticks.
        return time.clock_gettime(~self.processes[name].pid << 3 | 2)

    def _command(self, name: str) -> list[str]:
        if self.keeps or name == "event-sink":
            return super()._command(name)
        if name == "payment":
            return [str(node()), str(self.root / "services" / "payment" / "bench" / "without.js")]
        return [sys.executable, "-m", "tests.bench.without", name.replace("-", "_")]


@contextmanager
def twins(folder: Path) -> Iterator[tuple[Twin, Twin]]:
    """
    Run both, started anew because no two processes are equally fast.

    Args:
        folder: for their files.

    Returns:
        The one with, the one without.
    """
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        sys.exit("bench: no MONGODB_URI. Fix: make bench-cost, or scripts/with-database python -m tests.bench.cost")
    made = []
    try:
        for name, keeps in (("with", True), ("without", False)):
            place = folder / name
            place.mkdir()
            _catalogue(place / "catalog")
            made.append(Twin(place, keeps, uri, root=ROOT))
        with_all, without = made
        for name in SERVICES:
            with_all.start(name)
            without.start(name)
        yield with_all, without
    finally:
        for twin in made:
            twin.end_all()


def _catalogue(folder: Path) -> None:
    """Copy the catalogue, with budgets of firings that a bench does not use up."""
    shutil.copytree(ROOT / "catalog", folder)
    for name in COUNTED:
        file = folder / f"{name}.yaml"
        document = yaml.safe_load(file.read_text())
        crash = document["scenarios"]["crash"]
        for budget in (
            crash["budget"],
            *(case["budget"] for case in crash.get("cases", {}).values() if "budget" in case),
        ):
            budget["per_minute"] = PER_MINUTE
        file.write_text(yaml.safe_dump(document, sort_keys=False))
