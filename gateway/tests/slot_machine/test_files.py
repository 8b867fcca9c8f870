"""
The page and its files, as a browser and as others ask for them.
"""

import gzip
import json
import re

import pytest

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SETTINGS = re.compile(r'<script type="application/json" id="settings">(.*?)</script>', re.DOTALL)


def settings_of(answer):
    (text,) = SETTINGS.findall(answer.body.decode())
    return json.loads(text)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json, Text/HTML ; q=0.1", "text/html; charset=utf-8"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("text/html;q=0.000", "application/json"),
        (None, "application/json"),
    ],
)
def test_a_browser_gets_the_page_and_curl_the_index(start, page, accept, media_type):
    """
    Who asks for HTML by its name gets the page; anybody else what there was before it; caches are told.
    """
    answer = start(PAGE_DIR=str(page)).ask("/", headers={"Accept": accept} if accept else {})

    assert (200, media_type) == (answer.status, answer.headers["content-type"])
    assert "accept" in ", ".join(answer.headers.get_all("vary")).split(", ")


def test_without_a_page_everybody_gets_the_index(gateway):
    """
    A gateway without a page answers a browser with JSON, and has no files.
    """
    answer, asset = gateway.ask("/", headers=BROWSER), gateway.ask("/assets/main.js")

    assert ("application/json", 404) == (answer.headers["content-type"], asset.status)


def test_the_page_may_load_from_its_own_address_only(start, page):
    """
    The policy names nothing but the page's own address, nobody may frame it, and no type is guessed.
    """
    headers = start(PAGE_DIR=str(page)).ask("/", headers=BROWSER).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert ("'none'", "'self'", "'self'", "'self'", "'none'") == tuple(
        policy[name] for name in ("default-src", "script-src", "style-src", "connect-src", "frame-ancestors")
    )
    assert "unsafe" not in headers["content-security-policy"]
    assert ("nosniff", "same-origin") == (headers["x-content-type-options"], headers["referrer-policy"])
    assert "microphone=()" in headers["permissions-policy"]


def test_the_page_knows_what_the_release_is(start, page):
    """
    Release, sampling, ways and links stand in the page, so that it asks nobody before it begins.
    """
    told = start(
        PAGE_DIR=str(page), PAGE_DSN="http://0123@127.0.0.1:9/5", PAGE_ISSUES_URL="http://localhost:8091",
        SENTRY_RELEASE="crash-demo@7", SENTRY_ENVIRONMENT="demo", TRACES_SAMPLE_RATE="0.25", FAULT_PASS_S="900",
    )  # fmt: skip

    assert {
        "release": "crash-demo@7",
        "environment": "demo",
        "sample_rate": 0.25,
        "ingest": "/api/v1/envelopes",
        "faults": {"enabled": True, "pass": "offered"},
        "links": {"issues": "http://localhost:8091", "traces": None},
    } == settings_of(told.ask("/", headers=BROWSER))


def test_the_page_of_a_release_without_faults_or_sink_says_so(start, page):
    """
    With nothing to send to and nothing to fire the page is told that, and works.
    """
    told = settings_of(start(PAGE_DIR=str(page), FAULTS_ENABLED="false", FAULT_PASS_S="900").ask("/", headers=BROWSER))

    assert (None, {"enabled": False, "pass": "asked"}) == (told["ingest"], told["faults"])


def test_no_setting_can_leave_its_place(start, page):
    """
    A value with markup stays a value: it ends no element and begins none.
    """
    nasty = "</script><script>alert(1)</script><!--<script>"
    answer = start(PAGE_DIR=str(page), SENTRY_ENVIRONMENT=nasty).ask("/", headers=BROWSER)

    assert nasty == settings_of(answer)["environment"]
    assert b"alert(1)</script>" not in answer.body
    assert 2 == answer.body.count(b"<script")


def test_no_secret_is_in_the_page(start, page):
    """
    Neither the fault token nor the sink's key is in anything that an anonymous visitor is given.
    """
    gateway = start(PAGE_DIR=str(page), PAGE_DSN=f"http://{'c0ffee' * 5}@127.0.0.1:9/5", FAULT_PASS_S="900")

    seen = [gateway.ask(path, headers=BROWSER).body for path in ("/", "/assets/main.js", "/api/v1/catalog")]

    assert [] == [body for body in seen if b"the-fault-token" in body or b"c0ffee" in body]


