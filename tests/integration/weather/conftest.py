"""
A sink, a road to it with weather, and processes of both languages that capture.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from crashctl.proof.release import clean
from crashctl.proof.sink import SinkProcess

from tests.integration.weather.senders import Node, Python, Sender
from tests.integration.weather.sky import Sky

ROOT = Path(__file__).parents[3]
KINDS: dict[str, Callable[..., Sender]] = {"python": Python, "node": Node}
PROJECTS = {"python": 2, "node": 3}


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SinkProcess]:
    with SinkProcess.running(tmp_path / "sink", {"SINK_CATALOG_DIR": str(ROOT / "catalog")}) as made:
        yield made


@pytest.fixture
def sky(sink: SinkProcess) -> Iterator[Sky]:
    made = Sky(sink.url)
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(tmp_path: Path, language: str, sky: Sky) -> Iterator[Callable[..., Sender]]:
    """Start processes on one state folder, one after the other, on the road to the sink."""
    with ExitStack() as stack:

        def make(dsn: str = "", under: Sequence[str] = ()) -> Sender:
            state = tmp_path / "state"
            state.mkdir(exist_ok=True)
            made = KINDS[language](state, dsn or sky.dsn(PROJECTS[language]), under)
            stack.callback(made.kill)
            return made

        yield make


@pytest.fixture
def account(sink: SinkProcess) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Ask `crashctl account`; gives its exit code and what it says."""

    def ask() -> tuple[int, dict[str, Any]]:
        given = ["--sink", sink.url, "--catalog-dir", str(ROOT / "catalog"), "--within", "60", "--json"]
        ended = subprocess.run(
            [sys.executable, "-m", "crashctl", "account", *given],
            env=clean(), capture_output=True, text=True, check=False, timeout=150,
        )  # fmt: skip
        assert ended.returncode in {0, 1}, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    return ask
