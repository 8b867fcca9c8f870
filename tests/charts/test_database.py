"""
The database of payment and analytics: the release's own or one brought along, and never both or none.
"""

import json

import pytest

USERS = ("crash-demo-payment", "crash-demo-analytics")
URI = "mongodb://casino:a-password-of-mine@mongo.example.com:27017/?tls=true"
EXTERNAL = {"global": {"mongodb": {"enabled": False, "externalUri": URI}}}


def test_the_release_brings_its_own(default):
    """
    Each service has a database of its own at the release's server; the password is the Secret's.
    """
    (port,) = default.one("Service", "crash-demo-mongodb")["spec"]["ports"]

    for name in USERS:
        env = default.pods[name].env
        assert f"mongodb://casino:$(MONGODB_PASSWORD)@crash-demo-mongodb:{port['port']}/" == env["MONGODB_URI"]
        assert {"secretKeyRef": {"name": "crash-demo-secrets", "key": "mongodb-password"}} == env["MONGODB_PASSWORD"]
        assert "3000" == env["MONGODB_TIMEOUT_MS"]
    assert ["payment", "analytics"] == [default.pods[name].env["MONGODB_DATABASE"] for name in USERS]


def test_nobody_else_knows_of_it(default):
    """
    Only the two services and the server itself have the password.
    """
    holders = {name for name, pod in default.pods.items() if "mongodb-password" in [ref["key"] for ref in pod.secrets]}

    assert {*USERS, "crash-demo-mongodb"} == holders


def test_one_of_ones_own_takes_its_place(render):
    """
    With a URI nothing of the server is rendered; both services read the URI, which stands in the Secret and only there.
    """
    release = render(EXTERNAL)

    assert [] == [o for o in release.objects if o["metadata"]["name"] == "crash-demo-mongodb"]
    assert URI == release.secret()["mongodb-uri"]
    for name in USERS:
        env = release.pods[name].env
        assert {"secretKeyRef": {"name": "crash-demo-secrets", "key": "mongodb-uri"}} == env["MONGODB_URI"]
        assert "MONGODB_PASSWORD" not in env
    others = json.dumps([o for o in release.objects if o["kind"] != "Secret"])
    assert [] == [part for part in ("a-password-of-mine", "mongo.example.com") if part in others]


def test_a_uri_may_stand_in_a_secret_of_ones_own(render):
    """
    With existingSecret the URI is read from there, so that it stands in no values file.
    """
    release = render({"global": {"existingSecret": "mine", "mongodb": {"enabled": False}}})

    for name in USERS:
        assert {"secretKeyRef": {"name": "mine", "key": "mongodb-uri"}} == release.pods[name].env["MONGODB_URI"]


def test_without_its_users_none_is_needed(render):
    """
    A release without payment and analytics needs no database.
    """
    off = {"enabled": False}

    release = render({"global": {"payment": off, "analytics": off, "mongodb": off}})

    assert {"crash-demo-gateway", "crash-demo-game-engine"} <= set(release.pods)
    assert [] == [name for name in release.pods if name in (*USERS, "crash-demo-mongodb")]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"mongodb": {"externalUri": URI}},
            "externalUri is given, and global.mongodb.enabled is true; set global.mongodb.enabled=false",
        ),
        (
            {"mongodb": {"enabled": False}},
            "but payment and analytics need a database; give global.mongodb.externalUri, or set global.mongodb",
        ),
        (
            {"mongodb": {"enabled": False}, "payment": {"enabled": False}},
            "global.mongodb.externalUri is empty, but analytics needs a database",
        ),
        (
            {"mongodb": {"enabled": False, "externalUri": URI}, "existingSecret": "mine"},
            "global.mongodb.externalUri is given, and global.existingSecret too; put the URI into that Secret as",
        ),
        (
            {"mongodb": {"enabled": False, "externalUri": "postgres://casino:a-password-of-mine@db.example.com/"}},
            "global.mongodb.externalUri (52 characters) does not have the right form: mongodb://USER:PASSWORD@HOST",
        ),
        (
            {"mongodb": {"enabled": False, "externalUri": "mongodb://casino:a-password-of-mine@ host/"}},
            "does not have the right form",
        ),
    ],
)
def test_both_or_none_or_another_is_refused(refusal, values, says):
    """
    What cannot work names the value and the way out, and does not show the URI: there is a password in it.
    """
    said = refusal({"global": values})

    assert says in said
    assert "a-password-of-mine" not in said


@pytest.mark.parametrize("uri", ["mongodb+srv://u:p@cluster.example.com/?w=majority", "mongodb://a:1,b:2,c:3/x"])
def test_each_form_of_a_uri_is_taken(render, uri):
    """
    A cluster that is found by DNS, and a list of hosts without a user, get through as they are.
    """
    release = render({"global": {"mongodb": {"enabled": False, "externalUri": uri}}})

    assert uri == release.secret()["mongodb-uri"]


def test_a_changed_uri_starts_its_users_anew(render):
    """
    The annotation of the pods that read the URI changes with it.
    """

    def annotation(uri: str) -> str:
        release = render({"global": {"mongodb": {"enabled": False, "externalUri": uri}}})
        return release.pods["crash-demo-payment"].metadata["annotations"]["checksum/secrets"]

    assert annotation(URI) != annotation("mongodb://casino:another-password@mongo.example.com/")
