import pytest
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import KNOWN, marks
from crashctl.proof.values import told

WELL_FORMED = ["memory-leak-step", "infinite-loop"]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_what_was_sent_is_well_formed(captured, name):
    """
    Events and transactions as they really came are nothing that Sentry would mark.
    """
    found = [marks(item["payload"]) for item in captured(name).items if item["type"] in KNOWN]

    assert found
    assert [[]] * len(found) == found


def test_what_is_malformed_is_marked(captured):
    """
    A level that does not exist is named with its place, and a transaction without a trace is refused: the check can
    fail.
    """
    capture = captured("infinite-loop")
    capture.event["level"] = "dreadful"
    (transaction, *_) = [item["payload"] for item in capture.items if item["type"] == "transaction"]
    transaction["contexts"]["trace"]["trace_id"] = "none"

    (level,) = marks(capture.event)
    (refused,) = marks(transaction)

    assert level.startswith(".level: ")
    assert "refused: invalid transaction event: trace context is missing trace_id" == refused


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"spans": [{"description": "find player-4711"}]}, "0.spans.0.description: 4711"),
        ({"extra": {"amount": 4711}}, "0.extra.amount: 4711"),
        ({"extra": {"4711": True}}, "0.extra: 4711"),
    ],
)
def test_a_value_is_found_wherever_it_is(payload, place):
    """
    In text, as a number, and as a name.
    """
    assert [place] == told([payload], [4711])
    assert [] == told([payload], ["a-password"])


@pytest.mark.parametrize("text", ["2026-11-25T10:00:00.4711Z", "0a4711ff", 1795601234.4711])
def test_a_number_is_no_part_of_an_id_or_of_a_time(text):
    """
    An amount is not found by chance where the same digits are part of something else.
    """
    assert [] == told([{"text": text}], [4711])


def test_a_value_that_would_be_found_by_chance_is_refused():
    """
    Three digits are in any id: looking for them proves nothing.
    """
    with pytest.raises(ValueError, match="123 would be found by chance"):
        told([], [123])


def _event(kind, value, service="engine", **more):
    exception = {"values": [{"type": "Inner", "value": "x"}, {"type": kind, "value": value}]}
    return {"tags": {"service": service}, "exception": exception, **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_event("KeyError", "machine 3"), _event("KeyError", "machine 12")),
        (_event("KeyError", "id 0123456789abcdef"), _event("KeyError", "id fedcba9876543210")),
        (_event("KeyError", "one\nat 10:00"), _event("KeyError", "one\nat 11:00")),
        ({"message": "grew"}, {"logentry": {"message": "grew"}}),
        (_event("KeyError", "a", fingerprint=["{{ default }}"]), _event("KeyError", "a")),
    ],
)
def test_what_varies_splits_no_issue(one, other):
    """
    Numbers, ids and further lines are no part of the key.
    """
    assert key(one) == key(other)


@pytest.mark.parametrize(
    "other",
    [
        _event("ValueError", "a"),
        _event("KeyError", "b"),
        _event("KeyError", "a", service="payment"),
        _event("KeyError", "a", fingerprint=["a", "b"]),
        {"message": "a", "tags": {"service": "engine"}},
    ],
)
def test_another_fault_is_another_issue(other):
    """
    Kind, words, service and fingerprint each make another issue.
    """
    assert key(_event("KeyError", "a")) != key(other)
