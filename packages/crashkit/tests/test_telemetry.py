import logging
import warnings

import pytest
import sentry_sdk
from crashkit.settings import ServiceSettings, SettingsError
from crashkit.telemetry import capture_unhandled, sampler, trace_id


def raised(error):
    """Give the error with the traceback of somebody who raised it."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_event_says_what_the_process_was(sentry, outbox):
    """
    Release, environment, service, pod, and the figures of the moment are in each event.
    """
    sentry.start()

    with sentry.lifecycle.request():
        capture_unhandled(raised(KeyError("joker")), "test")

    (event,) = outbox.events
    runtime = event["contexts"]["runtime"]
    assert "casino" == event["tags"]["service"]
    assert "pod-1" == event["server_name"]
    assert ("crash-demo@0.1.0", "development") == (event["release"], event["environment"])
    pod = {"pod": "pod-1", "namespace": "casino", "pod_uid": "uid-1", "node": "node-1", "restart_count": 0}
    assert pod == event["contexts"]["k8s"]
    assert {**pod, "framework": "1.2.3", "open_requests": 1}.items() <= runtime.items()
    figures = ("resident_mib", "threads", "uptime_s", "cpu_user_s", "cpu_system_s", "cpu_percent")
    assert all(runtime[name] >= 0 for name in figures)
    assert 5 < runtime["resident_mib"] < 2000


def test_the_mistake_of_nobody_is_unhandled(sentry, outbox):
    """
    What is captured for somebody who did not handle it counts against the crash-free rate.
    """
    sentry.start()

    capture_unhandled(raised(KeyError("joker")), "test")

    (event,) = outbox.events
    assert {"type": "test", "handled": False} == event["exception"]["values"][-1]["mechanism"]


@pytest.mark.parametrize(("logger", "handled"), [("asyncio", False), ("tornado.application", False), ("game", True)])
def test_a_last_resort_is_no_handler(logger, handled, sentry, outbox):
    """
    An error that a framework logs because nobody handled it is unhandled; one that our code logs is handled.
    """
    sentry.start(last_resorts=["tornado.application"])

    logging.getLogger(logger).error("it failed", exc_info=raised(KeyError("joker")))

    (event,) = outbox.events
    assert handled is event["exception"]["values"][-1]["mechanism"]["handled"]


@pytest.mark.parametrize(
    ("level", "events"), [("debug", 0), ("info", 0), ("warning", 0), ("error", 1), ("critical", 1)]
)
def test_a_warning_is_an_event_by_intent_only(level, events, sentry, outbox):
    """
    A log line is an event from error upwards; a warning becomes one where the code captures it, and not otherwise.
    """
    sentry.start()

    getattr(logging.getLogger("game"), level)("the reels turn slowly")

    assert events == len(outbox.events)
    sentry_sdk.capture_message("The reels turn too slowly to go on", level="warning")
    assert "warning" == outbox.events[-1]["level"]


def test_an_error_that_is_told_twice_is_one_event(sentry, outbox):
    """
    The same exception, captured where it is raised and again further up, is one event; the same mistake made again is
    another.
    """
    sentry.start()
    first, again = raised(KeyError("joker")), raised(KeyError("joker"))

    for error in (first, first, again):
        capture_unhandled(error, "test")

    assert 2 == len(outbox.events)


def test_a_mistake_in_before_send_costs_no_event(sentry, outbox, monkeypatch):
    """
    When the figures cannot be read the event goes out with a note.
    """
    sentry.start()
    monkeypatch.setattr("crashkit.cgroup.read_memory", lambda: 1 / 0)

    capture_unhandled(raised(KeyError("joker")), "test")

    (event,) = outbox.events
    assert "KeyError" == event["exception"]["values"][-1]["type"]
    assert "ZeroDivisionError" in event["extra"]["before_send_failed"]


def test_long_strings_are_cut(sentry, outbox):
    """
    A local variable of 2 MB does not make an event that Sentry refuses.
    """
    sentry.start()

    def fail():
        recording = "x" * 2_000_000
        return {}[recording[:3]]

    try:
        fail()
    except KeyError as error:
        capture_unhandled(error, "test")

    (event,) = outbox.events
    recording = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]["recording"]
    assert len(recording) <= 1024 + 10


@pytest.mark.parametrize(
    ("path", "parent", "kept"),
    [
        ("/debug/crash", None, 1.0),
        ("/debug/crash", False, 1.0),
        ("/healthz/live", True, 0.0),
        ("/spin", None, 0.2),
        ("/spin", True, 1.0),
        ("/spin", False, 0.0),
    ],
)
def test_faults_are_kept_and_probes_are_not(path, parent, kept):
    """
    A fault's trace is kept whatever the caller decided, a probe's never; the rest follows the caller, or the rate.
    """
    decide = sampler(
        0.2,
        is_fault=lambda context: context["path"].startswith("/debug/"),
        is_control=lambda context: context["path"].startswith("/healthz/"),
    )

    assert kept == decide({"path": path, "parent_sampled": parent})


def test_a_bad_dsn_is_named_and_not_shown(sentry, monkeypatch):
    """
    What is no DSN stops the start, with the name of the variable.
    """
    monkeypatch.setenv("SENTRY_DSN", "http://secret-part@")
    sentry.settings = ServiceSettings()

    with pytest.raises(SettingsError, match=r"^SENTRY_DSN: ") as refused:
        sentry.start()

    assert "secret-part" not in str(refused.value)


def test_without_a_dsn_everything_works_and_nothing_is_sent(sentry, outbox, monkeypatch):
    """
    A service without a DSN starts, fails as ever, and still knows traces.
    """
    monkeypatch.delenv("SENTRY_DSN")
    sentry.settings = ServiceSettings()
    sentry.start()

    capture_unhandled(raised(KeyError("joker")), "test")

    assert [] == outbox.items
    assert 32 == len(trace_id())


def test_the_start_warns_of_nothing(sentry):
    """
    No option that the SDK calls deprecated is used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sentry.start()

    assert sentry_sdk.get_client().is_active()
