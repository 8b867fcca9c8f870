"""
The service as a process of its own, with a real receiver of envelopes on a real port.
"""

from pathlib import Path

import pytest
from crashctl.proof.process import Service, receiving

CATALOG = Path(__file__).parents[4] / "catalog"


@pytest.fixture
def sentry():
    with receiving(2) as server:
        yield server


@pytest.fixture
def start():
    started = []

    def start_one(**changes):
        started.append(Service("game_engine", CATALOG, **changes))
        return started[-1]

    yield start_one
    for service in started:
        service.close()
