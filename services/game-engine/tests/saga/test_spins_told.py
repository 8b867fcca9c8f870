"""
Asking what became of a spin, traces across the services, and a release without payment.
"""

import pytest

from .conftest import SPIN


@pytest.mark.parametrize(("spin_id", "status", "code"), [("0" * 16, 404, "unknown-spin"), ("x", 422, "spin-id")])
async def test_a_spin_that_nobody_knows_is_refused(casino, spin_id, status, code):
    """
    A spin that took no stake is 404; what is no id is 422. Neither is an event.
    """
    found, answer = await casino.call("GET", f"/spins/{spin_id}")

    assert (status, f"urn:crash-demo:problem:{code}") == (found, answer["type"])
    assert [] == casino.outbox.of("event")


async def test_an_open_spin_is_told_as_open(casino):
    """
    While the stake is held and the win not paid, the spin is open.
    """
    casino.payment.fail("/payouts", *["lost"] * 50)
    _status, failed = await casino.spin()

    _status, state = await casino.call("GET", f"/spins/{failed['spin_id']}")

    assert "open" == state["state"]
    assert "win" not in state


async def test_a_state_that_payment_does_not_tell_is_a_503(casino):
    """
    When payment does not answer, nobody can tell, and that is one event.
    """
    casino.payment.fail(f"/charges/spin:{'0' * 16}:stake", *["lost"] * 50)

    status, answer = await casino.call("GET", f"/spins/{'0' * 16}")

    (event,) = casino.outbox.of("event")
    assert (503, "urn:crash-demo:problem:payment-away") == (status, answer["type"])
    assert "look up" == event["contexts"]["spin"]["step"]


@pytest.mark.parametrize("sampled", [0, 1])
async def test_the_trace_goes_on_to_both_services(casino, sampled):
    """
    Payment and analytics get the caller's trace and its decision, also where it is not kept; a kept one has spans.
    """
    await casino.spin(sampled=sampled)

    calls = casino.payment.calls + casino.analytics.calls
    traces = [headers["Sentry-Trace"].split("-") for _method, _path, headers, _body in calls]
    assert 3 == len(traces)
    assert {("a" * 32, str(sampled))} == {(trace[0], trace[2]) for trace in traces}
    transactions = [found for found in casino.outbox.of("transaction") if found["transaction"] == "POST /spin"]
    assert sampled == len(transactions)
    spans = [span["op"] for transaction in transactions for span in transaction["spans"]]
    assert ["http.client"] * 3 * sampled == [op for op in spans if op == "http.client"]


class TestWithoutPayment:
    @pytest.fixture
    def told(self):
        return {"PAYMENT_URL": ""}

    async def test_a_release_without_payment_plays_no_spin(self, client, outbox):
        """
        Without payment a spin is 503 and says which variable is missing; that is no failure, and no event.
        """
        answer = await client.call("POST", "/spin", body=SPIN)

        assert 503 == answer.code
        assert b"PAYMENT_URL" in answer.body
        assert [] == outbox.of("event")
