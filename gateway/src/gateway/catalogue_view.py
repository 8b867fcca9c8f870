"""
The catalogue as ``GET /api/v1/catalog`` gives it: written once, told apart by an ETag.
"""

import hashlib
import json
from http import HTTPStatus

from crashkit.catalogue import BoundCase, Catalogue
from crashkit.guard import Policy

from gateway.call import JSON, Call
from gateway.conditional import has_already


class CatalogueView:
    """
    The document.

    Args:
        catalogue: the whole catalogue.
        policy: whether and how faults can be fired here.
        present: names of the services that are part of this release.
        pass_state: whether a pass to the faults is ``offered``, or the token is ``asked``.
    """

    def __init__(self, catalogue: Catalogue, policy: Policy, present: frozenset[str], pass_state: str) -> None:
        methods = (["POST", "GET"] if policy.allow_get else ["POST"]) if policy.enabled else []
        document = {
            "faults": {"enabled": policy.enabled, "methods": methods, "pass": pass_state},
            "services": [
                {"name": service.name, "prefix": service.prefix, "language": service.language,
                 "runs_in": service.runs_in, "present": service.name in present}
                for service in catalogue.services
            ],
            "scenarios": _scenarios(catalogue, methods),
        }  # fmt: skip
        self._body = json.dumps(document, indent=2).encode() + b"\n"
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'.encode()

    async def answer(self, call: Call) -> None:
        """Answer with the document, or say that the caller has it already."""
        headers = [(b"etag", self._etag), (b"cache-control", b"no-cache")]
        if has_already(call, self._etag):
            await call.answer(HTTPStatus.NOT_MODIFIED, b"", JSON, headers)
        else:
            await call.answer(HTTPStatus.OK, self._body, JSON, headers)


def _scenarios(catalogue: Catalogue, methods: list[str]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    cases: dict[str, list[dict[str, object]]] = {}
    for case in catalogue.cases():
        name = f"{case.service.name}/{case.scenario_name}"
        cases.setdefault(name, []).append(_case(case))
        found.setdefault(
            name,
            {
                "id": name,
                "service": case.service.name,
                "path": case.service.gateway_path(case.scenario.path),
                "panel": case.scenario.panel.value,
                "title": case.scenario.title,
                "summary": case.scenario.summary,
                "methods": methods if case.service.runs_in == "cluster" else [],
                "runbook": case.scenario.runbook.model_dump(mode="json"),
                "cases": cases[name],
            },
        )
    return list(found.values())


def _case(case: BoundCase) -> dict[str, object]:
    return {
        "id": case.id,
        "case": case.case_name,
        "path": case.path,
        "summary": case.summary,
        "budget": case.budget.model_dump(mode="json"),
        "expect": case.expect.model_dump(mode="json", exclude_none=True),
    }
