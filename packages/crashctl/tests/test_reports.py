import json
from xml.etree import ElementTree as ET

import pytest
from crashctl.drill.contract import Comparison, Firing
from crashctl.drill.documents import as_json, as_junit
from crashctl.drill.outcome import Outcome, Report
from crashctl.drill.show import Show


@pytest.fixture
def report(cases):
    kept, broken, skipped = (cases[f"game-engine/{name}"] for name in ("crash", "error/key-error", "memory-leak/kill"))
    return Report(
        outcomes=[
            Outcome(kept, (Firing(kept, "1" * 32, "run-1"),), Comparison(1, 0, 0, ()), 0.25, took_s=0.5),
            Outcome(
                broken, (Firing(broken, "2" * 32, "run-2"),), Comparison(0, 1, 0, ("1 of 1 KeyError did not arrive",))
            ),
            Outcome(skipped, skipped="its container must end"),
        ],
        wrongs=("gateway-a/gateway restarted 1 times unintended",),
        took_s=3,
    )


def test_a_loss_and_a_restart_make_the_report_not_green(report, cases):
    """
    A drill is green when something was tried, every contract is kept and nothing restarted unasked.
    """
    (kept, *_) = report.outcomes

    assert not report.green
    assert Report([kept]).green
    assert not Report([kept], wrongs=("a restart",)).green
    assert not Report([Outcome(cases["gateway/crash"], skipped="no")]).green


def test_json_holds_what_the_table_holds(report):
    """
    Programs get fired, due, captured, lost, duplicated and the seconds of each case, with the reasons.
    """
    found = json.loads(as_json(report))

    assert [("ok", 1, 1, 1, 0, 0.25), ("broken", 1, 1, 0, 1, None), ("skipped", 0, 0, 0, 0, None)] == [
        (case["verdict"], case["fired"], case["due"], case["captured"], case["lost"], case["seconds_to_capture"])
        for case in found["cases"]
    ]
    assert ["1 of 1 KeyError did not arrive"] == found["cases"][1]["reasons"]
    assert found["green"] is False


def test_junit_names_each_case_and_the_restarts(report):
    """
    A CI server sees one test a case, and one for the restarts that nobody asked for.
    """
    suite = ET.fromstring(as_junit(report))  # noqa: S314 - written a line above

    assert {"tests": "4", "failures": "2", "skipped": "1"} == {
        name: suite.get(name) for name in ("tests", "failures", "skipped")
    }
    failed = [test.get("name") for test in suite if test.find("failure") is not None]
    assert ["game-engine/error/key-error", "no unintended restart"] == failed


def test_the_table_says_what_is_wrong_in_words(report, capsys):
    """
    Without a terminal the report is plain text: a row a case, the reasons, and the sum in the last line.
    """
    Show().report(report)

    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "game-engine/error/key-error: 1 of 1 KeyError did not arrive" in said
    assert "run run-2, trace " + "2" * 32 in said
    last = said.strip().splitlines()[-1]
    assert last == "NOT GREEN after 3.0 s: 1 kept, 1 broken, 1 skipped; 1 events captured, 1 lost, 0 duplicated"
