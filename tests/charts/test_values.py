"""
What helm refuses: keys that nobody reads, values of the wrong form. And what a reader of the values finds.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "crash-demo"
VALUES = sorted(CHART.rglob("values.yaml"))
PARTS = [path.parent for path in VALUES if path.parent != CHART]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"gatway": {}}, r"crash-demo:\n- at '': additional properties 'gatway' not allowed"),
        ({"gateway": {"replcias": 2}}, r"gateway:\n- at '': additional properties 'replcias' not allowed"),
        ({"spotlight": {"probes": {"live": {}}}}, r"spotlight:\n- at '/probes': additional properties 'live' not all"),
        ({"global": {"fault": {"enabled": True}}}, r"crash-demo:\n- at '/global': additional properties 'fault' not"),
        (
            {"global": {"faults": {"enable": True}}},
            r"- at '/global/faults': additional properties 'enable' not allowed",
        ),
        ({"global": {"secrets": {"token": "x"}}}, r"- at '/global/secrets': additional properties 'token' not allowed"),
        ({"bugsink": {"enabled": False}}, r"bugsink:\n- at '': additional properties 'enabled' not allowed"),
        ({"common": {"x": 1}}, r"- at '/common': additional properties 'x' not allowed"),
    ],
)
def test_a_typo_is_refused_and_named(refusal, values, says):
    """
    A key that nobody reads is refused at the root, in a part, and in what the parts share; the message says where.
    """
    assert re.search(says, refusal(values))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"global": {"faults": {"enabled": "yes"}}}, "'/global/faults/enabled': got string, want boolean"),
        (
            {"global": {"sentry": {"tracesSampleRate": 20}}},
            "'/global/sentry/tracesSampleRate': maximum: got 20, want 1",
        ),
        ({"global": {"faults": {"passS": 3601}}}, "'/global/faults/passS': maximum: got 3,601, want 3,600"),
        ({"global": {"drainS": 61}}, "'/global/drainS': maximum: got 61, want 60"),
        ({"global": {"memoryWarningPercent": 100}}, "'/global/memoryWarningPercent': maximum: got 100, want 95"),
        ({"global": {"memoryWarningPercent": "80%"}}, "'/global/memoryWarningPercent': got string, want integer"),
        ({"global": {"image": {"pullPolicy": "ifnotpresent"}}}, "must be one of 'IfNotPresent', 'Always', 'Never'"),
        ({"global": {"mongodb": {"timeoutMs": 3}}}, "'/global/mongodb/timeoutMs': minimum: got 3, want 100"),
        ({"payment": {"heapPercent": 100}}, "'/heapPercent': maximum: got 100, want 75"),
        ({"payment": {"resources": {"limits": {"memory": "512M"}}}}, "'/resources/limits/memory'"),
        ({"analytics": {"database": "a/b"}}, "'/database'"),
        ({"load": {"rate": 0}}, "'/load/rate': minimum: got 0, want 0.01"),
        ({"gateway": {"resources": {"limits": {"memory": "160"}}}}, "'/resources/limits/memory'"),
        ({"gateway": {"service": {"type": "Nodeport"}}}, "one of 'ClusterIP', 'NodePort', 'LoadBalancer'"),
        ({"gateway": {"service": {"nodePort": 30081}}}, "set gateway.service.type=NodePort too"),
        ({"gateway": {"page": {"issuesUrl": "localhost:8091"}}}, "'/page/issuesUrl'"),
        ({"gateway": {"page": {"tracesUrl": "http://user@localhost:8969"}}}, "'/page/tracesUrl'"),
        ({"gateway": {"corsOrigins": ["https://casino.example.com/page"]}}, "'/corsOrigins/0'"),
        ({"bugsink": {"baseUrl": "localhost:8091"}}, "'/baseUrl'"),
        ({"drill": {"scenarios": ["crash"]}}, "'/drill/scenarios/0'"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(refusal, values, says):
    """
    A value that would fail later, in the cluster, fails here and is named.
    """
    assert says in refusal(values)


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.parent.name)
def test_every_value_is_explained(path):
    """
    Above each key of a values file stands a comment.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    bare = [
        f"{number}: {line}"
        for number, line in enumerate(lines, start=1)
        if re.match(r"\s*[A-Za-z-]+:", line) and not lines[number - 2].lstrip().startswith("#")
    ]

    assert [] == bare


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.parent.name)
def test_schema_and_values_name_the_same_keys(path):
    """
    Each default is in the schema, and each key that the schema knows has its default to be read.
    """
    schema = json.loads(path.with_suffix(".schema.json").read_text())
    values = yaml.safe_load(path.read_text())
    elsewhere = {"global", "common"} if path.parent != CHART else {"common", *(part.name for part in PARTS)}

    def keys(found: dict) -> set[str]:
        found = schema["$defs"][found["$ref"].rpartition("/")[2]] if "$ref" in found else found
        names = set()
        for name, inner in found.get("properties", {}).items():
            names |= {name} | {f"{name}.{key}" for key in keys(inner)}
        return names

    def defaults(found: dict) -> set[str]:
        names = set()
        for name, inner in found.items():
            names |= {name} | {f"{name}.{key}" for key in (defaults(inner) if isinstance(inner, dict) else ())}
        return names

    known = {name for name in keys(schema) if name.partition(".")[0] not in elsewhere}
    assert known == defaults(values)


def test_schemas_agree_on_what_they_share():
    """
    A definition of one name is the same in every chart: a schema file cannot point into another chart's.
    """
    seen: dict[str, dict[str, list[str]]] = {}
    for path in CHART.rglob("values.schema.json"):
        for name, definition in json.loads(path.read_text())["$defs"].items():
            seen.setdefault(name, {}).setdefault(json.dumps(definition, sort_keys=True), []).append(path.parent.name)

    assert {} == {name: list(found.values()) for name, found in seen.items() if len(found) > 1}


def test_every_object_of_a_schema_is_closed():
    """
    No object of a schema lets unknown keys through, save those whose keys are the user's own.
    """
    free = {
        "annotations",
        "nodeSelector",
        "items",
        "global",
        "gateway",
        "game-engine",
        "event-sink",
        "bugsink",
        "spotlight",
        "payment",
        "analytics",
        "mongodb",
        "coroner",
    }

    def open_objects(found: object, name: str) -> list[str]:
        if not isinstance(found, dict):
            return []
        mine = [name] if found.get("type") == "object" and found.get("additionalProperties") is not False else []
        return mine + [each for key, inner in found.items() for each in open_objects(inner, key)]

    for path in CHART.rglob("values.schema.json"):
        assert set(open_objects(json.loads(path.read_text()), "root")) <= free
