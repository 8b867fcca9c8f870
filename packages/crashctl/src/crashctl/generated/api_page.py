"""
``docs/api.md``: every path that can be called, and every case with its curl line, budget and answer.
"""

from collections.abc import Iterator

from crashkit.catalogue import BoundCase, Budget, Catalogue, Expect, ExpectedEvent, MemoryWarning, PodEnd

from crashctl.generated.page import page

GATEWAY = "http://localhost:8080"
FAILURE_FROM = 400


def api_page(catalogue: Catalogue) -> str:
    """
    Write the page.

    Args:
        catalogue: the whole catalogue.
    """
    return page(catalogue, "api.md", "Faults of ", _scenario)


def _scenario(name: str, cases: list[BoundCase]) -> Iterator[str]:
    first = cases[0]
    scenario = first.scenario
    yield f"### {scenario.title}: `{first.service.name}/{name}`"
    yield ""
    yield scenario.summary
    yield ""
    for case in cases:
        if case.case_name:
            yield f"**{case.case_name}**: {case.summary}"
            yield ""
        yield from _in_the_page(case) if case.service.runs_in == "page" else _through_the_gateway(case)
        yield f"- Budget: {_budget(case.budget)}"
        yield ""


def _through_the_gateway(case: BoundCase) -> Iterator[str]:
    yield "```sh"
    yield f'curl -i -X POST -H "Authorization: Bearer $FAULTS_TOKEN" {_quoted(GATEWAY + case.path)}'
    yield "```"
    yield ""
    yield f"- Answer: {_answer(case.expect)}"
    yield f"- Sentry: {_captured(case.expect)}, within {case.expect.within_s:g} s"
    yield f"- Pod: {_pod(case.expect)}"


def _in_the_page(case: BoundCase) -> Iterator[str]:
    yield f"Fired in the browser, by its button in the debug panel; <{GATEWAY}{case.path}> opens it there."
    yield ""
    yield f"- Sentry: {_captured(case.expect)}, within {case.expect.within_s:g} s of the press"


def _quoted(url: str) -> str:
    return f"'{url}'" if "?" in url else url


def _answer(expect: Expect) -> str:
    kind = "`application/json`" if (expect.status or 0) < FAILURE_FROM else "`application/problem+json`"
    if expect.pod.ends is PodEnd.NONE:
        return f"{expect.status}, {kind}"
    last = f"502 from the gateway at call {expect.pod.after_calls}, because the service died while it answered"
    return f"{expect.status}, {kind}, until then; {last}" if expect.pod.after_calls > 1 else last


def _captured(expect: Expect) -> str:
    parts = [_event(event) for event in expect.events]
    parts += [f"at least {count} {item.replace('_', ' ')}" for item, count in expect.items.items()]
    parts += [f"a span `{op}`" for op in expect.spans]
    if expect.memory_warning is not MemoryWarning.NEVER:
        often = "one warning" if expect.memory_warning is MemoryWarning.ONCE else "at most one warning"
        calls = " of all calls together" if expect.pod.after_calls > 1 else ""
        parts.append(f"{often}{calls} that memory is near its limit")
    return "; ".join(parts) or "no event"


def _event(event: ExpectedEvent) -> str:
    what = f"`{event.type}`" if event.type else "message"
    said = f' "{event.message}"' if event.message else ""
    flag = {True: ", handled", False: ", unhandled", None: ""}[event.handled]
    holds = f", holding {', '.join(f'`{inner}`' for inner in event.holds)}" if event.holds else ""
    return f"{event.count} x {what}{said} ({event.level}{flag}{holds})"


def _pod(expect: Expect) -> str:
    ends = {
        PodEnd.NONE: "stays as it is",
        PodEnd.OOM: "killed by the kernel at the memory limit (reason OOMKilled, exit code 137)",
        PodEnd.EXIT: "its process ends itself (exit code other than 0)",
        PodEnd.HEAP_ABORT: "aborted at the heap limit (exit code 134)",
        PodEnd.LIVENESS: "killed by the liveness probe (exit code 137, not OOMKilled)",
    }[expect.pod.ends]
    if expect.pod.ends is PodEnd.NONE:
        return ends
    return f"{ends}, restarted once, ready again within {expect.pod.recovers_within_s:g} s"


def _budget(budget: Budget) -> str:
    memory = f"{budget.memory_mib} MiB, " if budget.memory_mib else ""
    held = f" and then {budget.hold_s:g} s held" if budget.hold_s else ""
    return f"{memory}{budget.wall_s:g} s{held}, {budget.per_minute} firings a minute, {budget.at_once} at once"
