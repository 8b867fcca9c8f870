import json
import logging

from crashkit.logs import JsonLines


def test_a_record_with_a_traceback_is_one_line():
    """
    Message, level, service, trace and the whole traceback stand in one line of JSON.
    """
    formatter = JsonLines("casino", lambda: "a" * 32)
    try:
        {}["joker"]
    except KeyError as error:
        raised = (KeyError, error, error.__traceback__)
    record = logging.LogRecord("reels", logging.ERROR, "reels.py", 1, "it\nbroke: %s", ("joker",), raised)

    text = formatter.format(record)

    line = json.loads(text)
    assert 1 == len(text.splitlines())
    assert ("error", "casino", "reels", "it\nbroke: joker", "a" * 32) == tuple(
        line[name] for name in ("level", "service", "logger", "message", "trace_id")
    )
    assert "KeyError: 'joker'" in line["exception"]


def test_without_a_trace_nothing_is_said_of_one():
    """
    A record outside of any trace has no member for it.
    """
    record = logging.LogRecord("reels", logging.INFO, "reels.py", 1, "quiet", (), None)

    line = json.loads(JsonLines("casino", lambda: None).format(record))

    assert {"time", "level", "service", "logger", "message"} == line.keys()
