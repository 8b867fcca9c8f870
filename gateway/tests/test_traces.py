import pytest

PREFIX = "/api/v1/game-engine"
TRACE = "1234567890abcdef1234567890abcdef"
PARENT = "fedcba0987654321"


def _sent(service):
    (seen,) = service.seen
    trace_id, span_id, sampled = seen.header("sentry-trace")[0].split("-")
    return trace_id, span_id, sampled


def test_one_trace_from_caller_to_service(watched, service, sentry, trace_id):
    """
    The caller's trace goes through: the gateway's transaction hangs below the caller's span, its client span below
    that, and the service is told of the client span.
    """
    headers = {"sentry-trace": f"{trace_id}-{PARENT}-1", "baggage": f"vendor=x;p=1,sentry-trace_id={trace_id}"}

    answer = watched.ask(f"{PREFIX}/spin?player=7", "POST", headers)

    transaction = sentry.only(trace_id, "transaction")
    trace = transaction["contexts"]["trace"]
    (span,) = transaction["spans"]
    assert trace_id == answer.headers["x-trace-id"]
    assert (PARENT, "http.server", "ok") == (trace["parent_span_id"], trace["op"], trace["status"])
    assert ("POST /api/v1/game-engine/spin", "route") == (
        transaction["transaction"], transaction["transaction_info"]["source"],
    )  # fmt: skip
    assert (trace["span_id"], "http.client") == (span["parent_span_id"], span["op"])
    assert (trace_id, span["span_id"], "1") == _sent(service)
    assert [f"vendor=x;p=1,sentry-trace_id={trace_id}"] == service.seen[0].header("baggage")


@pytest.mark.parametrize(
    "headers",
    [
        {"sentry-trace": "nonsense", "baggage": "vendor=1,sentry-trace_id=zzz"},
        {"sentry-trace": "\xff\xfe", "baggage": "vendor=1"},
        {"sentry-trace": f"{'0' * 32}-{PARENT}-1", "baggage": "vendor=1"},
        {"sentry-trace": f"{TRACE.upper()}-{PARENT}-1", "baggage": "vendor=1"},
        {"sentry-trace": f"{TRACE}-{PARENT}-7", "baggage": "vendor=1"},
        {"sentry-trace": "", "traceparent": "00-xyz", "baggage": "vendor=1"},
    ],
)
def test_malformed_headers_start_a_trace(watched, service, sentry, headers):
    """
    Headers that cannot be read start a new trace, and the caller's own baggage is kept.
    """
    answer = watched.ask(f"{PREFIX}/spin", headers=headers)

    trace_id = answer.headers["x-trace-id"]
    transaction = sentry.only(trace_id, "transaction")
    (baggage,) = service.seen[0].header("baggage")
    assert 200 == answer.status
    assert TRACE != trace_id
    assert None is transaction["contexts"]["trace"].get("parent_span_id")
    assert trace_id == _sent(service)[0]
    assert baggage.startswith(f"vendor=1,sentry-trace_id={trace_id},sentry-sampled=true,sentry-sample_rate=1,")


def test_healthy_requests_are_sampled(start, service, sentry, trace_id):
    """
    Without a decision of the caller's the rate decides; a decision is followed; the service is told either way.
    """
    gateway = start(SENTRY_DSN=sentry.dsn, TRACES_SAMPLE_RATE="0")

    ours = gateway.ask(f"{PREFIX}/spin")
    kept = gateway.ask(f"{PREFIX}/spin", headers={"sentry-trace": f"{trace_id}-{PARENT}-1"})

    assert ["0", "1"] == [seen.header("sentry-trace")[0][-1] for seen in service.seen]
    assert "sentry-sampled=false" in service.seen[0].header("baggage")[0]
    assert sentry.only(trace_id, "transaction")
    assert [] == sentry.of(ours.headers["x-trace-id"], "transaction")
    assert trace_id == kept.headers["x-trace-id"]


def test_faults_are_always_kept(start, service, sentry, trace_id):
    """
    An admitted fault is traced at any rate and against the caller's decision, under the catalogue's route; one that
    is refused is not.
    """
    gateway = start(SENTRY_DSN=sentry.dsn, TRACES_SAMPLE_RATE="0")

    gateway.fire(f"{PREFIX}/debug/error/KeyError", {"sentry-trace": f"{trace_id}-{PARENT}-0", "X-Crash-Run": "me"})
    refused = gateway.ask(f"{PREFIX}/debug/crash", "POST")

    transaction = sentry.only(trace_id, "transaction")
    tags = {tag: transaction["tags"].get(tag) for tag in ("service", "scenario", "case", "run")}
    assert "POST /api/v1/game-engine/debug/error/{case}" == transaction["transaction"]
    assert {"service": "gateway", "scenario": "error", "case": "key-error", "run": "me"} == tags
    assert "1" == _sent(service)[2]
    assert [] == sentry.of(refused.headers["x-trace-id"], "transaction")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{PREFIX}/debug/crash", "POST", 401),
        (f"{PREFIX}/debug/crash", "GET", 405),
        ("/nowhere", "GET", 404),
        (f"{PREFIX}/a/../b", "GET", 400),
        ("/api/v1/payment/charge", "POST", 503),
    ],
)
def test_refusal_is_no_event(watched, sentry, path, method, status):
    """
    What the gateway refuses, and a service that was never there, is a transaction with its status and no event.
    """
    answer = watched.ask(path, method)

    transaction = sentry.only(answer.headers["x-trace-id"], "transaction")
    assert status == answer.status == transaction["contexts"]["response"]["status_code"]
    assert [] == sentry.of(answer.headers["x-trace-id"], "event")


