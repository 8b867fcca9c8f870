"""
Every item of two whole drills: well-formed for Sentry, free of what must not be told, and grouped rightly.
"""

import os
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from crashctl.proof.grouping import key
from crashctl.proof.normaliser import KNOWN, marks
from crashctl.proof.values import told

pytestmark = pytest.mark.timeout(500)

SECRETS = ["the-fault-token-of-the-tests", "the-sink-token-of-the-tests"]


@pytest.fixture(scope="module")
def items(lasting_stack, two_drills):
    """Everything that two drills left in the sink, by the case that was fired."""
    found = defaultdict(list)
    for drill in two_drills:
        for case in drill["cases"]:
            for trace in case["trace_ids"]:
                found[case["id"]] += lasting_stack.ask(f"/api/v1/traces/{trace}")["items"]
    return found


def test_sentry_would_mark_nothing(items):
    """
    Sentry's own normaliser finds each event and each transaction of every case well-formed.
    """
    marked = {
        (case, item["type"], mark)
        for case, all_of_it in items.items()
        for item in all_of_it
        if item["type"] in KNOWN
        for mark in marks(item["payload"], item["project_id"])
    }

    assert items
    assert set() == marked


def test_no_secret_is_told(items):
    """
    No token of the stack and no password of the database is in any item of any case.
    """
    payloads = [item["payload"] for all_of_it in items.values() for item in all_of_it]

    password = urlsplit(os.environ["MONGODB_URI"]).password

    assert [] == told(payloads, [*SECRETS, *([password] if password else [])])


def test_a_fault_twice_is_one_issue_and_two_faults_are_two(items):
    """
    What issues are grouped by is equal for both firings of a case. It is equal for two cases only where the catalogue
    says that they are one fault fired in two ways: same scenario, same words.
    """
    keys = {
        case: sorted(key(item["payload"]) for item in all_of_it if item["type"] == "event")
        for case, all_of_it in items.items()
    }
    cases = defaultdict(set)
    for case, found in keys.items():
        for one in found:
            cases[one].add("/".join(case.split("/")[:2]))

    assert {case: found[::2] for case, found in keys.items()} == {case: found[1::2] for case, found in keys.items()}
    assert {} == {one: shared for one, shared in cases.items() if len(shared) > 1}
