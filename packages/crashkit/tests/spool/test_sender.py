"""
Who waits for whom, where an answer is about one event only.
"""

import pytest
from crashctl.waiting import wait_for
from crashkit.spool import sender as sending
from crashkit.spool.counts import Counts
from crashkit.spool.pace import Answer
from crashkit.spool.sender import Sender
from crashkit.spool.store import MIB, Store

AN_HOUR_S = 3600.0
POISON = b"poison"


@pytest.fixture
def spool(tmp_path, monkeypatch):
    """A sender to a Sentry whose answers a test decides; a pause after a failure does not end within a test."""
    monkeypatch.setattr(sending, "pause_s", lambda _: AN_HOUR_S)
    store = Store(tmp_path, MIB, 100, Counts())
    made = []

    def make(answers):
        posted = []

        def post(body):
            posted.append(body)
            return answers(body)

        sender = Sender(store, post, lambda: 0.0, lambda *_: None)
        made.append(sender)

        def capture(*bodies):
            for at, body in enumerate(bodies):
                sender.add(store.write(f"{len(posted) + at:032x}", body))

        return store, posted, capture

    yield make
    for sender in made:
        sender.stop()


@pytest.mark.parametrize("status", [500, 408, 503])
def test_one_that_is_refused_while_others_are_accepted_waits_alone(spool, status):
    """
    An event that Sentry chokes on makes no other wait: neither those behind it nor those that are captured later.
    """
    store, posted, capture = spool(lambda body: Answer(status if body == POISON else 200))

    capture(POISON, *[b"good %d" % at for at in range(10)])
    wait_for(lambda: 10 == store.counts.all()["delivered"], 30, "ten others")
    capture(b"later")
    wait_for(lambda: 11 == store.counts.all()["delivered"], 30, "one more")

    assert 1 == store.files
    assert 1 == posted.count(POISON)


def test_where_nobody_is_accepted_all_wait(spool):
    """
    The second failure in a row is one of Sentry, and nobody is sent before the pause is over.
    """
    store, posted, capture = spool(lambda _: Answer(503))

    capture(*[b"event %d" % at for at in range(10)])
    wait_for(lambda: 2 == len(posted), 30, "two attempts")
    capture(b"later")

    assert [b"event 0", b"event 1"] == posted
    assert 11 == store.files


def test_who_asks_for_a_pause_gets_it(spool):
    """
    An answer with Retry-After is about all, also the first one.
    """
    store, posted, capture = spool(lambda _: Answer(503, 30.0))

    capture(*[b"event %d" % at for at in range(10)])
    wait_for(lambda: posted, 30, "an attempt")
    capture(b"later")

    assert [b"event 0"] == posted
    assert 11 == store.files
