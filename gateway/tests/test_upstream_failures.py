import http.client
import re
import socket
import struct
import threading

import pytest

SPIN = "/api/v1/game-engine/spin"


def _die(handler):
    handler.close_connection = True


def _reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def _babble(handler):
    handler.wfile.write(b"this is not HTTP\r\n\r\n")
    handler.close_connection = True


def _endless_head(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000)
    handler.wfile.flush()


def _halfway(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"ten bytes.")
    handler.close_connection = True


def _only_event(sentry, answer):
    return sentry.only_event(answer.headers["x-trace-id"])


@pytest.mark.parametrize(
    ("behaviour", "status", "kind"),
    [
        (_die, 502, "upstream-died"),
        (_reset, 502, "upstream-died"),
        (_babble, 502, "upstream-malformed"),
        (_endless_head, 502, "upstream-malformed"),
    ],
)
def test_service_that_does_not_answer(watched, service, sentry, behaviour, status, kind):  # noqa: PLR0917
    """
    A service that dies or talks nonsense before its answer is 502 and one event of the gateway's.
    """
    service.behaviours["/spin"] = behaviour

    answer = watched.ask(SPIN, "POST", body=b"{}")

    event = _only_event(sentry, answer)
    assert (status, f"urn:crash-demo:problem:{kind}") == (answer.status, answer.json["type"])
    assert answer.headers["x-trace-id"] == answer.json["trace_id"]
    assert ("gateway", "game-engine", kind) == tuple(event["tags"][tag] for tag in ("service", "upstream", "kind"))
    assert ["gateway", "game-engine", kind] == event["fingerprint"]
    assert {"handled": True, "type": "gateway"} == event["exception"]["values"][-1]["mechanism"]
    assert "POST /api/v1/game-engine/spin" == event["transaction"]


def test_service_that_is_down(start, sentry):
    """
    A service that accepts no connection is 503 with the time to try again, and one event.
    """
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gateway = start(SENTRY_DSN=sentry.dsn, GAME_ENGINE_URL=f"http://127.0.0.1:{nobody.getsockname()[1]}")

        answer = gateway.ask(SPIN)

    event = _only_event(sentry, answer)
    assert (503, "2") == (answer.status, answer.headers["retry-after"])
    assert "upstream-unreachable" == event["tags"]["kind"]
    assert "Connection refused" == event["contexts"]["upstream"]["reason"]


def test_service_whose_name_is_unknown(start, sentry):
    """
    A service that DNS does not know is 503 too.
    """
    gateway = start(SENTRY_DSN=sentry.dsn, GAME_ENGINE_URL="http://game-engine.invalid:8082")

    answer = gateway.ask(SPIN)

    assert (503, "upstream-unreachable") == (answer.status, _only_event(sentry, answer)["tags"]["kind"])


def test_service_that_is_slow(start, service, sentry):
    """
    A service that does not answer in time is 504 and one event.
    """
    go = threading.Event()
    service.behaviours["/spin"] = lambda _: go.wait(10)
    gateway = start(SENTRY_DSN=sentry.dsn, UPSTREAM_TIMEOUT_S="0.3")

    answer = gateway.ask(SPIN)
    go.set()

    assert (504, "upstream-slow") == (answer.status, _only_event(sentry, answer)["tags"]["kind"])


def test_fault_has_as_long_as_its_budget(start, service):
    """
    A fault may take its whole budget to be answered, however short the time for other requests is.
    """

    def slowly(handler):
        threading.Event().wait(0.6)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.behaviours["/debug/memory-leak"] = slowly
    gateway = start(UPSTREAM_TIMEOUT_S="0.3")

    assert 200 == gateway.fire("/api/v1/game-engine/debug/memory-leak").status


def test_answer_that_breaks_off(watched, service, sentry):
    """
    A service that dies in the middle of its answer breaks the caller's connection too, and is one event.
    """
    service.behaviours["/spin"] = _halfway
    caller = http.client.HTTPConnection("127.0.0.1", watched.port, timeout=10)
    caller.request("GET", SPIN)
    answer = caller.getresponse()

    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    caller.close()

    event = _only_event(sentry, answer)
    assert b"ten bytes." == broken.value.partial
    assert "upstream-cut" == event["tags"]["kind"]
    assert True is event["contexts"]["upstream"]["answer_had_begun"]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_error_of_a_service_is_not_the_gateways(watched, service, sentry, status):
    """
    What a service answers is its own event or none: the gateway adds none, and its transaction has the status.
    """

    def fails(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"oops")

    service.behaviours["/spin"] = fails

    answer = watched.ask(SPIN)

    trace_id = answer.headers["x-trace-id"]
    transaction = sentry.only(trace_id, "transaction")
    assert (status, b"oops") == (answer.status, answer.body)
    assert str(status) == str(transaction["contexts"]["trace"]["data"]["http.response.status_code"])
    assert [] == sentry.of(trace_id, "event")


def test_nothing_is_asked_twice(watched, service):
    """
    A GET that a service took and died of is not repeated, on a fresh connection or on a kept one.
    """
    service.behaviours["/spin"] = _die
    watched.ask("/api/v1/game-engine/warm")

    watched.ask(SPIN)
    watched.ask(SPIN)

    assert ["/warm", "/spin", "/spin"] == [seen.target for seen in service.seen]


def test_body_that_does_not_come(start, sentry):
    """
    A caller who promises a body and does not send it is 408: the service is not blamed.
    """
    gateway = start(SENTRY_DSN=sentry.dsn, UPSTREAM_TIMEOUT_S="0.3")

    answer = gateway.raw(f"POST {SPIN} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf".encode())

    trace_id = re.search(rb"x-trace-id: (\w+)", answer)[1].decode()
    sentry.only(trace_id, "transaction")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert [] == sentry.of(trace_id, "event")


def test_caller_who_leaves(watched, service):
    """
    A caller who hangs up while an answer streams ends the exchange with the service too.
    """
    ended = threading.Event()

    def forever(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while not ended.is_set():
                handler.wfile.write(b"3\r\none\r\n")
                threading.Event().wait(0.01)
        except OSError:
            ended.set()

    service.behaviours["/reels"] = forever
    with socket.create_connection(("127.0.0.1", watched.port), timeout=10) as caller:
        caller.sendall(b"GET /api/v1/game-engine/reels HTTP/1.1\r\nhost: x\r\n\r\n")
        caller.recv(100)

    assert ended.wait(5)


@pytest.mark.parametrize(("status", "connections"), [(200, 1), (409, 1), (404, 3), (502, 3)])
def test_who_may_not_be_the_service_is_not_asked_again(gateway, service, status, connections):
    """
    A connection is kept for the next request, but not after an answer that whoever has the service's place may give.
    """
    seen = set()

    def answer(handler):
        seen.add(handler.client_address)
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.behaviours["/spin"] = answer

    answers = [gateway.ask(SPIN, "POST", body=b"{}").status for _ in range(3)]

    assert [status] * 3 == answers
    assert connections == len(seen)
