"""
Orders to misbehave.
"""

import pytest
from event_sink.misbehaviour import Misbehaviour, Order, headers_of
from pydantic import ValidationError


def test_an_order_ends_with_its_count():
    """
    Two requests are treated, the third is not, and the state says so.
    """
    misbehaviour = Misbehaviour()
    misbehaviour.begin(Order(mode="503", count=2))

    met = [misbehaviour.meet({"error"}) is not None for _ in range(3)]

    assert [True, True, False] == met
    assert {"mode": "none"} == misbehaviour.state()


def test_a_category_is_limited_alone():
    """
    A 429 for transactions leaves errors alone and does not count them.
    """
    misbehaviour = Misbehaviour()
    misbehaviour.begin(Order(mode="429", categories=("transaction",), retry_after_s=30, count=1))

    assert misbehaviour.meet({"error"}) is None
    order = misbehaviour.meet({"error", "transaction"})
    assert order is not None
    assert {
        "Retry-After": "30",
        "X-Sentry-Rate-Limits": "30:transaction:organization:misbehaviour",
    } == headers_of(order)


def test_none_is_the_end_of_an_order():
    """
    The mode "none" does what DELETE does.
    """
    misbehaviour = Misbehaviour()
    misbehaviour.begin(Order(mode="drop"))
    misbehaviour.begin(Order(mode="none"))

    assert misbehaviour.meet({"error"}) is None


@pytest.mark.parametrize(
    "order",
    [
        {"mode": "explode"},
        {"mode": "slow", "ms": -1},
        {"mode": "429", "categories": ["error\r\nX-Evil: 1"]},
        {"mode": "503", "count": 0},
        {"mode": "503", "cuont": 3},
        {},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order):
    """
    A typo in an order is an answer, not a sink that behaves well.
    """
    with pytest.raises(ValidationError):
        Order.model_validate(order)
