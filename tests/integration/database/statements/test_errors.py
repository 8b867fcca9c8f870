"""
What is refused, and by which code; the codes are what services may rely on, the texts are not.
"""

import pytest
from pymongo import MongoClient
from pymongo.errors import ExecutionTimeout, NetworkTimeout, OperationFailure, ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri

MANY = 3000


def code_of(refused) -> int:
    return refused.value.code


@pytest.mark.parametrize(
    ("pipeline", "code"),
    [
        pytest.param([{"$nope": 1}], 40324, id="unknown stage"),
        pytest.param([{"$group": {"_id": None, "sum": {"$summ": "$n"}}}], 15952, id="unknown accumulator"),
        pytest.param([{"$match": {"n": {"$nope": 1}}}], 2, id="unknown operator"),
    ],
)
def test_a_wrong_statement_has_its_code(documents, pipeline, code):
    """
    A stage, accumulator or operator that does not exist is told apart by its code.
    """
    documents.insert_one({"n": 1})

    with pytest.raises(OperationFailure) as refused:
        list(documents.aggregate(pipeline))

    assert code == code_of(refused)


def test_a_command_that_does_not_exist_has_its_code(client):
    """
    59 is CommandNotFound.
    """
    with pytest.raises(OperationFailure) as refused:
        client.admin.command("nope")

    assert 59 == code_of(refused)


def test_another_index_of_the_same_name_is_refused(documents):
    """
    An index is not silently changed from unique to not unique: 86 is IndexKeySpecsConflict.
    """
    documents.create_index("key", name="one_key", unique=True)

    with pytest.raises(OperationFailure) as refused:
        documents.create_index("key", name="one_key")

    assert 86 == code_of(refused)


def test_a_statement_that_takes_too_long_is_ended(documents):
    """
    `maxTimeMS` ends a slow join with 50, and the server answers the next statement at once.
    """
    documents.insert_many([{"_id": n, "n": n} for n in range(MANY)])
    slow = [
        {"$lookup": {"from": documents.name, "pipeline": [{"$match": {"$expr": {"$gt": ["$n", -1]}}}], "as": "all"}},
        {"$unwind": "$all"},
        {"$group": {"_id": None, "n": {"$sum": 1}}},
    ]

    with pytest.raises(ExecutionTimeout) as ended:
        list(documents.aggregate(slow, maxTimeMS=50))

    assert 50 == code_of(ended)
    assert MANY == documents.count_documents({})


def other_credentials(uri: str, credentials: str) -> str:
    """The same server, other credentials."""
    scheme, _, rest = uri.partition("://")
    _, found, server = rest.rpartition("@")
    if not found:
        pytest.fail("MONGODB_URI has no user, so nothing about logging in can be shown", pytrace=False)
    return f"{scheme}://{credentials}{server}"


@pytest.mark.parametrize("credentials", ["{user}:not-the-password@", "nobody:{password}@"])
def test_a_wrong_login_is_refused(uri, credentials):
    """
    A wrong password and an unknown user give the same answer: 18, AuthenticationFailed.
    """
    parsed = parse_uri(uri)
    wrong = other_credentials(uri, credentials.format(user=parsed["username"], password=parsed["password"]))

    with MongoClient(wrong, serverSelectionTimeoutMS=5000) as client, pytest.raises(OperationFailure) as refused:
        client.admin.command("ping")

    assert 18 == code_of(refused)


def test_nothing_is_read_without_a_login(uri, database_name):
    """
    13 is Unauthorized.
    """
    with (
        MongoClient(other_credentials(uri, ""), serverSelectionTimeoutMS=5000) as client,
        pytest.raises(OperationFailure) as refused,
    ):
        client[database_name]["documents"].find_one()

    assert 13 == code_of(refused)


def test_no_server_is_said_within_the_time_given(unused_port):
    """
    Where nobody listens, the driver gives up after `serverSelectionTimeoutMS`.
    """
    away = f"mongodb://user:password@127.0.0.1:{unused_port}/"

    with MongoClient(away, serverSelectionTimeoutMS=300) as client, pytest.raises(ServerSelectionTimeoutError):
        client.admin.command("ping")


def test_a_server_that_says_nothing_is_given_up(mute_server):
    """
    Where somebody listens and never answers, the driver gives up as well.
    """
    mute = f"mongodb://127.0.0.1:{mute_server}/"

    with (
        MongoClient(mute, serverSelectionTimeoutMS=300, connectTimeoutMS=300, socketTimeoutMS=300) as client,
        pytest.raises((ServerSelectionTimeoutError, NetworkTimeout)),
    ):
        client.admin.command("ping")
