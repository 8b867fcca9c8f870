"""
What only one of the two engines has. No service depends on either side of these (docs/database.md).
"""

from datetime import UTC, datetime

import pytest
from pymongo.errors import DuplicateKeyError, OperationFailure


def test_a_refused_duplicate_names_its_field_on_mongodb_only(is_ferretdb, ledger):
    """
    MongoDB says `keyPattern` in the error; FerretDB has the index's name in the text alone.
    """
    ledger.insert_one({"_id": 1, "key": "a"})

    with pytest.raises(DuplicateKeyError) as refused:
        ledger.insert_one({"_id": 2, "key": "a"})

    expected = None if is_ferretdb else {"key": 1}
    assert expected == refused.value.details.get("keyPattern")
    assert "one_key" in refused.value.details["errmsg"]


def test_javascript_runs_on_mongodb_only(is_ferretdb, documents):
    """
    `$where` is an unknown operator to FerretDB.
    """
    documents.insert_one({"_id": 1})

    if is_ferretdb:
        with pytest.raises(OperationFailure) as refused:
            list(documents.find({"$where": "true"}))
        assert 2 == refused.value.code
    else:
        assert [{"_id": 1}] == list(documents.find({"$where": "true"}))


def test_explain_gives_the_plan_of_the_engine_that_runs(is_ferretdb, ledger):
    """
    MongoDB names its stages; FerretDB hands on PostgreSQL's plan.
    """
    ledger.insert_one({"_id": 1, "key": "a"})

    planner = ledger.find({"key": "a"}).explain()["queryPlanner"]

    assert ("Plan" if is_ferretdb else "winningPlan") in planner


def test_a_database_of_one_node_has_no_transactions(is_ferretdb, client, documents):
    """
    A multi-document transaction is refused by FerretDB, and by MongoDB without a replica set.
    """
    documents.insert_one({"_id": 0})
    if not is_ferretdb and "setName" in client.admin.command("hello"):
        pytest.skip("a replica set, which has transactions")

    with client.start_session() as session, pytest.raises(OperationFailure), session.start_transaction():
        documents.insert_one({"_id": 1}, session=session)


def test_changes_cannot_be_watched_on_one_node(is_ferretdb, client, documents):
    """
    A change stream is refused by FerretDB, and by MongoDB without a replica set.
    """
    documents.insert_one({"_id": 0})
    if not is_ferretdb and "setName" in client.admin.command("hello"):
        pytest.skip("a replica set, which has change streams")

    with pytest.raises(OperationFailure):
        documents.watch(max_await_time_ms=100).try_next()


def test_days_are_cut_rightly_on_mongodb_only(is_ferretdb, documents):
    """
    `$dateTrunc` by day gives FerretDB's engine a day too early, so that services cut with `$mod` instead.
    """
    documents.insert_one({"_id": 1, "at": datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC)})

    (row,) = documents.aggregate([{"$project": {"day": {"$dateTrunc": {"date": "$at", "unit": "day"}}}}])

    right = datetime(2026, 1, 1, tzinfo=UTC) == row["day"]
    assert right is not is_ferretdb
