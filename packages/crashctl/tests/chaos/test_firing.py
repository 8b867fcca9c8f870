import pytest
from crashctl.chaos.firing import Fired, add_up
from crashctl.chaos.lives import Death, Key
from crashctl.drill.answers import Answer
from crashctl.drill.contract import compare

AT = 1_795_766_423.0


@pytest.fixture
def shot(firing, captured):
    """A fault that was really fired, its answer and its trace; a test takes from it what it wants lost."""
    capture = captured("crash")
    made = firing("game-engine/crash", capture.answer["body"]["trace_id"][0], capture.event["tags"]["run"])
    return Fired(made, capture.answered(), AT, AT + 1), capture


def died(component, at):
    return Death(Key("uid", component, 0), "pod", component, "Error", 137, at)


def test_events_of_a_fault_that_was_answered_all_arrive(shot):
    """
    What was answered as promised has all its events.
    """
    fired, capture = shot

    found = add_up([(fired, compare(fired.firing, capture.read()))], [])

    assert fired.is_kept
    assert (1, 1, 1, 1, 0, []) == (
        found.fired, found.kept, found.due, found.captured, found.cut_off, found.problems
    )  # fmt: skip


@pytest.mark.parametrize(
    ("component", "after_s", "is_lost"),
    [("game-engine", 3, False), ("game-engine", 60, True), ("payment", 3, True), ("game-engine", -5, True)],
)
def test_only_a_death_of_its_service_meanwhile_excuses_a_lost_event(shot, component, after_s, is_lost):
    """
    An event that is not there was cut off where its own service died while the fault ran; else it is lost.
    """
    fired, capture = shot
    capture.drop("event")

    found = add_up([(fired, compare(fired.firing, capture.read()))], [died(component, AT + after_s)])

    assert is_lost == bool(found.problems)
    assert (0, int(not is_lost)) == (found.captured, found.cut_off)


@pytest.mark.parametrize(
    ("component", "after_s", "handled", "is_lost"),
    [("mongodb", -20, False, False), ("mongodb", -200, False, True), ("mongodb", 30, False, True),
     ("payment", -20, False, True), ("mongodb", -20, True, True)],
)  # fmt: skip
def test_another_error_is_the_fault_s_where_the_database_was_away(shot, component, after_s, handled, is_lost):
    """
    A statement that the database cannot be given fails in another way than promised: that event is captured, where the
    database died not long before, and nobody handled it.
    """
    fired, capture = shot
    error = capture.event["exception"]["values"][-1]
    error["type"] = "MongoNetworkError"
    error["mechanism"]["handled"] = handled

    found = add_up([(fired, compare(fired.firing, capture.read()))], [died(component, AT + after_s)])

    assert is_lost == bool(found.problems)
    assert (int(not is_lost), int(not is_lost)) == (found.captured, found.otherwise)


def test_an_event_that_comes_twice_is_named_whatever_the_answer_was(shot):
    """
    A second event of one fault is one too many, also where the answer never came.
    """
    fired, capture = shot
    capture.repeat_event()
    unanswered = Fired(fired.firing, Answer(0, "", None, {}), AT, AT + 1)

    for one in (fired, unanswered):
        (only,) = add_up([(one, compare(one.firing, capture.read()))], []).problems
        assert "1 events too many" in only
