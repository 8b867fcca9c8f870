"""
A trace that is whole has no broken link; each way to be broken is found and named.
"""

from copy import deepcopy

import pytest
from crashctl.proof.links import Wanted, broken_links

TRACE, OTHER = "a" * 32, "b" * 32
ALL = ("gateway", "game-engine", "payment", "analytics")
WANTED = Wanted(TRACE, ALL, spans=("db",))


def transaction(service, span, parent, *spans, op="http.server"):
    own = {"trace_id": TRACE, "span_id": span, "op": op, **({"parent_span_id": parent} if parent else {})}
    below = [{"span_id": one, "parent_span_id": above, "op": kind, "trace_id": TRACE} for one, above, kind in spans]
    return {
        "type": "transaction", "service": service, "event_id": f"of-{service}",
        "payload": {"contexts": {"trace": own}, "spans": below},
    }  # fmt: skip


def event(service, span):
    payload = {"contexts": {"trace": {"trace_id": TRACE, "span_id": span}}}
    return {"type": "event", "service": service, "event_id": f"failed-{service}", "payload": payload}


@pytest.fixture
def whole():
    """A spin from the page to the database, and an error of the game engine."""
    return [
        transaction("slot-machine", "p0", None, ("p1", "p0", "http.client"), op="ui.action.click"),
        transaction("gateway", "g0", "p1", ("g1", "g0", "http.client")),
        transaction("game-engine", "e0", "g1", ("e1", "e0", "http.client"), ("e2", "e1", "http.client")),
        transaction("payment", "y0", "e1", ("y1", "y0", "db.query")),
        transaction("analytics", "n0", "e2", ("n1", "n0", "db")),
        event("game-engine", "e1"),
        {"type": "profile_chunk", "service": "game-engine", "payload": {}},
    ]


def of(items, service):
    (found,) = [item for item in items if item["type"] == "transaction" and item["service"] == service]
    return found["payload"]


def test_a_whole_trace_has_no_broken_link(whole):
    """
    Every transaction hangs below its caller, every span in its transaction, every event on a span.
    """
    assert [] == broken_links(whole, WANTED)


def test_the_order_of_arrival_does_not_matter(whole):
    """
    What is called is often there before its caller.
    """
    assert [] == broken_links(whole[::-1], WANTED)


def test_a_service_may_hang_below_the_root_span_of_its_caller(whole):
    """
    A caller without a span for the call hands on its own.
    """
    of(whole, "gateway")["contexts"]["trace"]["parent_span_id"] = "p0"

    assert [] == broken_links(whole, WANTED)


def test_headers_taken_away_are_found(whole):
    """
    Without the headers of the page, the gateway begins a trace of its own: nothing of it is on the page's.
    """
    assert [
        "no transaction of analytics", "no transaction of game-engine", "no transaction of gateway",
        "no transaction of payment", "no span db; there are http.client, ui.action.click",
    ] == broken_links(whole[:1], WANTED)  # fmt: skip


def test_a_trace_without_a_root_is_found(whole):
    """
    The page's own transaction must be there, once, and without a parent.
    """
    missing, twice, below = deepcopy(whole[1:]), deepcopy([*whole, whole[0]]), deepcopy(whole)
    of(below, "slot-machine")["contexts"]["trace"]["parent_span_id"] = "x9"

    assert "no transaction of slot-machine: the trace has no root" in broken_links(missing, WANTED)
    assert "2 transactions of slot-machine, expected one root" in broken_links(twice, WANTED)
    assert ["the root, slot-machine, has a parent: x9"] == broken_links(below, WANTED)


@pytest.mark.parametrize("service", ALL)
def test_a_service_that_is_missing_is_found(whole, service):
    """
    Each service of the firing has a transaction.
    """
    items = [item for item in whole if item["service"] != service]

    assert f"no transaction of {service}" in broken_links(items, WANTED)


