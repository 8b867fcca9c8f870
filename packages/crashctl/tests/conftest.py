"""
What the stack really sent and answered, as the sink and the gateway gave it: the drill is tried on that.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from crashctl.drill.answers import Answer
from crashctl.drill.cases import DrillCase, from_catalogue
from crashctl.drill.contract import Firing
from crashctl.drill.events import Item, read_item
from crashkit.loading import load_catalogue

CAPTURED = Path(__file__).parent / "captured"
CATALOG = Path(__file__).parents[3] / "catalog"


@dataclass
class Capture:
    """One firing: its answer, and everything that was on its trace."""

    answer: dict[str, Any]
    items: list[dict[str, Any]]

    @property
    def event(self) -> dict[str, Any]:
        """The payload of its only event."""
        (only,) = [item for item in self.items if item["type"] == "event"]
        return only["payload"]

    def drop(self, kind: str) -> None:
        """Lose everything of a type."""
        self.items = [item for item in self.items if item["type"] != kind]

    def repeat_event(self) -> None:
        """Let the event arrive again, as another one."""
        (event,) = [item for item in self.items if item["type"] == "event"]
        self.items.append({**copy.deepcopy(event), "event_id": "f" * 32})

    def read(self) -> list[Item]:
        """As the drill reads it."""
        return [read_item(item) for item in self.items]

    def answered(self) -> Answer:
        """As the drill reads it."""
        headers = self.answer["headers"]
        return Answer(self.answer["status"], headers["content-type"], headers["x-trace-id"], self.answer["body"])


@pytest.fixture
def captured() -> Callable[[str], Capture]:
    def read(name: str) -> Capture:
        return Capture(**json.loads((CAPTURED / f"{name}.json").read_text()))

    return read


@pytest.fixture(scope="session")
def cases() -> dict[str, DrillCase]:
    """The cases of the catalogue, by id."""
    return {case.id: case for case in from_catalogue(load_catalogue(CATALOG))}


@pytest.fixture
def firing(cases: dict[str, DrillCase]) -> Callable[..., Firing]:
    """The firing that belongs to a capture."""

    def make(case_id: str, digit: str, run: str, call: int = 1) -> Firing:
        return Firing(cases[case_id], digit * 32, run, call)

    return make
