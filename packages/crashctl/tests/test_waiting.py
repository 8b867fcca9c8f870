import pytest
from crashctl.waiting import TooLateError, wait_for


def test_waiting_ends_with_what_came():
    """
    The first answer that is not false ends the waiting and is given back.
    """
    answers = iter([None, 0, "here"])

    assert "here" == wait_for(lambda: next(answers), 5, "the answer", step_s=0)


def test_waiting_in_vain_says_for_what():
    """
    When the time is up, the message names what was awaited and how long; a time of zero still asks once.
    """
    asked = []

    with pytest.raises(TooLateError, match="waited 0 s for the moon; it did not come"):
        wait_for(lambda: asked.append(1), 0, "the moon")

    assert [1] == asked
