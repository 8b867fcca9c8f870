"""
The sink's HTTP surface, as SDKs and browsers meet it.
"""

import gzip
import json
import socket
import uuid

import brotli
import httpx
import pytest
from crashctl.waiting import wait_for

KEY = "0123456789abcdef" * 2
MIB = 1024 * 1024
GZIP = {"Content_Encoding": "gzip"}
REFUSED = {
    "nothing": (lambda: b"", {}, 400, "malformed:empty"),
    "no envelope": (lambda: b"not json", {}, 400, "malformed:invalid_json"),
    "cut off": (lambda: b'{}\n{"type":"event","length":900}\n{}', {}, 400, "malformed:truncated"),
    "no event": (lambda: b'{}\n{"type":"event"}\n[1]', {}, 400, "malformed:not_an_object"),
    "not packed": (lambda: b"plain", GZIP, 400, "malformed:encoding"),
    "packed otherwise": (lambda: b"{}", {"Content_Encoding": "zstd"}, 400, "malformed:encoding"),
    "a large event": (lambda: b'{}\n{"type":"event"}\n{"a":"' + b"x" * MIB + b'"}', {}, 413, "too_large:event"),
    "a large body": (lambda: b'{}\n{"type":"attachment"}\n' + b"x" * (20 * MIB), {}, 413, "too_large:body"),
    "a bomb": (lambda: gzip.compress(bytes(101 * MIB), 1), GZIP, 413, "too_large:envelope"),
}
ORDERS = {"413": 413, "503": 503, "429": 429, "drop": None}


@pytest.mark.parametrize(
    ("pack", "headers"),
    [
        (bytes, {}),
        (gzip.compress, {"Content_Encoding": "gzip"}),
        (brotli.compress, {"Content_Encoding": "br"}),
        (bytes, {"Content_Type": "text/plain;charset=UTF-8"}),
    ],
)
def test_an_envelope_is_kept_before_it_is_answered(sink, event, pack, headers):
    """
    However it is packed, with or without content type: the answer carries its id, and at once it can be asked for.
    """
    event_id = uuid.uuid4().hex
    raw = event(event_id)

    answer = sink.post(pack(raw), **headers)

    assert (200, {"id": event_id}) == (answer.status_code, answer.json())
    found = sink.get(f"/api/v1/events/{event_id}")
    assert "hi" == found["payload"]["message"]
    assert raw == sink.http.get(f"{sink.url}/api/v1/envelopes/{found['envelope_id']}").content


def test_a_body_may_come_in_chunks(sink, event):
    """
    The Node SDK packs while it sends, and knows no length beforehand.
    """
    packed = gzip.compress(event())

    answer = sink.post(iter([packed[:20], packed[20:]]), Content_Encoding="gzip")

    assert "chunked" == answer.request.headers["Transfer-Encoding"]
    assert 200 == answer.status_code
    assert {"event": 1} == sink.accounts()["received"]


