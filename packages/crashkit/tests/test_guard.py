import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from crashkit.guard import Guard, Policy, run_tag
from crashkit.loading import load_catalogue
from crashkit.problem import Problem
from hypothesis import given
from hypothesis import strategies as st

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
TOKEN = "the-token-of-the-tests"
BEARER = f"Bearer {TOKEN}"
CRASH = CATALOGUE.find("game-engine", "crash")
STEP = CATALOGUE.find("game-engine", "memory-leak", "step")
BUDGET = CATALOGUE.find("game-engine", "memory-leak", "budget")
LOOP = CATALOGUE.find("game-engine", "infinite-loop")


class Clock:
    """Seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def guard(clock):
    return Guard(CATALOGUE, Policy(enabled=True, allow_get=False, token=TOKEN), clock)


def admit(guard, *, scenario="crash", case=None, method="POST", authorization=BEARER, service="game-engine"):
    return guard.admit(service, scenario, case, method=method, authorization=authorization)


def refused(call, *arguments, **named):
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


def fire(guard, case, tag="t"):
    with guard.firing(case, tag) as run:
        return run


def hold(guard, case, released):
    with guard.firing(case, "holder") as run:
        run.hold(lambda: released.append(run))
    return run


def test_the_right_token_is_admitted(guard):
    """
    POST with the token fires; the scheme's upper case does not matter, spaces around the token neither.
    """
    assert CRASH == admit(guard)
    assert CRASH == admit(guard, authorization=f"bearer  {TOKEN} ")


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer tökén"]
)
def test_any_other_token_is_401(guard, given):
    """
    No token, another one, another scheme and letters outside of ASCII are 401, which says what is needed but no token.
    """
    problem = refused(admit, guard, authorization=given)

    assert 401 == problem.status
    assert 'Bearer realm="faults"' == problem.headers["WWW-Authenticate"]
    assert TOKEN not in problem.detail


def test_nothing_is_fired_while_faults_are_off(clock):
    """
    Off means 403 for everybody, with the token too, and says how to turn them on.
    """
    guard = Guard(CATALOGUE, Policy(enabled=False, allow_get=True, token=""), clock)

    problem = refused(admit, guard)

    assert 403 == problem.status
    assert "global.faults.enabled=true" in problem.detail


def test_get_fires_only_where_it_is_allowed(guard, clock):
    """
    GET is 405 unless it is switched on; then it needs no token, but a wrong one is refused all the same.
    """
    open_guard = Guard(CATALOGUE, Policy(enabled=True, allow_get=True, token=TOKEN), clock)

    problem = refused(admit, guard, method="GET")

    assert (405, "POST") == (problem.status, problem.headers["Allow"])
    assert CRASH == admit(open_guard, method="GET", authorization=None)
    assert 401 == refused(admit, open_guard, method="GET", authorization="Bearer wrong").status
    assert 405 == refused(admit, open_guard, method="PUT").status


@pytest.mark.parametrize(
    ("scenario", "case", "said"),
    [
        ("nothing", None, "game-engine has no scenario 'nothing'; GET /api/v1/catalog lists all"),
        ("error", "nothing", "has no case 'nothing'; it has value-error, type-error"),
        ("crash", "any", "game-engine/crash has no cases; found 'any'; leave it out"),
    ],
)
def test_what_is_unknown_is_404_and_told(guard, scenario, case, said):
    """
    An unknown scenario or case is 404, and the answer says what there is.
    """
    problem = refused(admit, guard, scenario=scenario, case=case)

    assert 404 == problem.status
    assert said in problem.detail


def test_the_minutes_firings_are_counted(guard, clock):
    """
    One firing more than the budget allows in sixty seconds is 429 with the seconds to wait, after which it fires again.
    """
    for _ in range(LOOP.budget.per_minute):
        fire(guard, LOOP)
        clock.now += 1

    problem = refused(fire, guard, LOOP)
    wait_s = int(problem.headers["Retry-After"])

    assert 429 == problem.status
    assert 60 - LOOP.budget.per_minute < wait_s <= 61
    clock.now += wait_s
    assert LOOP == fire(guard, LOOP).case


def test_a_refused_firing_costs_nothing(guard, clock):
    """
    What was refused as busy does not use the minute's firings up.
    """
    hold(guard, BUDGET, [])
    for _ in range(BUDGET.budget.per_minute * 2):
        assert 409 == refused(fire, guard, BUDGET).status
    guard.stop()

    assert BUDGET == fire(guard, BUDGET).case


def test_a_second_leak_is_busy_while_the_first_holds(guard):
    """
    What is held counts as active: the next firing is 409, which names the holder, and the way to stop it.
    """
    hold(guard, BUDGET, [])

    problem = refused(fire, guard, BUDGET)

    assert 409 == problem.status
    assert "game-engine/memory-leak/budget, run holder, 60 s left" in problem.detail
    assert "DELETE /api/v1/faults" in problem.detail


def test_a_hold_ends_with_its_time(guard, clock):
    """
    What was held is freed once its seconds are over, and the next may fire.
    """
    released = []
    run = hold(guard, BUDGET, released)
    clock.now += BUDGET.budget.hold_s + 0.1

    assert [] == guard.active()
    assert [run] == released
    assert BUDGET == fire(guard, BUDGET).case


def test_stopping_frees_what_is_held_once(guard):
    """
    Stop frees everything once, tells how much there was, and leaves nothing active.
    """
    released = []
    run = hold(guard, STEP, released)

    assert 1 == guard.stop()
    assert 0 == guard.stop()
    assert [run] == released
    assert run.stopped
    assert [] == guard.active()


def test_a_run_that_fails_is_not_active_any_more(guard):
    """
    A fault that raises leaves no trace in the list of what runs.
    """

    def divide():
        with guard.firing(CRASH, "t"):
            return len(guard.active()) / 0

    with pytest.raises(ZeroDivisionError):
        divide()

    assert [] == guard.active()


def test_as_many_at_once_as_the_budget_says(guard):
    """
    Threads that all fire at the same moment: exactly as many as the budget allows get in, the others are 409.
    """
    number = 2 * CRASH.budget.at_once
    together = threading.Barrier(number)
    done = threading.Event()

    def try_it(_):
        together.wait()
        try:
            with guard.firing(CRASH, "t"):
                done.wait(10)
        except Problem as problem:
            return problem.status
        return 200

    with ThreadPoolExecutor(number) as pool:
        answers = [pool.submit(try_it, at) for at in range(number)]
        while sum(answer.done() for answer in answers) < CRASH.budget.at_once:
            threading.Event().wait(0.01)
        done.set()
        found = sorted(answer.result() for answer in answers)

    assert [200] * CRASH.budget.at_once + [409] * CRASH.budget.at_once == found


@given(st.lists(st.sampled_from(["fire", "hold", "stop", "wait"]), max_size=40))
def test_no_order_of_things_lets_more_hold_than_allowed(steps):
    """
    However firings, holds, stops and time follow each other: never more active than the budget allows, and whatever was
    held is freed exactly once.
    """
    clock, released, held = Clock(), [], []
    guard = Guard(CATALOGUE, Policy(enabled=True, allow_get=False, token=TOKEN), clock)
    for step in steps:
        try:
            if step == "fire":
                fire(guard, STEP)
            elif step == "hold":
                held.append(hold(guard, STEP, released))
            elif step == "stop":
                guard.stop()
            else:
                clock.now += 25
        except Problem as problem:
            assert problem.status in {409, 429}  # noqa: PT017 - both are right, anything else is not
        assert len(guard.active()) <= STEP.budget.at_once

    guard.stop()
    assert sorted(map(id, held)) == sorted(map(id, released))


@given(st.text(max_size=80))
def test_a_run_tag_is_plain_or_refused(text):
    """
    Whatever a caller gives is a plain tag of 1 to 64 characters, or 400: nothing else gets into tags and logs.
    """
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

    if 1 <= len(text) <= 64 and set(text) <= allowed:
        assert text == run_tag(text)
    else:
        assert 400 == refused(run_tag, text).status


def test_without_a_run_tag_one_is_made():
    """
    Each firing without a tag gets one of its own.
    """
    assert run_tag(None) != run_tag(None)


def test_the_token_is_in_no_text_of_the_policy():
    """
    Local variables reach events by their repr, which does not hold the token.
    """
    assert TOKEN not in repr(Policy(enabled=True, allow_get=False, token=TOKEN))
