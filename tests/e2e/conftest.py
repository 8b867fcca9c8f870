"""
What the tests of the release share, besides the release itself.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crashctl.proof.on_cluster import Cluster


@pytest.fixture(scope="session")
def replayed(cluster: Cluster) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Ask Spotlight for the transactions of a trace; gives them by their service."""

    def ask(trace_id: str) -> dict[str, dict[str, Any]]:
        found = {}
        with httpx.stream("GET", f"{cluster.addresses['spotlight']}/stream", timeout=5) as stream:
            try:
                for line in stream.iter_lines():
                    if line.startswith("data:") and trace_id in line:
                        _header, items = json.loads(line.removeprefix("data:"))
                        found |= {
                            payload["tags"]["service"]: payload
                            for header, payload in items
                            if header["type"] == "transaction"
                        }
            except httpx.ReadTimeout:
                pass  # the replay is over; the stream itself never ends
        return found

    return ask
