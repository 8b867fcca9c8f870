"""
Passes to the faults: who gets one, what it opens, and when it is over.
"""

import hashlib
import hmac
import time

import pytest
from crashctl.waiting import wait_for

TOKEN = "the-fault-token"
CRASH = "/api/v1/game-engine/debug/crash"
PROBLEM = "urn:crash-demo:problem:"
DEMO = {"FAULT_PASS_S": "900", "CORS_ORIGINS": "https://demo.example.com"}


def own(gateway):
    return {"Origin": f"http://127.0.0.1:{gateway.port}"}


def handed_out(gateway):
    answer = gateway.ask("/api/v1/fault-pass", "POST", own(gateway))
    assert 200 == answer.status, answer.body
    return answer.json["token"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def signed(expiry, token=TOKEN):
    text = f"pass.{expiry}.{'0' * 32}"
    return f"{text}.{hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()}"


@pytest.fixture(scope="module")
def demo(start_lasting):
    return start_lasting(**DEMO)


def test_a_visitor_of_the_demonstration_is_given_a_pass(demo):
    """
    The page gets a pass of its own each time, for the seconds that the release says, and nobody keeps the answer.
    """
    first, second = (demo.ask("/api/v1/fault-pass", "POST", own(demo)) for _ in range(2))

    kind, expiry, nonce, mac = first.json["token"].split(".")
    assert (900, "no-store") == (first.json["expires_in_s"], first.headers["cache-control"])
    assert ("pass", 32, 64) == (kind, len(nonce), len(mac))
    assert 800 < int(expiry) - time.time() <= 900
    assert first.json["token"] != second.json["token"]
    assert TOKEN not in first.body.decode()


def test_a_pass_fires_and_stops(demo, service):
    """
    Wherever the gateway wants the token a pass will do, and the service sees the gateway's token only.
    """
    given = bearer(handed_out(demo))

    fired = demo.ask(CRASH, "POST", given)
    stopped = demo.ask("/api/v1/faults", "DELETE", given)

    assert (200, 200) == (fired.status, stopped.status)
    assert [("POST", "/debug/crash"), ("DELETE", "/debug/faults")] == [(s.method, s.target) for s in service.seen]
    assert [[f"Bearer {TOKEN}"]] * 2 == [seen.header("authorization") for seen in service.seen]


def test_a_pass_reaches_no_service_by_another_path(demo, service):
    """
    Sent along with a request that is no fault, a pass ends at the gateway.
    """
    demo.ask("/api/v1/game-engine/spin", headers=bearer(handed_out(demo)))

    (seen,) = service.seen
    assert [] == seen.header("authorization")


@pytest.mark.parametrize(
    "given",
    [
        signed(9999999999, token="another-token"),
        signed(9999999999)[:-1] + "g",
        signed(9999999999).replace("9999999999", "9999999998"),
        signed(9999999999).rpartition(".")[0],
        signed(9999999999) + ".x",
        signed(9999999999).upper(),
        signed(9999999999).replace("pass", "Pass"),
        signed("٣"),
        signed("-1"),
        signed("1e9"),
        signed(" 9999999999"),
        "pass...",
        f"pass.9999999999.{'0' * 32}.{'0' * 64}",
    ],
)
def test_a_forged_pass_opens_nothing(demo, service, given):
    """
    What was made without the token, or changed since, is another token: 401, and no service is asked.
    """
    headers = {"Authorization": f"Bearer {given}".encode()}

    fired, stopped = demo.ask(CRASH, "POST", headers), demo.ask("/api/v1/faults", "DELETE", headers)

    assert [(401, PROBLEM + "fault-token")] * 2 == [(a.status, a.json["type"]) for a in (fired, stopped)]
    assert [] == service.seen


def test_a_pass_is_made_as_the_document_says(demo, service):
    """
    Any gateway with the token takes the pass of another: it is the text's mac, made with the token.
    """
    assert 200 == demo.ask(CRASH, "POST", bearer(signed(int(time.time()) + 60))).status


def test_a_pass_is_over_with_its_time(start, service):
    """
    After its seconds a pass opens nothing, and the refusal says what it was, so that the page asks for the next.
    """
    gateway = start(FAULT_PASS_S="1")
    given = bearer(handed_out(gateway))

    wait_for(lambda: gateway.ask("/api/v1/faults", "DELETE", given).status == 401, 10, "the end of the pass")
    fired = gateway.ask(CRASH, "POST", given)

    assert (401, PROBLEM + "pass-expired") == (fired.status, fired.json["type"])
    assert "/api/v1/fault-pass" in fired.json["detail"]
    assert "Bearer" in fired.headers["www-authenticate"]
    assert "/debug/crash" not in [seen.target for seen in service.seen]
    assert 200 == gateway.ask(CRASH, "POST", bearer(handed_out(gateway))).status


@pytest.mark.parametrize(
    ("told", "said", "refused"),
    [
        ({"FAULT_PASS_S": "0"}, "fault token", 401),
        ({"FAULT_PASS_S": "900", "FAULTS_ENABLED": "false"}, "switched off", 403),
    ],
)
def test_where_none_is_handed_out_none_is_taken(start, service, told, said, refused):
    """
    Production hands out no pass and says where the token goes; a pass from elsewhere, made with the token, is refused.
    """
    gateway = start(**told)

    asked = gateway.ask("/api/v1/fault-pass", "POST", own(gateway))
    fired = gateway.ask(CRASH, "POST", bearer(signed(9999999999)))

    assert (403, PROBLEM + "no-pass") == (asked.status, asked.json["type"])
    assert said in asked.json["detail"]
    assert refused == fired.status
    assert "asked" == gateway.ask("/api/v1/catalog").json["faults"]["pass"]
    assert [] == service.seen


def test_the_catalogue_says_that_one_is_offered(demo):
    """
    The panel knows before it asks whether it must ask the visitor for the token.
    """
    assert "offered" == demo.ask("/api/v1/catalog").json["faults"]["pass"]


@pytest.mark.parametrize(
    ("origin", "more", "status"),
    [
        ("http://{host}", {}, 200),
        ("http://{host}", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("https://demo.example.com", {"Sec-Fetch-Site": "cross-site"}, 200),
        ("https://casino.example.com", {"X-Forwarded-Host": "casino.example.com"}, 200),
        ("https://casino.example.com", {"Host": "Casino.example.com:443"}, 200),
        ("http://{host}", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("http://{host}", {"Sec-Fetch-Site": "same-site"}, 403),
        ("http://{host}", {"Sec-Fetch-Site": "none"}, 403),
        ("https://evil.example.com", {}, 403),
        ("https://evil.example.com", {"Sec-Fetch-Site": "same-origin"}, 403),
        ("https://demo.example.com.evil.example", {}, 403),
        ("http://demo.example.com", {}, 403),
        ("http://127.0.0.1", {}, 403),
        ("http://{host}@evil.example.com", {}, 403),
        ("http://{host}/", {}, 403),
        ("file://{host}", {}, 403),
        ("null", {}, 403),
        ("", {"Host": ""}, 403),
        (None, {}, 403),
        (None, {"Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_only_a_page_of_ours_gets_one(demo, origin, more, status):
    """
    A browser says which page asks: our own address or a listed origin gets a pass, any other site gets none.
    """
    given = {} if origin is None else {"Origin": origin.format(host=f"127.0.0.1:{demo.port}")}

    answer = demo.ask("/api/v1/fault-pass", "POST", {**given, **more})

    assert status == answer.status, answer.body
    assert ("token" in answer.json) == (status == 200)


def test_a_page_of_another_host_may_ask_and_read(demo):
    """
    Where the page is served from elsewhere the browser's question and the answer let it; a stranger's are bare.
    """
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    listed = {"Origin": "https://demo.example.com"}

    preflights = [
        demo.ask(path, "OPTIONS", {**listed, **asked}) for path in ("/api/v1/fault-pass", "/api/v1/envelopes")
    ]
    answer = demo.ask("/api/v1/fault-pass", "POST", listed)
    stranger = demo.ask("/api/v1/envelopes", "OPTIONS", {"Origin": "https://evil.example.com", **asked})

    for preflight in preflights:
        assert (204, listed["Origin"]) == (preflight.status, preflight.headers["access-control-allow-origin"])
        assert "DELETE" in preflight.headers["access-control-allow-methods"]
    assert listed["Origin"] == answer.headers["access-control-allow-origin"]
    assert "x-trace-id" in answer.headers["access-control-expose-headers"]
    assert (405, None) == (stranger.status, stranger.headers["access-control-allow-origin"])


def test_no_pass_is_in_what_is_reported(start, sentry, service, trace_id):
    """
    A pass, and the token behind it, stand in no envelope, also when what it fired fails.
    """
    gateway = start(FAULT_PASS_S="900", SENTRY_DSN=sentry.dsn)
    given = handed_out(gateway)

    gateway.ask("/api/v1/gateway/debug/crash", "POST", {**bearer(given), "sentry-trace": f"{trace_id}-{'b' * 16}-1"})
    sentry.only_event(trace_id)

    assert [] == [raw for raw in sentry.raw if given.encode() in raw or given[-64:].encode() in raw]
    assert [] == [raw for raw in sentry.raw if TOKEN.encode() in raw]


def test_passes_are_counted_and_taken_by_post_only(start):
    """
    Metrics tell how many were handed out; another method is refused.
    """
    gateway = start(**DEMO)
    handed_out(gateway)
    refused = gateway.ask("/api/v1/fault-pass", "GET", own(gateway))

    assert (405, "POST") == (refused.status, refused.headers["allow"])
    assert "crash_demo_gateway_fault_passes_total 1.0" in gateway.ask("/metrics").body.decode().splitlines()
