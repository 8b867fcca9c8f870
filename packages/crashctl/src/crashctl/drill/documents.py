"""
The report of a drill for programs: JSON and JUnit.
"""

import json
from xml.etree import ElementTree as ET

from crashctl.drill.outcome import BROKEN, Outcome, Report

SUITE = "crashctl drill"


def as_json(report: Report) -> str:
    """
    Write the report as JSON.

    Args:
        report: of the drill.
    """
    document = {
        "green": report.green,
        "took_s": round(report.took_s, 2),
        "cases": [_case(outcome) for outcome in report.outcomes],
        "wrongs": list(report.wrongs),
        "notes": list(report.notes),
        "account": report.account,
    }
    return json.dumps(document, indent=2)


def as_junit(report: Report) -> str:
    """
    Write the report as JUnit XML: one test a case, and one for the restarts that nobody asked for.

    Args:
        report: of the drill.
    """
    suite = ET.Element("testsuite", name=SUITE, time=f"{report.took_s:.2f}")
    for outcome in report.outcomes:
        case = outcome.case
        test = ET.SubElement(suite, "testcase", classname=case.service, name=case.id, time=f"{outcome.took_s:.2f}")
        if outcome.skipped:
            ET.SubElement(test, "skipped", message=outcome.skipped)
        if outcome.verdict == BROKEN:
            failure = ET.SubElement(test, "failure", message=outcome.reasons[0])
            failure.text = "\n".join((*outcome.reasons, outcome.where))
    restarts = ET.SubElement(suite, "testcase", classname="release", name="no unintended restart", time="0")
    if report.wrongs:
        ET.SubElement(restarts, "failure", message=report.wrongs[0]).text = "\n".join(report.wrongs)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("./testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("./testcase/skipped"))))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(outcome: Outcome) -> dict[str, object]:
    compared = outcome.comparison
    return {
        "id": outcome.case.id,
        "verdict": outcome.verdict.lower(),
        "run": outcome.firings[0].run if outcome.firings else None,
        "trace_ids": [firing.trace_id for firing in outcome.firings],
        "fired": len(outcome.firings),
        "due": outcome.due,
        "captured": compared.captured,
        "lost": compared.lost,
        "duplicated": compared.duplicated,
        "seconds_to_capture": None if outcome.seconds is None else round(outcome.seconds, 3),
        "took_s": round(outcome.took_s, 2),
        "reasons": list(outcome.reasons),
        "skipped": outcome.skipped,
    }
