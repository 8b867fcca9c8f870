"""
One browser for all tests of this folder; each test has visits of its own, and leaves a picture of each behind.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from crashctl.proof.release import TOKEN
from playwright.sync_api import Browser

from .casino import SMALL, Casino, running
from .chromium import chromium
from .site import Site
from .visit import Visit, visiting

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """The release of `make up`, or the processes that CRASH_DEMO_PAGE_URL and CRASH_DEMO_SINK_URL name."""
    if url := os.environ.get("CRASH_DEMO_PAGE_URL"):
        with httpx.Client(base_url=os.environ["CRASH_DEMO_SINK_URL"], timeout=10) as sink:
            yield Site(url, sink, TOKEN)
        return
    cluster = request.getfixturevalue("cluster")
    token = cluster.secrets()["fault-token"]
    yield Site(cluster.addresses["gateway"], request.getfixturevalue("sink"), token, cluster)


@pytest.fixture(scope="module")
def casino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casino]:
    """The page with a sink of its own, as processes: whatever the sink has came from the test."""
    with running(Casino(tmp_path_factory.mktemp("casino"), SMALL, root=ROOT)) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures are kept: CRASH_DEMO_ARTEFACTS, else below build/, which is not in git."""
    folder = Path(os.environ.get("CRASH_DEMO_ARTEFACTS") or ROOT / "build" / "browser")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, artefacts: Path) -> Iterator[Callable[..., Visit]]:
    """Visit the page of the release, or of another address, as often as one likes: each time as somebody else."""
    test = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    with ExitStack() as stack:
        count = 0

        def come(url: str | None = None, **options: Any) -> Visit:
            nonlocal count
            count += 1
            where = url or request.getfixturevalue("site").url
            return stack.enter_context(visiting(browser, where, artefacts / "tests", f"{test}-{count}", **options))

        yield come
