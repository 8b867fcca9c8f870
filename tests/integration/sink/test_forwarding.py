"""
Forwarding to a target that takes, limits, refuses, or is away.
"""

import gzip
import json
import socket
import uuid

import pytest
import sentry_sdk
from crashctl.waiting import wait_for


def settled(sink, target):
    return lambda: sink.accounts()["targets"][target]["pending"] == 0


def trio() -> bytes:
    """
    An envelope of an event, a transaction and a session.
    """
    lines = [{"dsn": "http://k@sink/2", "event_id": uuid.uuid4().hex}]
    for kind in ("event", "transaction", "session"):
        lines += [{"type": kind}, {"event_id": uuid.uuid4().hex}]
    return b"\n".join(json.dumps(line).encode() for line in lines)


def test_each_target_gets_what_it_can_use(make_sink, target):
    """
    Bugsink events, Spotlight what it shows, upstream everything; each under its own address and key, none with the DSN.
    """
    port = target.url.rpartition(":")[2]
    sink = make_sink(
        SINK_BUGSINK_URL=f"{target.url}/bugsink",
        SINK_BUGSINK_KEY="b" * 32,
        SINK_SPOTLIGHT_URL=f"{target.url}/spotlight",
        SINK_UPSTREAM_DSN=f"http://{'c' * 32}@127.0.0.1:{port}/upstream/77",
    ).start()
    sink.post(trio())
    wait_for(lambda: all(settled(sink, name)() for name in ("bugsink", "spotlight", "upstream")), 10, "all targets")

    got = {}
    for path, headers, body in target.requests:
        raw = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        lines = [json.loads(line) for line in raw.splitlines()]
        assert "dsn" not in lines[0]
        assert "application/x-sentry-envelope" == headers["Content-Type"]
        key = headers.get("X-Sentry-Auth", "sentry_key=").rpartition("sentry_key=")[2]
        got.setdefault((path, key[:1]), set()).update(line["type"] for line in lines[1::2])

    assert {
        ("/bugsink/api/2/envelope/", "b"): {"event"},
        ("/spotlight/api/2/envelope/", ""): {"event", "transaction"},
        ("/upstream/api/77/envelope/", "c"): {"event", "transaction", "session"},
    } == got
    for accounts in sink.accounts()["targets"].values():
        for of in accounts["by_type"].values():
            assert of["offered"] == 1 == of["delivered"] + of["filtered"]


def test_a_target_that_is_away_gets_everything_later(make_sink, target, event):
    """
    Dropped connections and 5xx keep the envelopes; they go out when the target answers again.
    """
    target.answers.extend(["drop", 500])
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    sink.post(event())
    wait_for(lambda: sink.accounts()["targets"]["bugsink"]["retries_at"], 10, "the target to be found away")
    for _ in range(4):
        assert 200 == sink.post(event()).status_code

    wait_for(settled(sink, "bugsink"), 30, "the deliveries")

    assert {"event": 5} == sink.accounts()["targets"]["bugsink"]["delivered"]
    messages = [line["message"] for line in sink.lines()]
    assert 1 == messages.count("the target answers again")


def test_what_a_target_refuses_for_good_is_not_sent_again(make_sink, target, event):
    """
    400, and 413 for what cannot be made smaller, settle an envelope, with the reason; the others go on.
    """
    target.answers.extend([413, 400])
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    for _ in range(3):
        sink.post(event())
        wait_for(settled(sink, "bugsink"), 60, "the delivery")

    accounts = sink.accounts()["targets"]["bugsink"]
    assert {"too_large": 1, "malformed": 1} == accounts["refused"]
    assert {"event": 1} == accounts["delivered"]
    assert 3 == len(target.requests)


@pytest.mark.parametrize("refusals", [1, 2, 4])
def test_what_is_too_large_for_a_target_is_trimmed_for_it(make_sink, target, event, refusals):
    """
    A target with a smaller limit than the sink's gets the event with less in it, marked, and counted as such; the sink
    keeps it whole. Refused in every size, it is refused for good, after four requests.
    """
    target.answers.extend([413] * refusals)
    sink = make_sink(SINK_UPSTREAM_DSN=f"http://{'c' * 32}@127.0.0.1:{target.url.rpartition(':')[2]}/77").start()
    event_id = uuid.uuid4().hex
    ton = {name: ["x" * 1000] * 200 for name in ("left", "right")}
    frames = [{"function": f"f{at}", "in_app": at == 0, "pre_context": ["line" * 200] * 5} for at in range(50)]
    exception = {"values": [{"type": "KeyError", "value": "v" * 100_000, "stacktrace": {"frames": frames}}]}
    raw = event(event_id, extra=ton, exception=exception)
    sink.post(raw)

    wait_for(settled(sink, "upstream"), 60, "the delivery")

    accounts = sink.accounts()["targets"]["upstream"]
    bodies = [gzip.decompress(body) for _, _, body in target.requests]
    sizes = [len(body) for body in bodies]
    assert sorted(sizes, reverse=True) == sizes
    assert refusals + (refusals < 4) == len(set(sizes))
    assert ton == sink.get(f"/api/v1/events/{event_id}")["payload"]["extra"]
    if refusals == 4:
        assert ({"too_large": 1}, {}, {}) == (accounts["refused"], accounts["delivered"], accounts["trimmed"])
        return
    assert ({}, {"event": 1}, {"event": 1}) == (accounts["refused"], accounts["delivered"], accounts["trimmed"])
    taken = json.loads(bodies[-1].split(b"\n")[2])
    assert (event_id, "true", "KeyError") == (
        taken["event_id"], taken["tags"]["trimmed"], taken["exception"]["values"][0]["type"]
    )  # fmt: skip
    assert "" == accounts["last_error"]


