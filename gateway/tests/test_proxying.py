import json
import socket
import threading
from pathlib import Path

import pytest

PREFIX = "/api/v1/game-engine"


def _answer(handler, body, headers=()):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_every_method_reaches_the_service(gateway, service, method):
    """
    The service sees the caller's method, and the caller its answer.
    """
    answer = gateway.ask(f"{PREFIX}/spin", method)

    (seen,) = service.seen
    assert (method, "/spin") == (seen.method, seen.target)
    assert (200, b"" if method == "HEAD" else b"hello") == (answer.status, answer.body)


@pytest.mark.parametrize(
    "rest",
    ["/spin?a=1&a=%32&b&=+%20", "/a%2Fb/c%20d", "/caf%C3%A9;v=1", "/%E0%A4%A", "/?", "/spin?next=/../x", "/a..b/...c"],
)
def test_path_and_query_stay_as_they_were_spelled(gateway, service, rest):
    """
    Nothing of the target is decoded, encoded or sorted on its way; only an empty query loses its mark.
    """
    gateway.ask(PREFIX + rest)

    (seen,) = service.seen
    assert rest.removesuffix("?") == seen.target


@pytest.mark.parametrize("rest", ["/../secret", "/a/%2e%2E/b", "/a/..%2Fb", "/a/..\\b", "/./spin", "/%2e"])
def test_path_cannot_climb(gateway, service, rest):
    """
    A path that leads out of its prefix is refused, however it is spelled, and reaches nobody.
    """
    answer = gateway.raw(f"GET {PREFIX}{rest} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert [] == service.seen


def test_headers_of_one_hop_stay_there(gateway, service):
    """
    What belongs to the connection, and the caller's token, ends at the gateway; what is told beside it is added.
    """
    sent = {
        "Connection": "close, X-Private", "X-Private": "1", "Keep-Alive": "5", "TE": "trailers", "Upgrade": "h2c",
        "Proxy-Authorization": "Basic x", "Authorization": "Bearer mine", "Cookie": "a=b",
        "X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https", "Host": "casino.example.com", "X-Trace-Id": "abc",
        "X-Crash-Run": "me",
    }  # fmt: skip

    gateway.ask(f"{PREFIX}/spin", headers=sent)

    (seen,) = service.seen
    gone = [
        "connection",
        "x-private",
        "keep-alive",
        "te",
        "upgrade",
        "proxy-authorization",
        "authorization",
        "x-crash-run",
    ]
    assert [[]] * len(gone) == [seen.header(name) for name in gone]
    assert ["a=b"] == seen.header("cookie")
    assert [f"127.0.0.1:{service.port}"] == seen.header("host")
    assert ["casino.example.com"] == seen.header("x-forwarded-host")
    assert ["10.0.0.9, 127.0.0.1"] == seen.header("x-forwarded-for")
    assert ["https"] == seen.header("x-forwarded-proto")
    assert ["1.1 crash-demo-gateway"] == seen.header("via")


def test_headers_of_the_answer_come_back(gateway, service):
    """
    Repeated headers stay repeated, those of one hop are dropped, and the trace id is the gateway's.
    """
    fields = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Keep-Alive", "timeout=5"), ("X-Trace-Id", "theirs")]
    service.behaviours["/spin"] = lambda handler: _answer(handler, b"{}", fields)

    answer = gateway.ask(f"{PREFIX}/spin")

    assert ["a=1", "b=2"] == answer.headers.get_all("set-cookie")
    assert None is answer.headers["keep-alive"]
    assert 32 == len(answer.headers["x-trace-id"])
    assert ["1.1 crash-demo-gateway"] == answer.headers.get_all("via")


def test_answer_streams(gateway, service):
    """
    The first part of an answer is with the caller before the service has written the second.
    """
    go = threading.Event()

    def slowly(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"3\r\none\r\n")
        handler.wfile.flush()
        go.wait(10)
        handler.wfile.write(b"3\r\ntwo\r\n0\r\n\r\n")

    service.behaviours["/reels"] = slowly
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(f"GET {PREFIX}/reels HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        first = b""
        while b"one" not in first:
            first += caller.recv(65536)
        go.set()
        rest = b"".join(iter(lambda: caller.recv(65536), b""))

    assert b"two" not in first
    assert b"3\r\ntwo\r\n0\r\n\r\n" == rest


def test_request_streams(gateway, service):
    """
    The service reads the first part of a body before the caller has sent the second.
    """
    first_came = threading.Event()
    whole = []

    def reads(handler):
        whole.append(handler.rfile.read(5))
        first_came.set()
        whole.append(handler.rfile.read(5))
        _answer(handler, b"ok")

    reads.streams = True
    service.behaviours["/upload"] = reads
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(f"POST {PREFIX}/upload HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfirst".encode())
        came = first_came.wait(10)
        caller.sendall(b"later")
        answer = caller.recv(65536)

    assert came
    assert [b"first", b"later"] == whole
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_big_bodies_pass_both_ways_without_being_kept(start, service):
    """
    Many times what the gateway may hold goes through, while its memory stays as it was.
    """
    gateway = start(MAX_BODY_MIB="64")
    body = bytes(range(256)) * 4096 * 48
    service.behaviours["/copy"] = lambda handler: _answer(handler, service.seen[-1].body)
    gateway.ask(f"{PREFIX}/copy", "POST", body=b"warm")
    before = _peak_kib(gateway)

    answer = gateway.ask(f"{PREFIX}/copy", "POST", body=body)

    assert body == answer.body
    assert _peak_kib(gateway) - before < 16 * 1024


def test_body_without_length_stays_without(gateway, service):
    """
    A chunked body arrives whole, framed in chunks again.
    """
    gateway.ask(f"{PREFIX}/spin", "POST", body=iter([b"a" * 1000, b"b" * 70000]))

    (seen,) = service.seen
    assert b"a" * 1000 + b"b" * 70000 == seen.body
    assert (["chunked"], []) == (seen.header("transfer-encoding"), seen.header("content-length"))


@pytest.mark.parametrize("body", [b"x" * (1024 * 1024 + 1), [b"x" * 65536] * 17, [b"x" * 65536] * 200])
def test_body_too_large(gateway, service, body):
    """
    A body over the limit is 413, with or without a length, and the service does not act on it.
    """
    answer = gateway.ask(f"{PREFIX}/spin", "POST", body=body if isinstance(body, bytes) else iter(body))

    assert (413, "application/problem+json") == (answer.status, answer.headers["content-type"])
    assert answer.headers["x-trace-id"] == answer.json["trace_id"]
    assert [] == [seen for seen in service.seen if seen.target == "/spin"]


def test_body_as_large_as_allowed(gateway, service):
    """
    The limit itself is not too large.
    """
    answer = gateway.ask(f"{PREFIX}/spin", "POST", body=b"x" * (1024 * 1024))

    assert (200, 1024 * 1024) == (answer.status, len(service.seen[0].body))


def test_answers_without_body(gateway, service):
    """
    204 and 304 come back as they are, also when a length stands in them.
    """

    def unchanged(handler):
        handler.send_response(304)
        handler.send_header("ETag", '"1"')
        handler.send_header("Content-Length", "5")
        handler.end_headers()

    service.behaviours["/reels"] = unchanged

    answer = gateway.ask(f"{PREFIX}/reels")

    assert (304, '"1"', b"") == (answer.status, answer.headers["etag"], answer.body)


def test_answer_that_ends_with_its_connection(gateway, service):
    """
    An answer without length or chunks is whole when the service closes.
    """

    def old(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nold but whole")
        handler.close_connection = True

    service.behaviours["/old"] = old

    assert b"old but whole" == gateway.ask(f"{PREFIX}/old").body


def test_service_that_is_not_in_the_release(gateway):
    """
    A service that is not configured is 503 with the fix; a path of nobody is 404.
    """
    absent = gateway.ask("/api/v1/payment/charge", "POST")
    nobody = gateway.ask("/api/v1/nobody/x")

    assert (503, "urn:crash-demo:problem:not-in-release") == (absent.status, absent.json["type"])
    assert "PAYMENT_URL" in absent.json["detail"]
    assert 404 == nobody.status


def _peak_kib(gateway):
    status = Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/v1/game-engine/\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /api/v1/game-engine/x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /api/v1/game-engine/x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"POST /api/v1/game-engine/x HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ],
    ids=["nonsense", "path", "smuggling", "lengths", "negative"],
)
def test_what_is_not_http(gateway, service, request_bytes):
    """
    A request that cannot be read, or can be read two ways, is 400 with a trace id, and reaches no service.
    """
    head, _, body = gateway.raw(request_bytes).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["trace_id"].encode() in head
    assert [] == service.seen


def test_head_that_does_not_end(gateway):
    """
    A caller who goes on sending headers is hung up on.
    """

    def send_headers_for_ever():
        while True:
            caller.sendall(b"y" * 4096)

    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx: ")

        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_headers_for_ever()