@pytest.mark.parametrize(
    ("path", "media_type", "packed"),
    [
        ("/assets/main.js", "text/javascript; charset=utf-8", True),
        ("/assets/styles/tokens.css", "text/css; charset=utf-8", True),
        ("/assets/icon.svg", "image/svg+xml", False),
        ("/assets/cherry.png", "image/png", False),
    ],
)
def test_a_file_is_sent_as_its_reader_can_take_it(start, page, path, media_type, packed):
    """
    A file comes with its type, packed where that is worth it and asked for, and is whole either way.
    """
    gateway = start(PAGE_DIR=str(page))
    plain = gateway.ask(path)
    zipped = gateway.ask(path, headers={"Accept-Encoding": "br, gzip"})

    content = (page / path[1:]).read_bytes()
    assert (200, media_type, content) == (plain.status, plain.headers["content-type"], plain.body)
    assert "nosniff" == plain.headers["x-content-type-options"]
    assert packed == (zipped.headers["content-encoding"] == "gzip")
    assert content == (gzip.decompress(zipped.body) if packed else zipped.body)
    assert not packed or len(zipped.body) < len(content) / 2


def test_a_file_that_the_reader_has_is_not_sent_again(start, page):
    """
    A browser asks each time, and gets a file anew only when it is another one.
    """
    gateway = start(PAGE_DIR=str(page))
    first = gateway.ask("/assets/main.js")
    zipped = gateway.ask("/assets/main.js", headers={"Accept-Encoding": "gzip"})

    same = gateway.ask("/assets/main.js", headers={"If-None-Match": first.headers["etag"]})
    other = gateway.ask("/assets/main.js", headers={"If-None-Match": zipped.headers["etag"]})
    of_page = gateway.ask("/", headers={**BROWSER, "If-None-Match": gateway.ask("/", headers=BROWSER).headers["etag"]})

    assert "no-cache" == first.headers["cache-control"]
    assert (304, b"", 200, 304) == (same.status, same.body, other.status, of_page.status)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/none.js",
        "/assets/../index.html",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets//main.js",
        "/assets/main.js/",
        "/assets/main.js%00.png",
        "/assets//etc/passwd",
    ],
)
def test_what_is_no_file_of_the_page_is_404(start, page, path):
    """
    However a path is spelled, it leads to a file of the page or nowhere.
    """
    answer = start(PAGE_DIR=str(page)).ask(path)

    assert (404, "urn:crash-demo:problem:unknown-asset") == (answer.status, answer.json["type"])


def test_a_file_is_only_read(start, page):
    """
    Another method than GET and HEAD is refused; HEAD has the head of GET.
    """
    gateway = start(PAGE_DIR=str(page))
    posted, head, got = (gateway.ask("/assets/main.js", method) for method in ("POST", "HEAD", "GET"))

    assert (405, "GET, HEAD") == (posted.status, posted.headers["allow"])
    assert (200, b"") == (head.status, head.body)
    assert head.headers["content-length"] == got.headers["content-length"]


def test_files_are_in_no_trace(start, page, sentry, trace_id):
    """
    A page load does not fill a trace with its files, whatever the browser asks for.
    """
    gateway = start(PAGE_DIR=str(page), SENTRY_DSN=sentry.dsn)
    sampled = {"sentry-trace": f"{trace_id}-{'b' * 16}-1"}

    gateway.ask("/assets/main.js", headers=sampled)
    gateway.ask(f"/api/v1/firings/{trace_id}", headers=sampled)
    gateway.ask("/api/v1/catalog", headers=sampled)

    assert "GET /api/v1/catalog" == sentry.only(trace_id, "transaction")["transaction"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda page: (page / "index.html").unlink(), "index.html cannot be read"),
        (lambda page: (page / "index.html").write_text("<!doctype html>"), "once; found 0"),
        (lambda page: (page / "assets/key.txt").symlink_to(page.parent / "secret.txt"), "leads out of"),
    ],
)
def test_a_page_that_cannot_be_served_stops_the_start(start, page, damage, said):
    """
    A folder that is no page, or that leads out of itself, is one line that says so and what to do.
    """
    damage(page)

    with pytest.raises(AssertionError) as ended:
        start(PAGE_DIR=str(page))

    (line,) = str(ended.value).splitlines()
    assert "PAGE_DIR" in line
    assert said in line
