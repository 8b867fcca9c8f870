import pytest

TOKEN = "the-fault-token"


def test_catalogue_is_served(gateway):
    """
    The catalogue holds every scenario with its cases, budgets and contracts, and which services are there.
    """
    document = gateway.ask("/api/v1/catalog").json

    scenarios = {scenario["id"]: scenario for scenario in document["scenarios"]}
    leak = scenarios["game-engine/memory-leak"]
    assert [
        "analytics/slow-query",
        "game-engine/burst",
        "game-engine/crash",
        "game-engine/error",
        "game-engine/memory-leak",
        "gateway/crash",
        "slot-machine/type-error",
    ] == sorted(scenarios)
    assert {"enabled": True, "methods": ["POST"], "pass": "asked"} == document["faults"]
    assert ("/api/v1/game-engine/debug/memory-leak", "memory-and-threading") == (leak["path"], leak["panel"])
    assert [
        ("game-engine/memory-leak/step", "/api/v1/game-engine/debug/memory-leak?case=step"),
        ("game-engine/memory-leak/to-the-kill", "/api/v1/game-engine/debug/memory-leak?case=to-the-kill"),
    ] == [(case["id"], case["path"]) for case in leak["cases"]]
    assert (1, 200) == (leak["cases"][0]["budget"]["wall_s"], leak["cases"][0]["expect"]["status"])
    assert [
        ("gateway", "cluster", True),
        ("game-engine", "cluster", True),
        ("analytics", "cluster", False),
        ("slot-machine", "page", False),
    ] == [(service["name"], service["runs_in"], service["present"]) for service in document["services"]]


def test_faults_of_the_page_are_in_the_catalogue_and_not_behind_the_gateway(gateway, service):
    """
    A fault of the page has its place in the catalogue, no method, and no path of the gateway fires it.
    """
    scenarios = {scenario["id"]: scenario for scenario in gateway.ask("/api/v1/catalog").json["scenarios"]}
    fired = gateway.ask("/api/v1/slot-machine/debug/type-error", "POST", {"Authorization": f"Bearer {TOKEN}"})

    of_the_page = scenarios["slot-machine/type-error"]
    assert ([], "/#/debug/type-error") == (of_the_page["methods"], of_the_page["cases"][0]["path"])
    assert ["POST"] == scenarios["game-engine/crash"]["methods"]
    assert (404, []) == (fired.status, service.seen)


def test_catalogue_is_sent_once(gateway):
    """
    Who has the catalogue already is told so.
    """
    etag = gateway.ask("/api/v1/catalog").headers["etag"]

    again = gateway.ask("/api/v1/catalog", headers={"If-None-Match": f'"other", W/{etag}'})

    assert (304, b"", etag) == (again.status, again.body, again.headers["etag"])


def test_index_says_what_to_try(start):
    """
    The first thing to try is a curl line for the address that the caller used.
    """
    by_post, by_get = start(), start(FAULTS_ALLOW_GET="true")

    tried = by_get.ask("/", headers={"Host": "localhost:8080"}).json["try_first"]

    assert "curl -i http://localhost:8080/api/v1/game-engine/debug/crash" == tried
    assert "-X POST" in by_post.ask("/").json["try_first"]


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/", "POST", "GET, HEAD"),
        ("/api/v1/catalog", "PUT", "GET, HEAD"),
        ("/api/v1/faults", "POST", "GET, HEAD, DELETE"),
    ],
)
def test_methods_of_the_gateways_own_paths(gateway, path, method, allow):
    """
    Another method is 405 with those that are taken.
    """
    answer = gateway.ask(path, method)

    assert (405, allow) == (answer.status, answer.headers["allow"])


def test_every_answer_names_its_trace(gateway):
    """
    Probes, pages, refusals and unknown paths alike carry a trace id.
    """
    paths = ["/healthz/live", "/healthz/ready", "/metrics", "/", "/api/v1/catalog", "/api/v1/faults", "/nowhere"]

    assert [32] * len(paths) == [len(gateway.ask(path).headers["x-trace-id"]) for path in paths]


def test_metrics_count(start):
    """
    Requests are counted by service and status class, the services' time is measured, and so are faults.
    """
    gateway = start()
    gateway.ask("/api/v1/game-engine/spin")
    gateway.ask("/api/v1/payment/charge")
    gateway.ask("/api/v1/game-engine/debug/crash", "POST", {"Authorization": f"Bearer {TOKEN}"})

    lines = gateway.ask("/metrics").body.decode().splitlines()

    assert {
        'crash_demo_gateway_requests_total{service="game-engine",status="2xx"} 2.0',
        'crash_demo_gateway_requests_total{service="payment",status="5xx"} 1.0',
        'crash_demo_gateway_upstream_seconds_count{service="game-engine"} 2.0',
        'crash_demo_gateway_faults_total{scenario="game-engine/crash"} 1.0',
        "crash_demo_gateway_faults_active 0.0",
    } <= set(lines)


def test_pages_of_named_origins_may_call(start, service):
    """
    A browser's page of an origin that is named may call, send the token and read the trace id; any other may not.
    """
    gateway = start(CORS_ORIGINS="https://demo.example.com, http://localhost:5173")
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}

    allowed = gateway.ask("/api/v1/game-engine/debug/crash", "OPTIONS", asked)
    stranger = gateway.ask("/api/v1/catalog", headers={"Origin": "https://evil.example.com"})
    answer = gateway.ask("/api/v1/game-engine/spin", headers={"Origin": "https://demo.example.com"})

    assert (204, "http://localhost:5173") == (allowed.status, allowed.headers["access-control-allow-origin"])
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    assert None is stranger.headers["access-control-allow-origin"]
    assert "https://demo.example.com" == answer.headers["access-control-allow-origin"]
    assert ["/spin"] == [seen.target for seen in service.seen]
