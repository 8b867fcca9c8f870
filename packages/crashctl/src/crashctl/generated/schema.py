"""
``catalog/schema.json``: the rules of the catalogue for editors.
"""

import json

from crashkit.catalogue import ServiceFile
from crashkit.service import Services
from pydantic.json_schema import models_json_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(note: str) -> str:
    """
    Give the schema of both kinds of file; ``#/$defs/ServiceFile`` and ``#/$defs/Services`` name one of them.

    Args:
        note: for the first line.
    """
    _, document = models_json_schema([(ServiceFile, "validation"), (Services, "validation")])
    whole = {
        "$comment": note,
        "$schema": DIALECT,
        "title": "The catalogue: one service's scenarios, or the list of services",
        "anyOf": [{"$ref": "#/$defs/ServiceFile"}, {"$ref": "#/$defs/Services"}],
        "$defs": document["$defs"],
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    return text.replace("{\n  ", "{", 1) + "\n"
