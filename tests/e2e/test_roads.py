"""
Every way to the gateway: through Traefik, past it by NodePort, and by port-forward.
"""

import re
import secrets
import subprocess

import httpx
import pytest
from crashctl.waiting import wait_for

pytestmark = pytest.mark.cluster

WITHIN_S = 15


@pytest.fixture
def forwarded(cluster):
    """The URL of a port-forward of kubectl."""
    command = cluster.command(
        "kubectl", "--namespace", "crash-demo", "port-forward", "service/crash-demo-gateway", ":8080"
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said = process.stdout.readline()
            port = re.search(r"127\.0\.0\.1:(\d+)", said)
            assert port, f"kubectl port-forward said: {said}"
            yield f"http://127.0.0.1:{port[1]}"
        finally:
            process.terminate()


def fires_and_keeps_the_trace(url, token, sink):
    """Fire with a trace of our own, and find it captured on that trace."""
    trace_id = secrets.token_hex(16)
    headers = {
        "Authorization": f"Bearer {token}",
        "sentry-trace": f"{trace_id}-{secrets.token_hex(8)}-1",
        "baggage": f"sentry-trace_id={trace_id},foreign=kept;property=1",
    }
    answer = httpx.post(f"{url}/api/v1/game-engine/debug/crash", headers=headers, timeout=30)

    def events():
        items = sink.get(f"/api/v1/traces/{trace_id}").json()["items"]
        return [item["payload"] for item in items if item["type"] == "event"]

    (event,) = wait_for(events, WITHIN_S, f"the event of {url}")
    assert (500, trace_id) == (answer.status_code, answer.headers["x-trace-id"])
    # It came; what is in it is the caller's, and no event shows it (tests/e2e/ingress shows that it comes untouched).
    assert "[Filtered]" == event["request"]["headers"]["Baggage"]


@pytest.mark.parametrize("road", ["gateway", "gateway-direct"])
def test_a_published_address_leads_to_the_gateway(road, cluster, sink):
    """
    Through Traefik's HTTPRoute and through the NodePort alike: the trace arrives untouched, and baggage arrives.
    """
    fires_and_keeps_the_trace(cluster.addresses[road], cluster.secrets()["fault-token"], sink)


def test_a_port_forward_leads_to_the_gateway(forwarded, cluster, sink):
    """
    Kubectl port-forward reaches the gateway as well.
    """
    fires_and_keeps_the_trace(forwarded, cluster.secrets()["fault-token"], sink)


def test_traefik_is_in_the_way(cluster):
    """
    http://localhost:8080 is Traefik: the HTTPRoute is accepted and its references are resolved.
    """
    (route,) = cluster.get("httproutes")["items"]
    conditions = {
        condition["type"]: condition["status"]
        for parent in route["status"]["parents"]
        for condition in parent["conditions"]
    }

    assert "True" == conditions["Accepted"] == conditions["ResolvedRefs"]
