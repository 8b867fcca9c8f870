"""
A sink that refuses, breaks off or is away: the living process keeps what it has, and sends it when it can.
"""

import json
import signal
import socket
import threading
from contextlib import closing, contextmanager
from http.server import ThreadingHTTPServer

import pytest
from crashctl.proof.http import Handler, serving
from crashctl.waiting import wait_for


@pytest.mark.parametrize(
    "order",
    [
        {"mode": "503", "retry_after_s": 1, "count": 3},
        {"mode": "drop", "count": 3},
        {"mode": "429", "retry_after_s": 1, "count": 2},
        {"mode": "429", "retry_after_s": 1, "count": 2, "categories": ["error"]},
    ],
    ids=json.dumps,
)
def test_what_is_refused_for_now_arrives_later(order, start, sink):
    """
    Each of the answers that may be another one next time keeps the event, and none of ten is lost or doubled.
    """
    process = start()
    sink.misbehave(**order)

    process.tell("capture", run="weather", number=10)
    process.wait_delivered()

    assert 10 == sink.arrived("weather")
    assert 0 == sink.duplicates()
    assert {"written": 10, "delivered": 10} == process.counts()
    process.end()


def test_a_sink_that_is_away_gets_all_when_it_is_back(start, sink):
    """
    With nobody at the address errors are captured as ever; back there, the sink gets every one.
    """
    process = start()
    sink.end(signal.SIGKILL)
    took_s = process.tell("capture", run="away", number=50)["took_s"]
    wait_for(lambda: 50 == process.counts()["files"], 20, "fifty files")

    sink.start()
    process.wait_delivered()

    assert 50 == sink.arrived("away")
    assert max(took_s) < 2
    process.end()


