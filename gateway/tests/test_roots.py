"""
A service whose own paths begin elsewhere than at its root.
"""

import json

import pytest

PREFIX = "/api/v1/analytics"


@pytest.fixture
def analytics(start, service):
    return start(ANALYTICS_URL=service.url)


def _reached(service):
    (seen,) = service.seen
    return seen.target


@pytest.mark.parametrize(
    ("path", "target"),
    [("/turnover?since=1", "/api/v1/turnover?since=1"), ("/players/top", "/api/v1/players/top"), ("/", "/api/v1/")],
)
def test_product_paths_get_the_root_that_they_have_at_the_service(analytics, service, path, target):
    """
    What a caller asks below the prefix is asked below ``api_root`` at the service, query included.
    """
    analytics.ask(PREFIX + path)

    assert target == _reached(service)


def test_a_fault_is_fired_at_the_debug_root(analytics, service):
    """
    Through the gateway every fault surface is ``/debug``; at the service it is where its catalogue has it.
    """
    analytics.fire(f"{PREFIX}/debug/slow-query?case=unindexed")

    assert "/api/debug/slow-query?case=unindexed" == _reached(service)


@pytest.mark.parametrize("path", ["/api/debug/slow-query", "/../debug/slow-query", "/%2e%2e/debug/slow-query"])
def test_the_fault_surface_has_one_door(analytics, service, path):
    """
    No product path leads to the fault surface of the service: such a path stays below ``api_root``, or is refused.
    """
    analytics.ask(PREFIX + path)

    assert [] == [seen.target for seen in service.seen if seen.target.startswith("/api/debug")]


def test_active_faults_are_asked_at_the_debug_root(analytics, service):
    """
    The list of active faults has those of a service with a root of its own.
    """
    active = json.dumps({"active": [{"id": "analytics/slow-query/unindexed"}]}).encode()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(active)))
        handler.end_headers()
        handler.wfile.write(active)

    service.behaviours["/api/debug/faults"] = answer

    assert ["analytics/slow-query/unindexed"] == [run["id"] for run in analytics.ask("/api/v1/faults").json["active"]]
