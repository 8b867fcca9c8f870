"""
The release that ``make up`` made, for the suites that look at it, and what to look at when one of their tests fails.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from crashctl.proof.on_cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    record = read_record(Layout(default_cache()).record)
    if record is None or not record.ready:
        pytest.fail("no release of `make up` is here. Fix: make up")
    return Cluster(record)


@pytest.fixture(scope="session")
def gateway(cluster: Cluster) -> Iterator[httpx.Client]:
    """Calls the gateway with the fault token."""
    headers = {"Authorization": f"Bearer {cluster.secrets()['fault-token']}"}
    with httpx.Client(base_url=cluster.addresses["gateway"], headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def sink(cluster: Cluster) -> Iterator[httpx.Client]:
    """Asks the event sink."""
    with httpx.Client(base_url=cluster.addresses["event-sink"], timeout=10) as client:
        yield client


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add pods, events and logs to the report of a test that failed."""
    report = yield
    found = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and call.when == "call" and isinstance(found, Cluster):
        report.sections += [(f"cluster: {title}", said) for title, said in found.looks().items()]
    return report


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]
