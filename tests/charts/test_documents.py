"""
What the documents say about the chart is true of the chart.
"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "crash-demo"
PARTS = {path.parent.name: path for path in (CHART / "charts").glob("*/values.yaml")}
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
# A value as it is written in prose or after --set; a file such as game-engine.yaml is none.
NAMED = re.compile(rf"(?<![\w/.-])((?:global|drill|load|{'|'.join(PARTS)})(?:\.[a-zA-Z]+)+)(?![\w/-])")


def values() -> dict:
    own = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return own | {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in PARTS.items()}


def exists(path: str) -> bool:
    found = values()
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_value_that_a_document_names_exists(document):
    """
    Nobody copies a value from the documents that helm then refuses.
    """
    named = {name for name in NAMED.findall(document.read_text(encoding="utf-8")) if name.split(".")[-1] != "yaml"}

    assert [] == sorted(name for name in named if not exists(name))


def test_the_keys_of_a_secret_of_ones_own_are_told(default):
    """
    Whoever brings a Secret along finds each key that it must have in docs/kubernetes.md.
    """
    told = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")

    assert [] == [key for key in default.secret() if f"`{key}`" not in told]


def test_the_values_worth_knowing_have_the_defaults_that_are_told():
    """
    The table of docs/kubernetes.md shows the switches' real defaults.
    """
    told = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    own = values()

    assert re.search(r"\| `global\.faults\.enabled` \| `false` \|", told)
    assert not own["global"]["faults"]["enabled"]
    assert not own["global"]["faults"]["allowGet"]
    assert f"| `global.drainS` | `{own['global']['drainS']}` |" in told
    assert f"| `global.memoryWarningPercent` | `{own['global']['memoryWarningPercent']}` |" in told
    assert f"| `{own['event-sink']['retainMib']}`, `{own['event-sink']['retainH']}` |" in told
