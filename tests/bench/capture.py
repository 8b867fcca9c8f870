"""
Seconds from a fault's answer until its event can be queried, beside the round trip of the same request alone.

Fires the crash through the gateway, one at a time, at the pace of its budget, and asks the sink for the event of its
trace. Asking costs a round trip too, so the resolution is about one query; both are printed.
"""

import argparse
import json
import secrets
import statistics
import sys
import time

import httpx
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.record import read_record
from crashctl.drill.kube import Cluster
from crashctl.waiting import wait_for

# The budget of the crash allows 120 a minute; fewer leave room for whoever else fires.
FIRINGS = 50
WITHIN_S = 15
PATH = "/api/v1/game-engine/debug/crash"


def measure(gateway: httpx.Client, sink: httpx.Client, firings: int) -> dict[str, list[float]]:
    """
    Fire and wait, again and again.

    Args:
        gateway: with the fault token.
        sink: to ask.
        firings: how often.

    Returns:
        ``answer_s``, ``capture_s`` and ``query_s``: one figure a firing (seconds).
    """
    figures: dict[str, list[float]] = {"answer_s": [], "capture_s": [], "query_s": []}
    for _ in range(firings):
        trace_id = secrets.token_hex(16)
        began = time.perf_counter()
        answer = gateway.post(PATH, headers={"sentry-trace": f"{trace_id}-{secrets.token_hex(8)}-1"})
        answered = time.perf_counter()
        if answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
            sys.exit(f"bench: {PATH} answered {answer.status_code}: {answer.text[:200]}")

        def captured(trace_id: str = trace_id) -> bool:
            asked = time.perf_counter()
            items = sink.get("/api/v1/events", params={"trace": trace_id, "type": "event"}).json()["items"]
            figures["query_s"].append(time.perf_counter() - asked)
            return bool(items)

        wait_for(captured, WITHIN_S, f"the event of trace {trace_id}", step_s=0.002)
        figures["answer_s"].append(answered - began)
        figures["capture_s"].append(time.perf_counter() - answered)
    return figures


def main() -> None:
    """Measure the release of ``make up`` and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capture", description=__doc__)
    parser.add_argument("--firings", type=int, default=FIRINGS, help="how often to fire (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    record = read_record(Layout(default_cache()).record)
    if record is None or not record.ready:
        sys.exit("bench: no release of `make up` is here. Fix: make up")
    token = Cluster(str(record.kubeconfig), "crash-demo", "crash-demo").fault_token()
    with (
        httpx.Client(base_url=record.addresses["gateway"], headers={"Authorization": f"Bearer {token}"}) as gateway,
        httpx.Client(base_url=record.addresses["event-sink"]) as sink,
    ):
        figures = measure(gateway, sink, options.firings)
    rows = {name: _summary(values) for name, values in figures.items()}
    if options.json:
        print(json.dumps({"firings": options.firings, **rows}, indent=2))
        return
    words = {
        "answer_s": "fault to answer",
        "capture_s": "answer to queryable event",
        "query_s": "one query of the sink",
    }
    print(f"\nFrom fault to queryable event, {options.firings} crashes through the gateway (milliseconds)")
    for name, row in rows.items():
        print(f"  {words[name]:<28} median {row['median_s'] * 1000:7.1f}   p99 {row['p99_s'] * 1000:7.1f}")


def _summary(values: list[float]) -> dict[str, float]:
    return {"median_s": statistics.median(values), "p99_s": statistics.quantiles(values, n=100, method="inclusive")[98]}


if __name__ == "__main__":
    main()
