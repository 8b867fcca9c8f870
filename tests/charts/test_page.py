"""
The page: what the gateway is told of it, and what it may hand to whoever opens it.
"""

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GATEWAY = "crash-demo-gateway"
ON = {"enabled": True}


def env_of(release) -> dict:
    return release.pods[GATEWAY].env


@pytest.fixture(scope="module")
def page() -> dict:
    """The page as the catalogue names it."""
    known = yaml.safe_load((ROOT / "catalog" / "services.yaml").read_text(encoding="utf-8"))["services"]
    (only,) = [service for service in known if service["language"] == "browser"]
    return only


def test_what_the_page_reports_goes_to_its_project(default, page):
    """
    The gateway hands the page's envelopes to the sink, as the project that the catalogue names, with the key from the
    Secret; faults on or off, because a page can break by itself.
    """
    env = env_of(default)

    assert f"http://$(SENTRY_INGEST_KEY)@crash-demo-event-sink:8090/{page['project_id']}" == env["PAGE_DSN"]
    assert {"name": "crash-demo-secrets", "key": "ingest-key"} == env["SENTRY_INGEST_KEY"]["secretKeyRef"]


@pytest.mark.parametrize("faults", [{}, {"passS": 900}, {"allowGet": True, "passS": 900}])
def test_no_pass_is_handed_out_where_faults_are_off(render, faults):
    """
    The master switch wins: without faults there is no pass, no token to make it of, and nobody to ask about a firing.
    """
    env = env_of(render({"global": {"faults": faults}}))

    assert set() == {"FAULT_PASS_S", "FAULTS_TOKEN", "SINK_URL"} & set(env)
    assert "false" == env["FAULTS_ENABLED"]


def test_faults_that_are_on_still_ask_for_the_token(render):
    """
    Who turns faults on and says nothing of passes hands out none: the panel asks for the token.
    """
    env = env_of(render({"global": {"faults": ON}}))

    assert "0" == env["FAULT_PASS_S"]
    assert {"name": "crash-demo-secrets", "key": "fault-token"} == env["FAULTS_TOKEN"]["secretKeyRef"]


def test_a_pass_is_good_for_as_long_as_the_values_say(render):
    """
    Where values say so, the gateway hands out passes for that many seconds and asks the sink what became of a firing.
    """
    env = env_of(render({"global": {"faults": {**ON, "passS": 60}}}))

    assert ("60", "http://crash-demo-event-sink:8090") == (env["FAULT_PASS_S"], env["SINK_URL"])


def test_the_token_is_in_nothing_that_the_page_is_told(render):
    """
    The token reaches the gateway as a reference to the Secret; its text is in no variable, and so in no page.
    """
    values = {"global": {"faults": {**ON, "passS": 900}, "secrets": {"faultToken": "a-token-of-mine-0001"}}}
    release = render(values)

    assert "a-token-of-mine-0001" == release.secret()["fault-token"]
    assert "a-token-of-mine-0001" not in json.dumps(env_of(release))


def test_links_lead_to_uis_that_are_there(render, default):
    """
    A card links to the two UIs where the values say how a browser finds them, and to none that was left out.
    """
    page = {"issuesUrl": "https://issues.example.com/", "tracesUrl": "https://traces.example.com"}
    both = env_of(render({"gateway": {"page": page}}))
    without = {"bugsink": {"enabled": False}, "spotlight": {"enabled": False}}
    neither = env_of(render({"gateway": {"page": page}, "global": without}))

    assert "https://issues.example.com" == both["PAGE_ISSUES_URL"]
    assert "https://traces.example.com" == both["PAGE_TRACES_URL"]
    assert set() == {"PAGE_ISSUES_URL", "PAGE_TRACES_URL"} & (set(neither) | set(env_of(default)))


def test_a_page_elsewhere_may_call_if_it_is_listed(render, default):
    """
    Origins are those that the values list, and none by default.
    """
    origins = ["https://casino.example.com", "http://localhost:9000"]

    listed = env_of(render({"gateway": {"corsOrigins": origins}}))

    assert ",".join(origins) == listed["CORS_ORIGINS"]
    assert "CORS_ORIGINS" not in env_of(default)


def test_only_the_gateway_is_told_of_the_page(demo):
    """
    No service sees a pass or serves a page: what they are told is what they were told before.
    """
    for name, pod in demo.pods.items():
        told = {entry["name"] for container in pod.containers for entry in container.get("env", [])}
        about = {variable for variable in told if variable.startswith(("PAGE_", "FAULT_PASS"))}

        assert (name == GATEWAY) == bool(about), name


def test_the_gateway_may_ask_the_sink(render):
    """
    With network policies on, the sink's lets the gateway in, as it lets in every pod of the release.
    """
    release = render({"global": {"networkPolicy": {"enabled": True}, "faults": ON}})

    (rule,) = release.one("NetworkPolicy", "crash-demo-event-sink")["spec"]["ingress"]
    (peer,) = rule["from"]
    labels = release.pods[GATEWAY].metadata["labels"].items()
    assert peer["podSelector"]["matchLabels"].items() <= labels
