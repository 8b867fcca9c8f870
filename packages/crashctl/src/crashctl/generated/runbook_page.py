"""
``docs/runbook.md``: for each scenario what is seen, where to look, what to do, and how to find it.
"""

from collections.abc import Iterator

from crashkit.catalogue import BoundCase, Catalogue

from crashctl.generated.page import page

SINK = "http://localhost:8090"
BUGSINK = "http://localhost:8091"
GATEWAY = "http://localhost:8080"


def runbook_page(catalogue: Catalogue) -> str:
    """
    Write the page.

    Args:
        catalogue: the whole catalogue.
    """
    return page(catalogue, "runbook.md", "", _scenario)


def _scenario(name: str, cases: list[BoundCase]) -> Iterator[str]:
    first = cases[0]
    scenario, project = first.scenario, first.service.project_id
    full_name = f"{first.service.name}/{name}"
    yield f"### {scenario.title}: `{full_name}`"
    yield ""
    yield f"- **Symptom:** {scenario.runbook.symptom}"
    yield f"- **Look at:** {scenario.runbook.look_at}"
    yield f"- **Remedy:** {scenario.runbook.remedy}"
    for title in _titles(cases):
        yield f"- **Issue:** {title}"
    if first.service.runs_in == "page":
        yield f"- **Fire:** in a browser, by its button in the debug panel (<{GATEWAY}{first.path}>)"
    yield ""
    yield "```sh"
    yield f"curl '{SINK}/api/v1/events?service={first.service.name}&scenario={name}&type=event'"
    yield (
        f'curl -H "Authorization: Bearer $BUGSINK_TOKEN" '
        f"'{BUGSINK}/api/canonical/0/issues/?project={project}&q=scenario:{name}'"
    )
    yield "```"
    yield ""


def _titles(cases: list[BoundCase]) -> list[str]:
    found: dict[str, list[str]] = {}
    for case in cases:
        for event in case.expect.events:
            title = ": ".join(part for part in (event.type, event.message) if part)
            names = found.setdefault(f"`{title}`", [])
            if case.case_name and case.case_name not in names:
                names.append(case.case_name)
    return [f"{title} (case {', '.join(names)})" if names else title for title, names in found.items()]
