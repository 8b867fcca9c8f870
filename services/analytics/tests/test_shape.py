import json
from datetime import UTC, datetime

import pytest
from analytics.database.shape import shape


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ({"find": "spins", "filter": {"_id": "00c0ffee00c0ffee"}}, {"find": "spins", "filter": {"_id": "?"}}),
        (
            {"insert": "spins", "documents": [{"_id": "a", "stake": 100}, {"_id": "b", "stake": 2}]},
            {"insert": "spins", "documents": [{"_id": "?", "stake": "?"}]},
        ),
        (
            {"aggregate": "spins", "pipeline": [{"$match": {"at": {"$gte": datetime.now(UTC)}}}, {"$limit": 10}]},
            {"aggregate": "spins", "pipeline": [{"$match": {"at": {"$gte": "?"}}}, {"$limit": "?"}]},
        ),
        (
            {"aggregate": "a", "pipeline": [{"$lookup": {"from": "b", "pipeline": [{"$match": {"player": "p"}}]}}]},
            {"aggregate": "a", "pipeline": [{"$lookup": {"from": "b", "pipeline": [{"$match": {"player": "?"}}]}}]},
        ),
        (
            {"aggregate": "a", "pipeline": [{"$group": {"_id": "$player_id", "n": {"$sum": 1}}}, {"$sort": {"n": -1}}]},
            {
                "aggregate": "a",
                "pipeline": [{"$group": {"_id": "$player_id", "n": {"$sum": "?"}}}, {"$sort": {"n": -1}}],
            },
        ),
        (
            {
                "aggregate": "a",
                "pipeline": [{"$match": {"$or": [{"player": "p"}, {"key": b"k"}, {"from": {"x": 1.5}}]}}],
            },
            {
                "aggregate": "a",
                "pipeline": [{"$match": {"$or": [{"player": "?"}, {"key": "?"}, {"from": {"x": "?"}}]}}],
            },
        ),
        ({"explain": {"aggregate": "a", "pipeline": []}}, {"explain": {"aggregate": "?", "pipeline": []}}),
    ],
)
def test_a_shape_has_names_and_no_values(statement, told):
    """
    Operators, fields and collections that the code wrote stay; whatever came from a caller is masked at any depth.
    """
    assert told == json.loads(shape(statement))