def test_probes_are_not_traced(watched, sentry, trace_id):
    """
    Health and metrics leave no transaction, even when asked on a sampled trace.
    """
    headers = {"sentry-trace": f"{trace_id}-{PARENT}-1"}
    for path in ("/healthz/live", "/healthz/ready", "/metrics"):
        assert 200 == watched.ask(path, headers=headers).status
    last = watched.ask("/").headers["x-trace-id"]

    sentry.only(last, "transaction")
    assert [] == sentry.of(trace_id, "transaction")


def test_unknown_paths_share_a_name(watched, service, sentry):
    """
    What the service does not know, and what the caller made up, does not become a transaction of its own.
    """

    def unknown(handler):
        handler.send_response(404)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.behaviours["/guess"] = unknown
    paths = [f"{PREFIX}/guess", f"{PREFIX}/player/7", f"{PREFIX}/X1", "/nowhere"]

    names = [sentry.only(watched.ask(path).headers["x-trace-id"], "transaction")["transaction"] for path in paths]

    assert [f"GET {PREFIX}/*", f"GET {PREFIX}/player/*", f"GET {PREFIX}/*", "GET /*"] == names


def test_crash_of_the_gateway(watched, sentry, trace_id):
    """
    The gateway's own crash is 500 and one unhandled event on the caller's trace, with what there was to know.
    """
    answer = watched.fire(
        "/api/v1/gateway/debug/crash", {"sentry-trace": f"{trace_id}-{PARENT}-1", "X-Crash-Run": "me"}
    )

    event = sentry.only_event(trace_id)
    exception = event["exception"]["values"][-1]
    transaction = sentry.only(trace_id, "transaction")
    assert (500, trace_id) == (answer.status, answer.json["trace_id"])
    assert ("KeyError", "3", False) == (exception["type"], exception["value"], exception["mechanism"]["handled"])
    assert {"service": "gateway", "scenario": "crash", "run": "me"}.items() <= event["tags"].items()
    assert "player-7" == event["user"]["id"]
    assert {"resident_mib", "open_requests", "uvicorn"} <= event["contexts"]["runtime"].keys()
    assert ["choose a shard"] == [crumb["message"] for crumb in event["breadcrumbs"]["values"]][-1:]
    assert "internal_error" == transaction["contexts"]["trace"]["status"]
    assert "POST /api/v1/gateway/debug/crash" == transaction["transaction"] == event["transaction"]


def test_event_of_a_trace_that_is_not_kept(start, service, sentry):
    """
    The gateway's own failure is an event on the right trace, also when that trace is not kept.
    """
    service.behaviours["/spin"] = lambda handler: setattr(handler, "close_connection", True)
    gateway = start(SENTRY_DSN=sentry.dsn, TRACES_SAMPLE_RATE="0")

    answer = gateway.ask(f"{PREFIX}/spin")

    gateway.process.terminate()
    assert (502, 0) == (answer.status, gateway.process.wait(10))
    assert sentry.only(answer.headers["x-trace-id"], "event")


def test_fault_that_kills_its_service(watched, service, sentry, trace_id):
    """
    When a fault takes its service down, the gateway's 502 event is on the fault's trace and says whose it is.
    """
    service.behaviours["/debug/memory-leak"] = lambda handler: setattr(handler, "close_connection", True)

    watched.fire(f"{PREFIX}/debug/memory-leak?case=to-the-kill", {"sentry-trace": f"{trace_id}-{PARENT}-1"})

    tags = sentry.only_event(trace_id)["tags"]
    assert ("gateway", "upstream-died", "memory-leak", "to-the-kill") == tuple(
        tags[name] for name in ("service", "kind", "scenario", "case")
    )


def test_token_is_in_no_envelope(watched, service, sentry):
    """
    The fault token reaches no event, whatever goes wrong.
    """
    service.behaviours["/debug/crash"] = lambda handler: setattr(handler, "close_connection", True)
    answers = [watched.fire("/api/v1/gateway/debug/crash"), watched.fire(f"{PREFIX}/debug/crash")]
    for answer in answers:
        sentry.only_event(answer.headers["x-trace-id"])

    assert [] == [envelope for envelope in sentry.raw if b"the-fault-token" in envelope]
