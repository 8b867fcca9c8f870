"""
Pods, ledgers and events in the shapes that Kubernetes, payment and the coroner give them.
"""

import copy
import json
from pathlib import Path

import pytest

CAPTURED = Path(__file__).parents[1] / "captured"


@pytest.fixture
def killed():
    """A pod whose container the kernel killed, as the API really gave it: in its second start."""
    return json.loads((CAPTURED / "pod-killed.json").read_text())


@pytest.fixture
def death_event():
    """What the coroner really sent of a death."""
    (item,) = json.loads((CAPTURED / "death.json").read_text())["items"][:1]
    return copy.deepcopy(item["payload"])
