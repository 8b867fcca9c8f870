"""
What a stranger gets: no token in anything that he can read, and a policy that holds.
"""

import httpx
import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CRASH = "game-engine/crash"
HTML = {"Accept": "text/html,application/xhtml+xml"}
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
    "font-src": "'self'", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
    "frame-ancestors": "'none'",
}  # fmt: skip


def test_no_secret_is_in_anything_that_the_page_loads(visit, site):
    """
    Neither page, scripts, styles nor the catalogue have the fault token, or any other secret of the release, in them.
    """
    here = visit()
    bodies = {}
    here.page.on("response", lambda answer: bodies.setdefault(answer.url, answer))
    here.open()
    here.panel.open()
    texts = {
        url: answer.text()
        for url, answer in list(bodies.items())  # reading one lets others arrive
        if answer.status == 200 and answer.request.method == "GET"
    }

    secrets = site.cluster.secrets() if site.cluster else {"fault-token": site.token}
    # The public half of a DSN names a project and opens nothing.
    wanted = {name: value for name, value in secrets.items() if value and name != "ingest-key"}
    told = [f"{name} in {url}" for url, text in texts.items() for name, value in wanted.items() if value in text]

    assert any(url.endswith("/") for url in texts)
    assert any(url.endswith(".js") for url in texts)
    assert [] == told


def test_the_policy_is_there_and_nothing_is_refused_by_it(visit, site):
    """
    The page comes with a Content-Security-Policy that allows its own origin and nothing else, and plays and fires
    under it.
    """
    with httpx.Client(base_url=site.url) as client:
        answer = client.get("/", headers=HTML)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";") if part)
    here = visit().open()
    here.machine.spin_button.click()
    here.machine.settle(1)
    here.panel.open().fire(CRASH).is_captured(30)

    assert POLICY == {name: policy.get(name) for name in POLICY}
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert [] == here.violations()


def test_the_policy_holds(visit):
    """
    A script that somebody smuggles in is not run, and the browser says so: the policy can refuse.
    """
    here = visit().open()

    ran = here.page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.textContent = 'window.smuggled = true'
          document.body.append(script)
          return Boolean(window.smuggled)
        }"""
    )

    assert not ran
    assert here.violations()
