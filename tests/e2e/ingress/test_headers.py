"""
Traefik hands trace headers on untouched, whichever of its two providers made the route.
"""

import json
from pathlib import Path

import httpx
import pytest
from crashctl.waiting import wait_for

pytestmark = pytest.mark.cluster

NAMESPACE = "ingress-echo"
WITHIN_S = 60
TRACE_HEADERS = {
    "sentry-trace": "771a43a4192642f0b136d5159a501700-1234567890abcdef-1",
    "baggage": "sentry-trace_id=771a43a4192642f0b136d5159a501700,foreign=kept; property=1,  odd=%20%2C",
    "traceparent": "00-771a43a4192642f0b136d5159a501700-1234567890abcdef-01",
    "tracestate": "vendor=value,other=2",
}


@pytest.fixture(scope="module")
def echo(cluster):
    """The address of Traefik, with the echo behind it."""
    image = f"crash-demo/gateway:{cluster.record.image_tag}"
    manifest = Path(__file__).with_name("echo.yaml").read_text().replace("IMAGE", image)

    def kubectl(*arguments: str, stdin: str = "") -> None:
        cluster.run("kubectl", "--namespace", NAMESPACE, *arguments, within_s=WITHIN_S + 10, stdin=stdin)

    kubectl("create", "namespace", NAMESPACE)
    kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    kubectl("apply", "--filename", "-", stdin=manifest)
    kubectl("wait", "--for=condition=Ready", f"--timeout={WITHIN_S}s", "pod/echo")
    yield cluster.addresses["gateway"]
    kubectl("delete", "namespace", NAMESPACE, "--wait=true")


@pytest.mark.parametrize("path", ["/echo-by-route", "/echo-by-ingress"])
def test_trace_headers_pass_untouched(echo, path):
    """
    Byte for byte and once each, foreign baggage and its spaces too.
    """

    def routed():
        answer = httpx.get(f"{echo}{path}", headers=TRACE_HEADERS)
        return answer if answer.status_code == httpx.codes.OK else None

    answer = wait_for(routed, WITHIN_S, f"the route of {path}")

    received = [(name.lower(), value) for name, value in json.loads(answer.text)]
    assert sorted(TRACE_HEADERS.items()) == sorted(item for item in received if item[0] in TRACE_HEADERS)