def test_a_sink_that_says_nothing_blocks_nobody(start, sink, tmp_path):
    """
    Where the connection is taken and nothing is said, captures return, a flush ends in time, and the next start sends.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        key = "0123456789abcdef" * 2
        process = start(dsn=f"http://{key}@127.0.0.1:{silent.getsockname()[1]}/2")
        took_s = process.tell("capture", run="silent", number=5)["took_s"]

        flushed_s = process.tell("flush", within_s=1)["took_s"]
        process.end()

    assert max(took_s) < 2
    assert flushed_s < 2
    last = start()
    assert 5 == sink.arrived("silent")
    last.end()


def test_a_limit_is_obeyed_and_left(start, sink):
    """
    Told to send no errors for three seconds, the process asks nobody meanwhile, sends transactions, and then all
    errors.
    """
    process = start()
    process.tell("transactions", number=1)
    sink.misbehave(mode="429", categories=["error"], retry_after_s=3, for_s=600)
    process.tell("capture", run="limited", number=20)
    wait_for(lambda: sink.get("/api/v1/misbehaviour")["met"], 20, "the refusal")
    process.tell("transactions", number=5)
    process.tell("flush", within_s=2)

    assert 1 == sink.get("/api/v1/misbehaviour")["met"]
    assert 6 == len(sink.items(type="transaction"))
    assert 0 == sink.arrived("limited")
    sink.misbehave(mode="none")
    process.wait_delivered()
    assert 20 == sink.arrived("limited")
    process.end()


@contextmanager
def stranger(port):
    """Somebody at the sink's place who knows no Sentry, and keeps the connections that he has when he goes."""
    asked = []

    class Answers(Handler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.body()
            asked.append(self.path)
            self.answer(404)

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()
    server.socket.close()


def test_a_stranger_at_the_sinks_place_gets_nothing_for_good(start, sink):
    """
    While a Service has no endpoint its connections may end anywhere: a 404 from there gives up no event, and the kept
    connection is not asked again, nor by transactions, when the sink is back.
    """
    process = start()
    sink.end(signal.SIGKILL)
    with stranger(sink.port) as asked:
        process.tell("capture", run="stranger", number=5)
        process.tell("transactions", number=1)
        wait_for(
            lambda: len([path for path in asked if path.endswith("/envelope/")]) >= 2, 30, "the stranger to be met"
        )
    sink.start()

    process.tell("transactions", number=3)
    process.wait_delivered()

    assert 5 == sink.arrived("stranger")
    assert {"written": 5, "delivered": 5} == process.counts()
    wait_for(lambda: 3 == len(sink.items(type="transaction")), 30, "the transactions")
    process.end()


def test_what_is_refused_for_good_is_set_aside_and_counted(start, sink):
    """
    A key that the sink does not know is no reason to try again: set aside, at most twenty, and told as lost.
    """
    process = start(dsn=sink.dsn().replace("0123456789abcdef", "f" * 16))

    process.tell("capture", run="refused", number=25)
    wait_for(lambda: 25 == process.counts().get("refused"), 30, "25 refusals")

    assert {"written": 25, "refused": 25} == process.counts()
    assert 20 == len(list((process.spool / "bad").iterdir()))
    assert [] == process.files()
    assert 1 == process.logged().count("is refused and set aside")
    process.end()


def test_what_is_too_large_is_trimmed_marked_and_accepted(start, sink):
    """
    An event above the limit of 1 MiB is taken with less in it: what happened is there, what is missing is marked, and
    the small ones beside it arrive.
    """
    process = start()

    process.tell("capture", run="large", number=1, size=2_000_000)
    process.tell("capture", run="small", number=5)
    process.wait_delivered()

    assert (1, 5) == (sink.arrived("large"), sink.arrived("small"))
    assert {"written": 6, "delivered": 6, "trimmed": 1} == process.counts()
    (item,) = sink.items(run="large")
    event = sink.get(f"/api/v1/events/{item['event_id']}")["payload"]
    (exception,) = event["exception"]["values"]
    assert ("KeyError", "'joker'", "fail") == (
        exception["type"], exception["value"], exception["stacktrace"]["frames"][-1]["function"]
    )  # fmt: skip
    assert "true" == event["tags"]["trimmed"]
    assert event["contexts"]["trimmed"]["original_bytes"] > 1_048_576
    assert 1 <= event["contexts"]["trimmed"]["values"]
    lost = [name for name in ("left", "right") if event["extra"][name] is None]
    assert lost
    assert ["!limit", "x"] in event["_meta"]["extra"][lost[0]][""]["rem"]
    assert {"too_large:event": 1} == sink.accounts()["rejected"]
    process.end()


def test_what_stays_too_large_is_refused_and_holds_up_nobody(start, sink):
    """
    A sink that finds every size too large is asked at most four times; the event is set aside whole, counted and told
    as lost.
    """
    process = start()
    sink.misbehave(mode="413", for_s=600)
    process.tell("capture", run="large", number=1, size=100_000)
    wait_for(lambda: process.counts().get("refused"), 60, "the refusal")
    assert 2 <= sink.get("/api/v1/misbehaviour")["met"] <= 4
    sink.misbehave(mode="none")

    process.tell("capture", run="small", number=5)
    process.tell("flush", within_s=20)

    assert 5 == sink.arrived("small")
    assert {"written": 6, "delivered": 5, "refused": 1} == process.counts()
    (aside,) = (process.spool / "bad").iterdir()
    assert aside.stat().st_size > 100_000
    assert {"send_error": {"error": 1}} == sink.accounts()["discarded_by_sdk"]
    process.end()


def test_what_was_lost_is_in_the_accounts_of_the_sink(start, sink):
    """
    A file that was damaged while nobody ran is an event lost, and the next process says so in its client report.
    """
    process = start()
    sink.end(signal.SIGKILL)
    process.tell("capture", run="damaged", number=3)
    process.kill()
    sink.start()
    file = process.spool / process.files()[1]
    file.write_bytes(file.read_bytes()[:-1])

    last = start()
    last.tell("flush", within_s=10)

    assert 2 == sink.arrived("damaged")
    assert {"internal_sdk_error": {"error": 1}} == sink.accounts()["discarded_by_sdk"]
    last.end()


def test_one_event_that_the_sink_chokes_on_holds_up_nobody(start):
    """
    A server that fails on one event, whenever it comes, gets the others meanwhile.
    """
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Chokes)) as server:
        process = start(dsn=f"http://{'0' * 32}@127.0.0.1:{server.server_port}/2")

        process.tell("capture", run="poison", number=1)
        process.tell("capture", run="good", number=10)
        wait_for(lambda: 10 == process.counts().get("delivered"), 60, "the ten others")

        assert 1 == len(process.files())
        process.kill()


class _Chokes(Handler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.answer(500 if b'"run":"poison"' in self.body() else 200, b"{}")