def test_a_limit_for_a_category_holds_up_that_category_only(make_sink, target):
    """
    While transactions are limited, events pass; a restart does not forget the limit; then the transaction follows.
    """
    target.answers.append((429, {"X-Sentry-Rate-Limits": "4:transaction:organization", "Retry-After": "4"}))
    sink = make_sink(SINK_SPOTLIGHT_URL=target.url).start()
    transaction = b'{}\n{"type":"transaction"}\n{"event_id":"' + b"7" * 32 + b'"}'
    sink.post(transaction)
    wait_for(lambda: sink.accounts()["targets"]["spotlight"]["rate_limited_until"], 10, "the limit to be learned")
    sink.end()
    sink.start()
    sink.post(b'{}\n{"type":"event"}\n{"event_id":"' + b"8" * 32 + b'"}')
    wait_for(lambda: target.types() == ["transaction", "event"], 3, "the event to pass the limit")

    assert 1 == sink.accounts()["targets"]["spotlight"]["pending"]
    wait_for(settled(sink, "spotlight"), 15, "the transaction to follow")
    assert ["transaction", "event", "transaction"] == target.types()


def test_a_limit_of_a_target_is_no_limit_for_the_sdk(make_sink, target):
    """
    Bugsink answers each envelope with a limit of 24 h for transactions; the SDK never hears of it and sends on.
    """
    limit = (200, {"X-Sentry-Rate-Limits": "86400:transaction;span:organization", "Retry-After": "86400"})
    target.answers.extend([limit] * 20)
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    client = sentry_sdk.Client(sink.dsn(), traces_sample_rate=1.0, default_integrations=False)
    with sentry_sdk.isolation_scope() as isolation, sentry_sdk.new_scope() as scope:
        isolation.set_client(client)
        scope.set_client(client)
        for number in range(3):
            with sentry_sdk.start_transaction(name=f"spin {number}"):
                sentry_sdk.capture_message("a spin")
            client.flush(timeout=5)
            wait_for(settled(sink, "bugsink"), 10, "the event to be forwarded")
        client.close(timeout=5)

    accounts = sink.accounts()
    assert {"event": 3, "transaction": 3} == accounts["received"]
    assert {"event": 3} == accounts["targets"]["bugsink"]["delivered"]
    assert {"transaction", "span"} == set(accounts["targets"]["bugsink"]["rate_limited_until"])
    assert {} == accounts["discarded_by_sdk"]


def test_one_envelope_that_breaks_the_target_waits_alone(make_sink, target, event):
    """
    A 500 for one envelope holds up that one, with growing waits, and no other.
    """
    target.hated = b"bad one"
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    sink.post(event(message="bad one"))
    for number in range(4):
        sink.post(event())
        wait_for(
            lambda n=number: sink.accounts()["targets"]["bugsink"]["delivered"] == {"event": n + 1}, 10, "the good one"
        )

    assert 1 == sink.accounts()["targets"]["bugsink"]["pending"]
    assert len(target.requests) < 20
    target.hated = None
    wait_for(settled(sink, "bugsink"), 30, "the bad one, no longer bad")


def test_a_limit_for_other_categories_is_no_reason_to_hammer(make_sink, target, event):
    """
    A 429 that names a category the envelope does not have holds up the envelope all the same.
    """
    target.answers.append((429, {"X-Sentry-Rate-Limits": "2:default:organization"}))
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    sink.post(event())

    wait_for(settled(sink, "bugsink"), 15, "the delivery")

    assert 2 == len(target.requests)


def test_a_sink_that_is_its_own_upstream_does_not_go_round(make_sink):
    """
    An upstream DSN that points back at the sink is refused for good at the first turn, and said so.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = make_sink(SINK_UPSTREAM_DSN=f"http://{'0123456789abcdef' * 2}@127.0.0.1:{port}/2")
    sink.port = port
    sink.start()
    sink.post(b'{}\n{"type":"session"}\n{}')

    wait_for(settled(sink, "upstream"), 10, "the delivery")

    assert {"session": 1} == sink.accounts()["received"]
    assert {"malformed": 1} == sink.accounts()["targets"]["upstream"]["refused"]
    assert {"forwarded_by_itself": 1} == sink.accounts()["rejected"]


@pytest.mark.parametrize("status", [401, 404])
def test_a_project_that_the_target_does_not_know_waits_alone(make_sink, target, event, status):
    """
    A wrong key or an unknown project is something a person can mend: kept, while other projects go on.
    """
    target.answers.append(status)
    sink = make_sink(SINK_BUGSINK_URL=target.url).start()
    sink.post(event(), project_id=9)
    wait_for(lambda: sink.accounts()["targets"]["bugsink"]["held_projects"], 10, "the project to be held")
    sink.post(event(), project_id=1)

    wait_for(settled(sink, "bugsink"), 15, "both deliveries")

    assert {"event": 2} == sink.accounts()["targets"]["bugsink"]["delivered"]
    assert f"http_{status}" == sink.accounts()["targets"]["bugsink"]["last_error"]
