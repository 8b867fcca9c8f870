import json

from crashkit.problem import Problem


def test_a_problem_is_written_as_the_rfc_says():
    """
    Type, title, status and detail, and the trace id where there is one: RFC 9457 with one extension.
    """
    problem = Problem(429, "rate", "Try again in 3 s", {"Retry-After": "3"})

    assert {
        "type": "urn:crash-demo:problem:rate",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Try again in 3 s",
        "trace_id": "a" * 32,
    } == json.loads(json.dumps(problem.body("a" * 32)))
    assert "trace_id" not in problem.body()
