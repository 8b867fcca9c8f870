import gc
import time

import sentry_sdk
from crashkit.profiling import profiled


def burn(seconds):
    """Keep the processor busy."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_profile_is_named_on_the_event(sentry, outbox):
    """
    What ran inside is in a profile whose id the event has.
    """
    sentry.start()

    with profiled():
        burn(0.3)
        sentry_sdk.capture_message("busy")
    sentry_sdk.get_client().close()

    profiles = [payload for kind, payload in outbox.items if kind == "profile_chunk"]
    (event,) = outbox.events
    functions = {frame["function"] for profile in profiles for frame in profile["profile"]["frames"]}
    assert {event["contexts"]["profile"]["profiler_id"]} == {profile["profiler_id"] for profile in profiles}
    assert "burn" in functions


def test_garbage_is_collected_again_when_the_last_has_left(sentry):
    """
    Nothing is collected while anybody is inside, and everything afterwards, also where something failed.
    """
    sentry.start()
    states = []

    try:
        with profiled():
            with profiled():
                states.append(gc.isenabled())
            states.append(gc.isenabled())
            burn(1 / 0)
    except ZeroDivisionError:
        states.append(gc.isenabled())

    assert [False, False, True] == states
