import http.client
import json

from gateway.allowance import Allowance


def test_bucket_gives_what_flows_in():
    """
    After a burst as many are given as time has brought, and never more than the burst is kept.
    """
    now = 0.0
    allowance = Allowance(per_s=10, burst=3, clock=lambda: now)

    at_once = [allowance.take() for _ in range(4)]
    now = 0.25
    later = [allowance.take() for _ in range(3)]
    now = 100.0
    much_later = [allowance.take() for _ in range(4)]

    assert [True, True, True, False] == at_once
    assert [True, True, False] == later
    assert [True, True, True, False] == much_later


def test_flood_of_traces_leaves_room_for_a_fault(start, sentry, trace_id):
    """
    While healthy traces come faster than they can be sent, a fault's event and transaction arrive, and what was left
    out is counted in a client report.
    """
    gateway = start(SENTRY_DSN=sentry.dsn)
    caller = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    sampled = []
    for _ in range(300):
        caller.request("GET", "/")
        answer = caller.getresponse()
        answer.read()
        sampled.append(answer.headers["x-trace-id"])

    gateway.fire("/api/v1/gateway/debug/crash", {"sentry-trace": f"{trace_id}-{'1' * 16}-0"})
    caller.close()
    gateway.process.terminate()
    gateway.process.wait(10)

    sentry.only_event(trace_id)
    kept = sum(len(sentry.of(one, "transaction")) for one in sampled)
    lost = sum(_lost(envelope) for envelope in sentry.raw if _reports_loss(envelope))
    assert 300 == kept + lost
    assert lost > 0


def _reports_loss(envelope):
    return b'"discarded_events"' in envelope


def _lost(envelope):
    (report,) = (json.loads(line) for line in envelope.splitlines() if b'"discarded_events"' in line)
    return sum(
        entry["quantity"]
        for entry in report["discarded_events"]
        if (entry["reason"], entry["category"]) == ("backpressure", "transaction")
    )
