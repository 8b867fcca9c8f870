"""
The page's envelopes on their way to a real event sink.
"""

import gzip
import secrets
import socket
import threading

import pytest
from crashctl.proof.release import INGEST_KEY
from crashctl.waiting import wait_for

MIB = 1024 * 1024
PROBLEM = "urn:crash-demo:problem:"
ORIGIN = "https://demo.example.com"


def test_an_envelope_of_the_page_is_in_the_sink(casino, envelope, trace_id):
    """
    What the page sends is answered when the sink has stored it, under the page's project, and only once.
    """
    answer = casino.send(envelope(trace_id))

    (item,) = casino.kept(trace_id)
    assert (200, item["event_id"]) == (answer.status_code, answer.json()["id"])
    assert (5, "slot-machine", "TypeError") == (item["project_id"], item["service"], item["exception_type"])
    assert "no-store" == answer.headers["cache-control"]


@pytest.mark.parametrize("header", [{}, {"dsn": None}, {"dsn": "http://page@attacker.invalid:1/5"}])
def test_where_it_goes_is_not_the_senders_choice(casino, envelope, trace_id, header):
    """
    Without a DSN, or with one of the page's project at any other host, an envelope goes to the release's sink.
    """
    answer = casino.send(envelope(trace_id, header))

    assert 200 == answer.status_code, answer.text
    assert [5] == [item["project_id"] for item in casino.kept(trace_id)]


@pytest.mark.parametrize(
    ("dsn", "kind"),
    [
        ("http://page@127.0.0.1/3", "envelope-dsn"),
        ("http://page@127.0.0.1/5/1", "envelope-dsn"),
        ("http://page@127.0.0.1/55", "envelope-dsn"),
        ("http://127.0.0.1/5", "envelope-dsn"),
        ("http://page@[/5", "envelope-dsn"),
        ("http://page@127.0.0.1:99999/5", "envelope-dsn"),
        ("javascript:5", "envelope-dsn"),
        ("", "envelope-dsn"),
        (5, "envelope-dsn"),
        ({"project": 5}, "envelope-dsn"),
    ],
)
def test_an_envelope_of_another_project_is_refused(casino, envelope, trace_id, dsn, kind):
    """
    Nobody files events with another project through the page's door.
    """
    answer = casino.send(envelope(trace_id, {"dsn": dsn}))

    assert (400, PROBLEM + kind) == (answer.status_code, answer.json()["type"])
    assert [] == casino.kept(trace_id)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"no json\n{}",
        b"[]\n{}\n{}",
        b"5",
        b"\xff\xfe\n",
        b"[" * 10_000,
        b'{"a":"' + b"x" * 20_000 + b'"}\n',
    ],
    ids=["empty", "blank", "text", "array", "number", "bytes", "deep", "long"],
)
def test_what_is_no_envelope_is_refused(casino, body):
    """
    Whatever is no envelope is 400 with the reason, and the gateway goes on.
    """
    answer = casino.send(body)

    assert (400, PROBLEM + "envelope") == (answer.status_code, answer.json()["type"])
    assert 200 == casino.ask("GET", "/healthz/live").status_code


def test_what_the_sink_refuses_is_refused_with_its_reason(casino, trace_id):
    """
    An envelope whose first line is right and whose rest is none is answered as the sink answers it.
    """
    answer = casino.send(b'{"dsn":"http://page@127.0.0.1/5"}\n{"type":"event","length":5}\nnot j')

    assert (400, PROBLEM + "sink-refused") == (answer.status_code, answer.json()["type"])
    assert "The event sink answered 400: " in answer.json()["detail"]
    assert INGEST_KEY not in answer.text


def test_an_envelope_may_have_one_mebibyte(casino, envelope, trace_id):
    """
    A body of a MiB is taken whole; one byte more is 413, whether its length was said or not.
    """
    small = envelope(trace_id)
    whole = envelope(trace_id, pad="x" * (MIB - len(small) - 16))
    whole += b"\n" * (MIB - len(whole))

    taken, told = casino.send(whole), casino.send(whole + b"\n")
    untold = casino.ask("POST", "/api/v1/envelopes", content=iter([whole, b"\n"]))

    assert (MIB, 200, 413, 413) == (len(whole), taken.status_code, told.status_code, untold.status_code)
    assert PROBLEM + "body-too-large" == untold.json()["type"]
    assert 1 == len(casino.kept(trace_id))


