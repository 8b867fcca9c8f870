"""
Many at once: what is unique is granted to one of them, whoever they are.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier, Event
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

AT_ONCE = 8
BACK_OFF_S = 0.2
# PostgreSQL's own failures arrive packed into numbers above all of MongoDB's; a deadlock is one, and is tried again.
LEAST_OF_POSTGRESQL = 10_000_000

Documents = Collection[dict[str, Any]]  # Any: BSON values


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """
    Let all begin at the same moment.
    """
    ready = Barrier(AT_ONCE)

    def wait_and_act(number: int) -> Any:
        ready.wait(10)
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(wait_and_act, range(AT_ONCE)))


def granted(collection: Documents, entry: dict[str, Any], unique: str) -> bool:
    """
    Whether an insert was done. One that the engine broke off wrote nothing: what is there is read before it is said
    again, and it is said again after a while that chance decides, because writers that repeat blindly or in step keep
    each other from ever being done.
    """
    chance = Random()
    while True:
        try:
            collection.insert_one(entry)
        except DuplicateKeyError:
            return False
        except OperationFailure as error:
            if (error.code or 0) < LEAST_OF_POSTGRESQL:
                raise
            if collection.find_one({unique: entry[unique]}):
                return False
            Event().wait(chance.uniform(0, BACK_OFF_S))
        else:
            return True


@pytest.mark.parametrize("unique", ["_id", "key", "closes"])
def test_one_of_many_inserts_wins(ledger, unique):
    """
    Whatever is unique, of many inserts at once exactly one is done, and all others get 11000.
    """
    for round_ in range(10):

        def insert(number: int, round_: int = round_) -> bool:
            entry = {"_id": f"{round_}:{number}", "key": f"k{round_}:{number}", "closes": f"c{round_}:{number}"}
            return granted(ledger, {**entry, unique: f"the one {round_}"}, unique)

        assert 1 == at_once(insert).count(True)
    assert 10 == ledger.count_documents({})


def test_a_ledger_has_no_gaps_and_no_lost_entries(ledger):
    """
    Many writers that each read the last entry and insert the next one make one unbroken chain with the right balance.
    """
    each = 5

    def append(number: int) -> None:
        for n in range(each):
            while True:
                last = ledger.find_one(sort=[("seq", -1)]) or {"seq": 0, "balance": 0}
                seq, balance = last["seq"] + 1, last["balance"] + 3
                entry = {"_id": seq, "seq": seq, "key": f"{number}:{n}", "balance": balance}
                if granted(ledger, entry, "_id"):
                    break

    at_once(append)

    entries = list(ledger.find().sort("seq"))
    assert list(range(1, AT_ONCE * each + 1)) == [entry["seq"] for entry in entries]
    assert [3 * entry["seq"] for entry in entries] == [entry["balance"] for entry in entries]


def test_a_counter_loses_nothing(documents):
    """
    `$inc` of many at once adds up, also through `findOneAndUpdate`.
    """
    documents.insert_one({"_id": "counter", "n": 0})

    seen = at_once(lambda _: documents.find_one_and_update({"_id": "counter"}, {"$inc": {"n": 1}})["n"])

    assert AT_ONCE == documents.find_one()["n"]
    assert list(range(AT_ONCE)) == sorted(seen)


def test_indexes_made_by_many_at_once_are_made_once(documents):
    """
    Replicas that start together all make the same indexes, and all go on.
    """
    at_once(lambda _: documents.create_index("key", name="one_key", unique=True))

    assert {"_id_", "one_key"} == set(documents.index_information())
