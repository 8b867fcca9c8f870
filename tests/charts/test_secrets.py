"""
The one Secret of a release: made where nothing is given, kept over upgrades, or brought along.
"""

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

FORMS = {
    "fault-token": r"[0-9a-f]{48}",
    "ingest-key": r"[0-9a-f]{32}",
    "sink-token": r"[0-9a-f]{48}",
    "bugsink-api-token": r"[0-9a-f]{40}",
    "bugsink-admin-password": r"[0-9a-f]{20}",
    "bugsink-secret-key": r"[0-9a-f]{64}",
    "mongodb-password": r"[0-9a-f]{48}",
    "mongodb-uri": r"",
    "upstream-dsn": r"",
}
# What nothing is made up for.
EMPTY = {key for key, form in FORMS.items() if not form}
GIVEN = {
    "faultToken": "a-token-of-mine-0001",
    "ingestKey": "0123456789abcdef0123456789abcdef",
    "sinkToken": "a-token-of-mine-0002",
    "bugsinkApiToken": "0123456789abcdef0123456789abcdef01234567",
    "bugsinkAdminPassword": "correct horse",
    "bugsinkSecretKey": "k" * 50,
    "mongodbPassword": "a-password-of-mine",
    "upstreamDsn": "https://key@sentry.example.com/7",
}


def test_what_is_not_given_is_made_at_random(render):
    """
    Each key is there in its form, and no two installs share one.
    """
    first = render().secret()
    second = render(None, "--description=another").secret()

    assert {} == {key: value for key, value in first.items() if not re.fullmatch(FORMS[key], value)}
    assert set(FORMS) == set(first)
    assert EMPTY == {key for key, value in first.items() if second[key] == value}
    assert len(FORMS) - len(EMPTY) == len(set(first.values()) - {""})


def test_what_is_given_is_taken(render):
    """
    A given value stands in the Secret as it is.
    """
    secret = render({"global": {"secrets": GIVEN}}).secret()

    assert {*GIVEN.values(), ""} == set(secret.values())


@pytest.mark.parametrize("name", GIVEN)
def test_a_secret_of_the_wrong_form_is_refused_without_being_shown(refusal, name):
    """
    The message names the value and the form that it must have, and never shows it.
    """
    wrong = "zZy"

    said = refusal({"global": {"secrets": {name: wrong}}})

    assert f"global.secrets.{name} (3 characters) does not have the right form" in said
    assert wrong not in said


def test_an_existing_secret_takes_its_place(render):
    """
    With existingSecret no Secret is made, and each pod reads that one.
    """
    release = render({"global": {"existingSecret": "mine", "faults": {"enabled": True}}})

    assert {} == release.all("Secret")
    assert {"mine"} == {ref["name"] for pod in release.pods.values() for ref in pod.secrets}


def test_an_existing_secret_and_a_given_value_contradict(refusal):
    """
    A value that would be ignored is refused, with both ways out.
    """
    said = refusal({"global": {"existingSecret": "mine", "secrets": {"upstreamDsn": GIVEN["upstreamDsn"]}}})

    assert "global.secrets.upstreamDsn is given, and global.existingSecret too" in said


def test_each_key_that_a_pod_reads_is_made(demo):
    """
    No pod waits for a key that the Secret lacks.
    """
    read = {ref["key"] for pod in demo.pods.values() for ref in pod.secrets}

    assert set(FORMS) - {"mongodb-uri"} == read


def test_a_changed_secret_starts_pods_anew(render):
    """
    The annotation of pods that read secrets changes with a given one; those that read none are left alone.
    """
    annotations = [
        render({"global": {"secrets": {"bugsinkAdminPassword": password}}})
        .pods["crash-demo-bugsink"]
        .metadata["annotations"]["checksum/secrets"]
        for password in ("correct horse", "battery staple", "correct horse")
    ]

    assert annotations[0] == annotations[2] != annotations[1]
    assert render().pods["crash-demo-bugsink"].metadata["annotations"]["checksum/secrets"] not in annotations
    assert "annotations" not in render().pods["crash-demo-spotlight"].metadata


APPS = {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]}
RBAC = {
    "name": "rbac.authorization.k8s.io",
    "versions": [{"groupVersion": "rbac.authorization.k8s.io/v1", "version": "v1"}],
}


def resources(version: str, *kinds: str) -> dict:
    known = [{"name": f"{kind.lower()}s", "namespaced": True, "kind": kind, "verbs": ["get"]} for kind in kinds]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": known}


@pytest.fixture
def api_server():
    """The few answers of a Kubernetes API server that `lookup` asks for, with a Secret of an earlier install."""
    kept = {key: base64.b64encode(f"kept {key}".encode()).decode() for key in FORMS if key != "sink-token"}
    answers = {
        "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": [APPS, RBAC]},
        "/api/v1": resources("v1", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim"),
        "/apis/apps/v1": resources("apps/v1", "Deployment"),
        "/apis/rbac.authorization.k8s.io/v1": resources("rbac.authorization.k8s.io/v1", "Role", "RoleBinding"),
        "/api/v1/namespaces/crash-demo/secrets/crash-demo-secrets": {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "crash-demo-secrets",
                "namespace": "crash-demo",
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {
                    "meta.helm.sh/release-name": "crash-demo",
                    "meta.helm.sh/release-namespace": "crash-demo",
                },
            },
            "data": kept,
        },
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.get(self.path.partition("?")[0])
            body = json.dumps(answer or {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_an_earlier_install_made_is_kept(render, api_server):
    """
    An upgrade keeps each generated key, takes what is given now, and adds a key that was not there yet.
    """
    values = {"global": {"secrets": {"faultToken": GIVEN["faultToken"]}}}

    secret = render(
        values, "--dry-run=server", f"--kube-apiserver={api_server}", "--skip-tests", "--disable-openapi-validation"
    ).secret()

    assert GIVEN["faultToken"] == secret.pop("fault-token")
    assert re.fullmatch(FORMS["sink-token"], secret.pop("sink-token"))
    assert {""} == {secret.pop(key) for key in EMPTY}
    assert {key: f"kept {key}" for key in secret} == secret