def test_a_packed_envelope_is_refused(casino, envelope, trace_id):
    """
    A body that the gateway cannot read is not handed on unread.
    """
    answer = casino.send(gzip.compress(envelope(trace_id)), **{"Content-Encoding": "gzip"})

    assert (415, PROBLEM + "envelope-encoding") == (answer.status_code, answer.json()["type"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_only_pages_of_ours_send(casino, envelope, trace_id, headers, status):
    """
    A listed origin may send; any other site's page may not, and nothing of it reaches the sink.
    """
    answer = casino.send(envelope(trace_id), **headers)

    assert status == answer.status_code
    assert (status == 200) == bool(casino.kept(trace_id))


def test_a_sink_that_limits_does_not_silence_the_page(casino, envelope, trace_id):
    """
    The sink's status is answered, and none of the headers by which an SDK would hold everything back.
    """
    casino.misbehave(mode="429", categories=["error"], retry_after_s=3600, count=1)

    limited, after = casino.send(envelope(trace_id)), casino.send(envelope(trace_id))

    assert (429, 200) == (limited.status_code, after.status_code)
    assert [] == [name for name in limited.headers if name.lower() in {"retry-after", "x-sentry-rate-limits"}]


def test_a_sink_that_is_away_is_said(start, envelope, trace_id):
    """
    Nobody at the sink's address is 503 with the reason, and no wish to be left alone that would silence the page.
    """
    gateway = start(PAGE_DSN=f"http://{INGEST_KEY}@127.0.0.1:9/5")

    answer = gateway.ask(
        "/api/v1/envelopes", "POST", {"Origin": f"http://127.0.0.1:{gateway.port}"}, envelope(trace_id)
    )

    assert (503, PROBLEM + "sink-away") == (answer.status, answer.json["type"])
    assert None is answer.headers["retry-after"]
    assert INGEST_KEY not in answer.body.decode()


def test_a_page_that_sends_nothing_is_told_so(gateway, envelope, trace_id):
    """
    Without PAGE_DSN there is no way to the sink; the refusal names the setting.
    """
    own = {"Origin": f"http://127.0.0.1:{gateway.port}"}
    answer = gateway.ask("/api/v1/envelopes", "POST", own, envelope(trace_id))
    asked = gateway.ask("/api/v1/envelopes", "GET")

    assert (404, PROBLEM + "no-ingest") == (answer.status, answer.json["type"])
    assert "PAGE_DSN" in answer.json["detail"]
    assert (405, "POST") == (asked.status, asked.headers["allow"])


def test_pages_together_send_at_a_bounded_rate(start):
    """
    A flood is 429 with the time to wait, and after it there is room again.
    """
    gateway = start(PAGE_DSN=f"http://{INGEST_KEY}@127.0.0.1:9/3")
    host = f"127.0.0.1:{gateway.port}"
    lines = ["POST /api/v1/envelopes HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Content-Length: 2"]
    one, last = ("\r\n".join((*lines, *more, "", "{}"[:2])).encode() for more in ((), ("Connection: close",)))

    answers = _flood(gateway, one * 999 + last)

    assert {b"429", b"503"} == {answer[:3] for answer in answers}
    assert 100 <= sum(answer.startswith(b"503") for answer in answers) < 1000
    limited = next(answer for answer in answers if answer.startswith(b"429")).lower()
    assert b"retry-after: 1" in limited
    assert b"envelope-rate" in limited
    wait_for(lambda: b"429" not in gateway.raw(last).split(b"\r\n")[0], 10, "room for another envelope")


def _flood(gateway, requests):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
        sending = threading.Thread(target=connection.sendall, args=(requests,))
        sending.start()
        answered = b"".join(iter(lambda: connection.recv(65536), b""))
        sending.join()
    return answered.split(b"HTTP/1.1 ")[1:]


def test_envelopes_are_counted_and_in_no_trace(start, casino, envelope, sentry, trace_id):
    """
    Metrics tell what became of them; what carries traces is in none itself.
    """
    gateway = start(PAGE_DSN=f"http://{INGEST_KEY}@127.0.0.1:{casino.ports['event-sink']}/5", SENTRY_DSN=sentry.dsn)
    own = {"Origin": f"http://127.0.0.1:{gateway.port}", "sentry-trace": f"{trace_id}-{'b' * 16}-1"}

    for body in (envelope(secrets.token_hex(16)), b"nothing"):
        gateway.ask("/api/v1/envelopes", "POST", own, body)
    gateway.ask("/api/v1/catalog", headers=own)

    lines = gateway.ask("/metrics").body.decode().splitlines()
    assert {
        'crash_demo_gateway_page_envelopes_total{status="200"} 1.0',
        'crash_demo_gateway_page_envelopes_total{status="400"} 1.0',
    } <= set(lines)
    assert "GET /api/v1/catalog" == sentry.only(trace_id, "transaction")["transaction"]