@pytest.mark.parametrize("where", ["header", "query", "dsn"])
def test_the_key_may_come_three_ways(sink, where):
    """
    Header (SDKs), query (browsers) and DSN in the envelope's header (tunnels) are accepted; a wrong key is not.
    """
    for key, status in ((KEY, 200), ("f" * 32, 403)):
        header = {"dsn": f"http://{key}@sink/2"} if where == "dsn" else {}
        url = f"{sink.url}/api/2/envelope" + (f"?sentry_key={key}" if where == "query" else "")
        auth = {"X-Sentry-Auth": f"Sentry sentry_key={key}"} if where == "header" else {}

        answer = sink.http.post(url, content=json.dumps(header) + '\n{"type":"session"}\n{}', headers=auth)

        assert status == answer.status_code

    assert 401 == sink.http.post(f"{sink.url}/api/2/envelope/", content="{}\n").status_code
    assert {"unknown_key": 1, "no_key": 1} == sink.accounts()["rejected"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_is_answered_and_counted(sink, name):
    """
    Malformed and oversized requests get the status that Sentry gives, a reason in JSON, and a place in the accounts.
    """
    body, headers, status, reason = REFUSED[name]

    answer = sink.post(body(), **headers)

    assert (status, reason) == (answer.status_code, answer.json()["reason"])
    assert answer.json()["detail"]
    assert {reason: 1} == sink.accounts()["rejected"]
    assert {} == sink.accounts()["received"]


def test_a_large_envelope_is_taken_within_the_limits(sink):
    """
    60 MiB that arrive packed are stored whole, and small ones after it as well.
    """
    raw = b'{}\n{"type":"attachment"}\n' + b"core" * (15 * MIB)

    assert 200 == sink.post(gzip.compress(raw, 1), Content_Encoding="gzip").status_code

    (only,) = sink.get("/api/v1/events")["items"]
    assert len(raw) - len(b'{}\n{"type":"attachment"}\n') == only["size_bytes"]


def test_memory_is_small_and_given_back(sink, event):
    """
    Idle it takes at most 80 MiB, and after an envelope of 60 MiB it comes back to nearly that.
    """

    def resident_mib() -> float:
        text = sink.http.get(f"{sink.url}/metrics").text
        (line,) = [line for line in text.splitlines() if line.startswith("process_resident_memory_bytes ")]
        return float(line.split()[1]) / MIB

    sink.post(event())
    assert resident_mib() <= 80

    sink.post(gzip.compress(b'{}\n{"type":"attachment"}\n' + b"core" * (15 * MIB), 1), Content_Encoding="gzip")
    wait_for(lambda: resident_mib() <= 100, 10, "the memory of a large envelope to be given back")


def test_the_old_store_endpoint_still_works(sink):
    """
    One bare event, as tools without an SDK send it.
    """
    event_id = uuid.uuid4().hex

    answer = sink.http.post(f"{sink.url}/api/2/store/?sentry_key={KEY}", json={"event_id": event_id, "message": "old"})

    assert {"id": event_id} == answer.json()
    assert "old" == sink.get(f"/api/v1/events/{event_id}")["title"]


def test_a_browser_may_send_from_any_page(sink, event):
    """
    The preflight allows the SDK's headers, the answer can be read, and refusals too.
    """
    asked = {"Origin": "http://casino.example.com", "Access-Control-Request-Method": "POST"}

    preflight = sink.http.options(f"{sink.url}/api/5/envelope/", headers=asked)
    answer = sink.http.post(f"{sink.url}/api/5/envelope/?sentry_key={KEY}", content=event(), headers=asked)
    refusal = sink.http.post(f"{sink.url}/api/5/envelope/?sentry_key=no", content=event(), headers=asked)

    assert ["*"] * 3 == [each.headers["Access-Control-Allow-Origin"] for each in (preflight, answer, refusal)]
    assert "X-Sentry-Auth" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in sink.http.get(f"{sink.url}/api/v1/accounts").headers


def test_a_body_that_breaks_off_is_counted(sink):
    """
    A sender that dies in the middle leaves no half envelope, only a count.
    """
    with socket.create_connection(("127.0.0.1", sink.port)) as connection:
        head = f"POST /api/2/envelope/?sentry_key={KEY} HTTP/1.1\r\nHost: sink\r\nContent-Length: 500\r\n\r\n"
        connection.sendall(head.encode() + b'{}\n{"type":"event"}\n{')

    wait_for(lambda: sink.accounts()["rejected"], 10, "the rejection to be counted")
    assert {"body_incomplete": 1} == sink.accounts()["rejected"]
    assert {} == sink.accounts()["received"]


@pytest.mark.parametrize("query", ["limit=ten", "since_seq=-1", "srvice=gateway", f"limit={'9' * 40}"])
def test_a_question_with_a_mistake_is_told_so(sink, query):
    """
    A typo in a filter is a 400 that lists the filters, not an answer to another question.
    """
    answer = sink.http.get(f"{sink.url}/api/v1/events?{query}")

    assert 400 == answer.status_code
    assert "application/problem+json" == answer.headers["Content-Type"].split(";")[0]


def test_what_is_not_there_is_a_404(sink):
    """
    Unknown events and envelopes are 404; an unknown trace is an empty list.
    """
    assert 404 == sink.http.get(f"{sink.url}/api/v1/events/{'0' * 32}").status_code
    assert 404 == sink.http.get(f"{sink.url}/api/v1/envelopes/nope").status_code
    assert [] == sink.get(f"/api/v1/traces/{'0' * 32}")["items"]


@pytest.mark.parametrize("mode", ORDERS)
def test_it_misbehaves_as_told_and_counts_that(sink, event, mode):
    """
    The next request meets the order, the one after does not; reading is never touched.
    """
    status = ORDERS[mode]
    sink.misbehave(mode=mode, count=1)

    if status is None:
        with pytest.raises(httpx.TransportError):
            sink.post(event())
    else:
        assert status == sink.post(event()).status_code

    assert 200 == sink.post(event()).status_code
    assert {f"misbehaviour:{mode}": 1} == sink.accounts()["rejected"]
    assert {"event": 1} == sink.accounts()["received"]


def test_it_is_slow_as_told(sink, event):
    """
    A slow answer takes as long as it was told, and the envelope is kept.
    """
    sink.misbehave(mode="slow", ms=300, count=1)

    assert sink.post(event()).elapsed.total_seconds() >= 0.3
    assert {"event": 1} == sink.accounts()["received"]


def test_misbehaviour_needs_the_token(sink, event):
    """
    Without the token an order is a 401, a nonsensical one a 400, and everything goes on.
    """
    url = f"{sink.url}/api/v1/misbehaviour"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        assert 401 == sink.http.put(url, json={"mode": "503"}, headers=headers).status_code
        assert 401 == sink.http.delete(url, headers=headers).status_code
    good = {"Authorization": "Bearer token-of-the-tests"}
    assert 400 == sink.http.put(url, json={"mode": "explode"}, headers=good).status_code
    assert {"mode": "none"} == sink.http.delete(url, headers=good).json()
    assert 200 == sink.post(event()).status_code


def test_no_log_line_holds_a_secret(sink, event):
    """
    Keys and tokens stay out of the log, whatever is refused.
    """
    sink.post(event())
    sink.http.post(f"{sink.url}/api/2/envelope/?sentry_key={KEY}", content="nonsense")
    sink.http.put(f"{sink.url}/api/v1/misbehaviour", headers={"Authorization": "Bearer wrong"})
    sink.end()

    text = json.dumps(sink.lines())

    assert KEY not in text
    assert "token-of-the-tests" not in text


def test_metrics_tell_the_accounts(sink, event):
    """
    Prometheus sees what came and what was refused.
    """
    sink.post(event())
    sink.post(b"")

    refused = 'event_sink_rejected_total{reason="malformed:empty",service=""} 1.0'
    wait_for(lambda: refused in sink.http.get(f"{sink.url}/metrics").text, 20, "the refusal")

    text = sink.http.get(f"{sink.url}/metrics").text
    assert 'event_sink_received_total{item_type="event",service="project-2"} 1.0' in text
