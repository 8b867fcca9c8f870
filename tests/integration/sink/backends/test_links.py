"""
The links of the debug panel's cards, followed by a person who is logged in to a real Bugsink.
"""

import json
import re
import secrets

import httpx
import pytest
from crashctl.waiting import wait_for
from gateway.slot_machine.told import Links

pytestmark = [pytest.mark.backends, pytest.mark.timeout(600)]
LOGIN = {"username": "admin@example.com", "password": "password-of-the-tests"}


@pytest.fixture
def captured(make_sink, bugsink):
    """An event that the page has sent and Bugsink has: its trace and its id."""
    sink = make_sink(SINK_BUGSINK_URL=bugsink).start()
    trace_id, event_id = secrets.token_hex(16), secrets.token_hex(16)
    event = {
        "event_id": event_id, "platform": "javascript",
        "contexts": {"trace": {"trace_id": trace_id, "span_id": "b" * 16}},
        "exception": {"values": [{"type": "PayTableError", "value": "the pay table does not add up"}]},
    }  # fmt: skip
    body = f'{{"event_id":"{event_id}"}}\n{{"type":"event"}}\n{json.dumps(event)}\n'
    assert 200 == sink.post(body.encode(), 2).status_code
    wait_for(lambda: sink.accounts()["targets"]["bugsink"]["delivered"] == {"event": 1}, 30, "Bugsink to have it")
    return trace_id, event_id


@pytest.fixture
def person(bugsink):
    """A browser that is logged in."""
    with httpx.Client(base_url=bugsink, follow_redirects=True, timeout=30) as browser:
        form = browser.get("/accounts/login/").text
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        browser.post("/accounts/login/", data={**LOGIN, "csrfmiddlewaretoken": token}, headers={"Referer": bugsink})
        yield browser


def test_the_link_of_an_event_leads_to_its_issue(captured, person, bugsink):
    """
    From the id that the SDK gave the event a person comes to the event in its issue.
    """
    _, event_id = captured

    page = person.get(Links(bugsink, None).issue(event_id))

    assert 200 == page.status_code
    assert re.fullmatch(r"/issues/issue/[0-9a-f-]{36}/event/[0-9a-f-]{36}/", page.url.path)
    assert "the pay table does not add up" in page.text


def test_the_link_of_a_trace_lists_its_issues_only(captured, person, bugsink):
    """
    The list of a project, asked for a trace, shows the issue of that trace, and for another trace none.
    """
    trace_id, _ = captured
    links = Links(bugsink, None)

    own, other = (person.get(links.issues_of(2, asked)).text for asked in (trace_id, "f" * 32))

    assert "PayTableError" in own
    assert "PayTableError" not in other


def test_without_a_project_the_link_shows_all_issues(captured, person, bugsink):
    """
    Where nobody was named, the link leads to the list of all projects.
    """
    page = person.get(Links(bugsink, None).issues_of(None, captured[0]))

    assert (200, True) == (page.status_code, "PayTableError" in page.text)
