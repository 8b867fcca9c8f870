"""
A part of the stack is away: what its callers see, and that nothing is lost without a word.
"""

import signal

from crashctl.drill.trace import new_trace
from crashctl.waiting import wait_for

CRASH = "/api/v1/game-engine/debug/crash"
WITHIN_S = 20


def counted(stack):
    """How many events the sink has, and how many the SDKs say they dropped."""
    accounts = stack.ask("/api/v1/accounts")
    return accounts["received"].get("event", 0), accounts["discarded_by_sdk"].get("network_error", {}).get("error", 0)


def test_a_service_that_is_down_is_one_event_of_the_gateway(stack):
    """
    The caller gets 503 with the trace and when to come back; the gateway reports it once, as handled.
    """
    trace = new_trace()
    stack.end("game-engine")

    answer = stack.fire(CRASH, trace)

    assert 503 == answer.status_code
    assert "retry-after" in answer.headers
    assert trace.id == answer.json()["trace_id"]
    (event,) = wait_for(lambda: stack.events(trace.id), WITHIN_S, "the gateway's event")
    assert ("gateway", True) == (event["service"], event["handled"])
    drill = stack.drill()
    assert 2 == drill.returncode
    assert "the gateway does not reach game-engine" in drill.stderr


def test_a_service_that_comes_back_is_drilled_again(stack):
    """
    After a service was killed and started again, nothing else needs to be started for the next case to be green.
    """
    stack.end("game-engine", signal.SIGKILL)
    stack.start("game-engine")

    drill = stack.drill("--scenario", "game-engine/crash")

    assert 0 == drill.returncode, drill.stdout + drill.stderr


def test_nothing_is_lost_without_a_word_while_the_sink_is_away(stack):
    """
    A sink that is away delays no answer. Each fault of that time arrives later, or its SDK says that it dropped it.
    """
    stack.end("event-sink", signal.SIGKILL)
    traces = [new_trace() for _ in range(3)]

    statuses = [stack.fire(CRASH, trace).status_code for trace in traces]

    assert [500] * 3 == statuses
    stack.start("event-sink")
    stack.end("game-engine")

    def all_accounted():
        delivered, dropped = counted(stack)
        return delivered + dropped == len(traces)

    assert wait_for(all_accounted, WITHIN_S, "three faults, delivered or counted as lost")


def test_a_sink_that_is_killed_keeps_what_it_took(stack):
    """
    What the sink answered survives its SIGKILL, and the drill is green again once it is back.
    """
    trace = new_trace()
    stack.fire(CRASH, trace)
    wait_for(lambda: stack.events(trace.id), WITHIN_S, "the event before the kill")

    stack.end("event-sink", signal.SIGKILL)
    stack.start("event-sink")

    (event,) = stack.events(trace.id)
    assert "RuntimeError" == event["exception_type"]
    drill = stack.drill("--scenario", "game-engine/crash")
    assert 0 == drill.returncode, drill.stdout + drill.stderr


def test_what_was_captured_is_flushed_when_the_stack_ends(stack):
    """
    SIGTERM right after a fault loses nothing: both processes drain, flush and end with 0.
    """
    trace = new_trace()
    stack.fire(CRASH, trace)

    codes = [stack.end("game-engine"), stack.end("gateway")]

    assert [0, 0] == codes
    assert 1 == len(stack.events(trace.id))
    types = [item["type"] for item in stack.ask(f"/api/v1/traces/{trace.id}")["items"]]
    assert ["event", "transaction", "transaction"] == sorted(types)
