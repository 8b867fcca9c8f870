"""
The service as a process of its own, with a real receiver of envelopes on a real port.
"""

from pathlib import Path

import pytest
from crashctl.proof.process import Service, receiving

CATALOG = Path(__file__).parents[4] / "catalog"


@pytest.fixture
def sentry():
    with receiving(4) as server:
        yield server


@pytest.fixture
def start(mongodb_uri, database):
    started = []

    def start_one(**changes):
        told = {"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": database, **changes}
        started.append(Service("analytics", CATALOG, **told))
        return started[-1]

    yield start_one
    for service in started:
        service.close()
