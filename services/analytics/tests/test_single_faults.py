import json

VALUES = {
    "spin_id": "5eed5eed5eed5eed",
    "player_id": "somebody@example.org",
    "stake": "4000 1234 5678 9017",
    "win": -98765,
    "reels": ["secret-reel"],
    "note": "hunter2-hunter2",
}


async def test_a_refused_request_is_told_by_fields_and_rules_alone(client, outbox):
    """
    The answer shows the caller its values; the event has fields and rules, and no envelope has any value.
    """
    body = json.dumps(VALUES).encode()

    answer = await client.fire("/api/debug/validation-error?case=request", body=body, Content_Type="application/json")

    (event,) = outbox.of("event")
    await outbox.wait("transaction")
    mistakes = {mistake["field"]: mistake["rule"] for mistake in event["contexts"]["validation"]["mistakes"]}
    assert 422 == answer.code
    assert "4000 1234 5678 9017" in json.loads(answer.body)["detail"]
    assert {"player_id": "string_pattern_mismatch", "stake": "int_type", "win": "greater_than_equal"}.items() <= (
        mistakes.items()
    )
    sent = b"".join(outbox.raw)
    secrets = ["somebody@", "4000 1234", "98765", "secret-reel", "hunter2", "5eed5eed"]
    assert [] == [value for value in secrets if value.encode() in sent]


async def test_a_request_without_a_body_is_the_scenarios_own(client, outbox):
    """
    Fired without a body, the request of a careless page is refused.
    """
    await client.fire("/api/debug/validation-error?case=request")

    (event,) = outbox.of("event")
    fields = [mistake["field"] for mistake in event["contexts"]["validation"]["mistakes"]]
    assert ["stake", "win", "reels", "multiplier", "note"] == fields
    assert b"12,50" not in b"".join(outbox.raw)


async def test_a_request_that_fits_is_no_fault(client, outbox):
    """
    A body that is a spin passes, and nothing is reported.
    """
    spin = {"spin_id": "0" * 16, "player_id": "player-7", "stake": 1, "win": 0, "reels": ["seven"], "multiplier": 0}

    answer = await client.fire("/api/debug/validation-error?case=request", body=json.dumps(spin).encode())

    assert 200 == answer.code
    assert [] == outbox.of("event")


async def test_an_answer_that_does_not_fit_says_no_value(client, outbox):
    """
    The text of a ValidationError of ours names field and rule, and not what was found.
    """
    await client.fire("/api/debug/validation-error?case=response")

    (event,) = outbox.of("event")
    value = event["exception"]["values"][-1]["value"]
    assert "1 validation error for Place\nrank\n" in value
    assert "input_value" not in value


async def test_the_crash_says_which_reader_failed(client, outbox):
    """
    The context has the reader, and how many were served before.
    """
    await client.fire("/api/debug/crash")

    (event,) = outbox.of("event")
    assert {"reader": "back-office", "readers_served": 1, "kept": ["hour"]} == event["contexts"]["summary"]


async def test_a_refused_statement_is_told_by_code_and_shape(served, outbox):
    """
    The server's own sentence and code, and the statement without its values.
    """
    await served.fire("/api/debug/database-error")

    (event,) = outbox.of("event")
    error = event["exception"]["values"][-1]
    assert ("OperationFailure", "15952") == (error["type"], event["tags"]["database_code"])
    assert "$summ" in error["value"]
    statement = json.loads(event["contexts"]["statement"]["shape"])
    assert {"$match": {"stake": {"$gte": "?"}}} == statement["pipeline"][0]


async def test_a_timeout_is_a_statement_that_really_runs(served, outbox, until, parts):
    """
    The span of the statement ends at the deadline, the event has it, and the statement that nobody waits for any more
    ends at the server and is no second event.
    """
    answer = await served.fire("/api/debug/timeout")

    (transaction,) = await outbox.wait("transaction")
    await until(lambda: not parts.database.busy, "the end of the statement")
    (event,) = outbox.of("event")
    (slow,) = [span for span in transaction["spans"] if span["data"]["db.operation"] == "aggregate"]
    assert 504 == answer.code
    assert 1.0 == event["contexts"]["deadline"]["deadline_s"]
    assert "$mod" in slow["description"]
    assert "CancelledError" in [one["type"] for one in event["exception"]["values"]]
    assert [] == outbox.lost
