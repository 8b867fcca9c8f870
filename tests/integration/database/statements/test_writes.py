"""
What is written: once, whole, and only where nothing unique is there already.
"""

import pytest
from pymongo import InsertOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

DUPLICATE_KEY = 11000


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"_id": "player-7:1", "key": "other"}, id="_id"),
        pytest.param({"_id": "player-7:2", "key": "first"}, id="unique index"),
        pytest.param({"_id": "player-7:2", "key": "other", "closes": "stake"}, id="unique sparse index"),
    ],
)
def test_what_must_be_unique_is_refused_and_changes_nothing(ledger, second):
    """
    A repeated `_id`, key or closed charge is refused with 11000, and the document that is there stays as it was.
    """
    first = {"_id": "player-7:1", "key": "first", "closes": "stake"}
    ledger.insert_one(first)

    with pytest.raises(DuplicateKeyError) as refused:
        ledger.insert_one(second)

    assert DUPLICATE_KEY == refused.value.code
    assert [first] == list(ledger.find())


def test_a_sparse_unique_index_lets_many_have_nothing(ledger):
    """
    Entries that close no charge do not stand in each other's way.
    """
    ledger.insert_many([{"_id": f"player-7:{n}", "key": f"key-{n}"} for n in range(3)])

    assert 3 == ledger.count_documents({"closes": {"$exists": False}})


def test_an_unordered_bulk_stores_all_that_can_be(documents):
    """
    One refused write does not keep those after it from being stored, and the error names the refused one alone.
    """
    documents.insert_one({"_id": 2})

    with pytest.raises(BulkWriteError) as refused:
        documents.bulk_write([InsertOne({"_id": n}) for n in (1, 2, 3)], ordered=False)

    (error,) = refused.value.details["writeErrors"]
    assert (1, DUPLICATE_KEY) == (error["index"], error["code"])
    assert 2 == refused.value.details["nInserted"]
    assert [1, 2, 3] == [found["_id"] for found in documents.find().sort("_id")]


def test_a_batch_of_a_thousand_is_stored(documents):
    """
    The largest batch that a service sends is taken in one go.
    """
    stored = documents.insert_many([{"_id": n} for n in range(1000)], ordered=False)

    assert 1000 == len(stored.inserted_ids) == documents.count_documents({})


def test_a_field_is_removed_where_it_is(ledger):
    """
    `$unset` counts the documents that had the field, and leaves the others as they are.
    """
    ledger.insert_many([{"_id": 1, "key": "a", "hold_until": 5}, {"_id": 2, "key": "b"}])

    one = ledger.update_one({"_id": 1}, {"$unset": {"hold_until": ""}})
    again = ledger.update_many({"_id": {"$in": [1, 2]}}, {"$unset": {"hold_until": ""}})

    assert (1, 1) == (one.matched_count, one.modified_count)
    assert (2, 0) == (again.matched_count, again.modified_count)
    assert 0 == ledger.count_documents({"hold_until": {"$exists": True}})


def test_whole_numbers_stay_exact(documents):
    """
    A number beyond 2^53, where a float would lose the last digit, comes back as it was, and sums are exact.
    """
    large = 2**53 + 1
    documents.insert_many([{"_id": 1, "amount": large}, {"_id": 2, "amount": 1}])

    (total,) = documents.aggregate([{"$group": {"_id": None, "sum": {"$sum": "$amount"}}}])

    assert large == documents.find_one({"_id": 1})["amount"]
    assert large + 1 == total["sum"]


def test_an_update_by_upsert_happens_once(documents):
    """
    `$setOnInsert` writes the first time and nothing the second.
    """
    first = documents.update_one({"_id": "a"}, {"$setOnInsert": {"n": 1}}, upsert=True)
    second = documents.update_one({"_id": "a"}, {"$setOnInsert": {"n": 2}}, upsert=True)

    assert ("a", None) == (first.upserted_id, second.upserted_id)
    assert {"_id": "a", "n": 1} == documents.find_one()


def test_a_number_is_not_added_to_a_text(documents):
    """
    An update that makes no sense is refused with 14 (TypeMismatch), and nothing is changed.
    """
    documents.insert_one({"_id": 1, "n": "text"})

    with pytest.raises(WriteError) as refused:
        documents.update_one({"_id": 1}, {"$inc": {"n": 1}})

    assert 14 == refused.value.code
    assert "text" == documents.find_one({"_id": 1})["n"]


def test_a_dropped_database_is_gone(client, documents, database_name):
    """
    After `dropDatabase` neither documents nor indexes are left.
    """
    documents.create_index("key", unique=True)
    documents.insert_one({"key": 1})

    client.drop_database(database_name)

    assert database_name not in client.list_database_names()
    assert 0 == documents.count_documents({})
    assert {} == documents.index_information()
