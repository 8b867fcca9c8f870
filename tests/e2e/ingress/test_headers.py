"""
Traefik hands trace headers on untouched, whichever of its two providers made the route.
"""

import json
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import Record, read_record

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
def record() -> Record:
    found = read_record(Layout(default_cache()).record)
    if found is None or not found.ready:
        pytest.fail("no release of `make up` is here. Fix: make up")
    return found


def kubectl(record: Record, *arguments: str, stdin: str = "") -> str:
    program = record.bin / "kubectl" if (record.bin / "kubectl").exists() else Path("kubectl")
    command = [program, "--kubeconfig", record.kubeconfig, *arguments]
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def gateway(record):
    """The address of Traefik, with the echo behind it."""
    image = f"crash-demo/gateway:{record.image_tag}"
    manifest = Path(__file__).with_name("echo.yaml").read_text().replace("IMAGE", image)
    kubectl(record, "create", "namespace", NAMESPACE)
    kubectl(record, "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    kubectl(record, "apply", "--namespace", NAMESPACE, "--filename", "-", stdin=manifest)
    kubectl(record, "wait", "--namespace", NAMESPACE, "--for=condition=Ready", f"--timeout={WITHIN_S}s", "pod/echo")
    yield record.addresses["gateway"]
    kubectl(record, "delete", "namespace", NAMESPACE, "--wait=true")


def first_echo(url: str) -> httpx.Response:
    """The answer once the route is programmed."""
    deadline = time.monotonic() + WITHIN_S
    while (answer := httpx.get(url, headers=TRACE_HEADERS)).status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, f"{url} was not routed within {WITHIN_S} s: {answer.status_code}"
        time.sleep(0.2)
    return answer


@pytest.mark.parametrize("path", ["/echo-by-route", "/echo-by-ingress"])
def test_trace_headers_pass_untouched(gateway, path):
    """
    Byte for byte and once each, foreign baggage and its spaces too.
    """
    answer = first_echo(f"{gateway}{path}")

    received = [(name.lower(), value) for name, value in json.loads(answer.text)]
    assert sorted(TRACE_HEADERS.items()) == sorted(item for item in received if item[0] in TRACE_HEADERS)
