"""
Pages of other origins, and a gateway that hands out no pass: three services as processes, told what no demo is told.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from crashctl.proof.links import Wanted
from crashctl.proof.release import TOKEN
from playwright.sync_api import expect

from .casino import DIST, ROOT, Casino, running
from .site import Site

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

CRASH = "game-engine/crash"
SENT = ("authorization", "baggage", "content-type", "sentry-trace", "x-crash-run")
# What a host of its own tells the page; the gateway tells it to the page that it serves itself.
TOLD = (
    '{"release":"elsewhere","environment":"integration","sample_rate":0,"ingest":"/api/v1/envelopes",'
    '"faults":{"enabled":true,"pass":"offered"},"links":{"issues":null,"traces":null}}'
)


@dataclass(frozen=True)
class Homes:
    """Two homes of one page, and the gateway that both call: it lists one of them."""

    listed: str
    stranger: str
    site: Site


@contextmanager
def serving(gateway: str) -> Iterator[str]:
    """Serve the page's folder from an origin of its own, with the address of the gateway in it."""

    class Page(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/":
                super().do_GET()
                return
            text = (DIST / "index.html").read_text()
            text = text.replace('<meta name="gateway" content="">', f'<meta name="gateway" content="{gateway}">')
            body = text.replace('id="settings">{}<', f'id="settings">{TOLD}<').encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Page, directory=str(DIST)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    casino = Casino(tmp_path_factory.mktemp("listing"), root=ROOT)
    gateway = casino.url("gateway")
    with serving(gateway) as listed, serving(gateway) as stranger:
        casino.changes = {"CORS_ORIGINS": listed}
        with running(casino), httpx.Client(base_url=casino.url("event-sink")) as sink:
            yield Homes(listed, stranger, Site(gateway, sink, TOKEN))


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A gateway that hands out no pass, as production values have it."""
    casino = Casino(tmp_path_factory.mktemp("asking"), changes={"FAULT_PASS_S": "0"}, root=ROOT)
    with running(casino), httpx.Client(base_url=casino.url("event-sink")) as sink:
        yield Site(casino.url("gateway"), sink, TOKEN)


def preflight(url, origin, path="/api/v1/game-engine/debug/crash", method="POST"):
    headers = {
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(SENT),
    }  # fmt: skip
    return httpx.options(f"{url}{path}", headers=headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/game-engine/debug/crash"),
        ("POST", "/api/v1/game-engine/spin"),
        ("POST", "/api/v1/envelopes"),
        ("POST", "/api/v1/fault-pass"),
        ("DELETE", "/api/v1/faults"),
    ],
)
def test_a_preflight_of_a_listed_origin_allows_what_the_page_sends(homes, method, path):
    """
    Every request that the page makes with its headers is allowed to the origin that is listed, and to no other.
    """
    allowed, refused = (
        preflight(homes.site.url, homes.listed, path, method),
        preflight(homes.site.url, homes.stranger, path, method),
    )

    assert homes.listed == allowed.headers["access-control-allow-origin"]
    assert method in allowed.headers["access-control-allow-methods"]
    assert set(SENT) <= {name.strip() for name in allowed.headers["access-control-allow-headers"].lower().split(",")}
    assert "access-control-allow-origin" not in refused.headers


def test_a_page_of_a_listed_origin_fires_on_one_trace(homes, visit):
    """
    From elsewhere a press is as at home: the card is captured, and the trace is one tree from the page on.
    """
    here = visit(f"{homes.listed}/")
    here.page.goto(here.url)

    card = here.panel.open().fire(CRASH)

    card.is_captured(30)
    assert [] == homes.site.broken(Wanted(card.trace_id, ("gateway", "game-engine")))


def test_a_page_of_another_origin_gets_nothing(homes, visit):
    """
    The browser keeps every answer from a page whose origin is not listed, so it can neither read nor fire.
    """
    here = visit(f"{homes.stranger}/")
    here.page.goto(here.url)
    ask = """([url, method]) => fetch(url, {method, headers: {'x-crash-run': 'stranger-1'}})
      .then(answer => answer.status, error => error.name)"""

    read = here.page.evaluate(ask, [f"{homes.site.url}/api/v1/catalog", "GET"])
    fired = here.page.evaluate(ask, [f"{homes.site.url}/api/v1/game-engine/debug/crash", "POST"])
    passed = httpx.post(f"{homes.site.url}/api/v1/fault-pass", headers={"Origin": homes.stranger})

    assert ("TypeError", "TypeError") == (read, fired)
    assert 403 == passed.status_code


def test_where_no_pass_is_handed_out_the_panel_asks_for_the_token(asking, visit):
    """
    Production values hand out nothing: without the token a press is refused and says where to put it; with it, the
    same press is captured.
    """
    here = visit(asking.url)
    here.page.goto(here.url)
    panel = here.panel.open()
    expect(here.page.locator("#fault-token")).to_be_visible()

    panel.fire(CRASH).reaches("refused", within_s=20)
    card = panel.open(token=asking.token).fire(CRASH)

    card.is_captured(30)
    assert 403 == httpx.post(f"{asking.url}/api/v1/fault-pass", headers={"Origin": asking.url}).status_code