@pytest.mark.parametrize(
    ("service", "parent", "callers"),
    [
        ("gateway", "x9", "slot-machine"),
        ("gateway", None, "slot-machine"),
        ("game-engine", "p1", "gateway"),
        ("payment", "p1", "game-engine or gateway"),
        ("analytics", "y0", "game-engine or gateway"),
    ],
)
def test_a_service_below_another_than_its_caller_is_found(whole, service, parent, callers):
    """
    A parent that is nobody's, is missing, or is of a service that did not call, is named with who should have.
    """
    own = of(whole, service)["contexts"]["trace"]
    own["parent_span_id"] = parent

    (said,) = broken_links(whole, WANTED)

    assert f"{service} {own['span_id']} hangs below {parent or 'nothing'}, which is no span of {callers}" == said


def test_another_trace_is_found(whole):
    """
    A transaction, an event or a single span with another trace id is named.
    """
    of(whole, "payment")["contexts"]["trace"]["trace_id"] = OTHER
    of(whole, "analytics")["spans"][0]["trace_id"] = OTHER
    whole[5]["payload"]["contexts"]["trace"]["trace_id"] = OTHER

    assert [
        f"transaction of-payment of payment is on trace {OTHER}, expected {TRACE}",
        f"transaction of-analytics of analytics is on trace {OTHER}, expected {TRACE}",
        f"event failed-game-engine of game-engine is on trace {OTHER}, expected {TRACE}",
    ] == broken_links(whole, WANTED)


def test_a_span_outside_its_transaction_is_found(whole):
    """
    A span hangs below its transaction or another span of it, and not below itself.
    """
    of(whole, "payment")["spans"][0]["parent_span_id"] = "e0"
    of(whole, "analytics")["spans"][0]["parent_span_id"] = "n1"

    assert [
        "span y1 of payment hangs below e0, which is not in its transaction",
        "span n1 of analytics hangs below n1, which is not in its transaction",
    ] == broken_links(whole, WANTED)


def test_a_transaction_that_arrived_twice_is_found(whole):
    """
    The same span of two transactions is named once for each.
    """
    items = [*whole, deepcopy(whole[3])]

    assert ["span y0 of payment is there twice", "span y1 of payment is there twice"] == broken_links(items, WANTED)


def test_a_missing_statement_is_found(whole):
    """
    Where the catalogue wants spans of the database, one must be there; db stands for db.query, not for dbx.
    """
    for service in ("payment", "analytics"):
        of(whole, service)["spans"][0]["op"] = "dbx"

    assert ["no span db; there are dbx, http.client, http.server, ui.action.click"] == broken_links(whole, WANTED)


@pytest.mark.parametrize("span", ["y0", None])
def test_an_event_on_no_span_of_its_service_is_found(whole, span):
    """
    An event names a span of its own service.
    """
    whole[5]["payload"]["contexts"]["trace"]["span_id"] = span

    assert [
        f"event failed-game-engine of game-engine stands on span {span or '(none)'}, which is none of game-engine"
    ] == broken_links(whole, WANTED)


def test_an_event_of_what_outlives_its_request_hangs_below_the_call(whole):
    """
    A task that nobody awaits has a span of its own that is never sent; below whom it hangs must be right all the same.
    """
    own = whole[5]["payload"]["contexts"]["trace"]
    own |= {"span_id": "e9", "parent_span_id": "g1"}

    assert [] == broken_links(whole, WANTED)
    own["parent_span_id"] = "y1"
    assert ["event failed-game-engine of game-engine stands on span e9, which is none of game-engine"] == (
        broken_links(whole, WANTED)
    )


def test_a_stranger_is_found(whole):
    """
    A service that nobody calls has no place on the trace.
    """
    items = [*whole, transaction("coffee", "c0", "g1")]

    assert ["a transaction of coffee, which nobody calls"] == broken_links(items, WANTED)


def test_a_killed_process_may_lack_its_transaction(whole):
    """
    Where the catalogue says that the pod ends, its transaction may be missing, and so may the parent of what it called;
    everything else is as strict as ever.
    """
    items = [item for item in whole if not (item["type"] == "transaction" and item["service"] == "game-engine")]
    killed = Wanted(TRACE, ALL, spans=("db",), killed=("game-engine",))

    assert [] == broken_links(items, killed)
    assert "no transaction of game-engine" in broken_links(items, WANTED)
    assert ["no transaction of gateway"] == broken_links(
        [item for item in items if item["service"] != "gateway"], killed
    )
