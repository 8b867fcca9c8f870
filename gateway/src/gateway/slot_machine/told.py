"""
What the page is told by the release: one block of JSON in its HTML, and the addresses for people.
"""

import json
from uuid import UUID

from crashkit.guard import Policy

from gateway.settings import Settings

INGEST = "/api/v1/envelopes"
OFFERED = "offered"
ASKED = "asked"


class Links:
    """
    Where people look at what was captured. Each is none where there is nothing to look at.

    Args:
        issues_url: Bugsink, as browsers reach it.
        traces_url: Spotlight, as browsers reach it.
    """

    def __init__(self, issues_url: str | None, traces_url: str | None) -> None:
        self.issues = issues_url.rstrip("/") if issues_url else None
        self.traces = traces_url.rstrip("/") if traces_url else None

    def issue(self, event_id: str | None) -> str | None:
        """Give the page of Bugsink that leads from an event to its issue."""
        if self.issues is None or event_id is None:
            return None
        try:
            return f"{self.issues}/issues/event/{UUID(event_id)}/"  # its route takes no id without hyphens
        except ValueError:
            return None

    def issues_of(self, project_id: int | None, trace_id: str) -> str | None:
        """Give the list of the issues of a trace in one project; of all issues where the project is not known."""
        if self.issues is None:
            return None
        if project_id is None:
            return f"{self.issues}/issues/all/"
        return f"{self.issues}/issues/{project_id}/all/?q=trace:{trace_id}"

    def trace(self, trace_id: str) -> str | None:
        """Give the page of Spotlight that shows a trace."""
        return None if self.traces is None else f"{self.traces}/telemetry/traces/{trace_id}/context"


def pass_state(policy: Policy, lasts_s: int) -> str:
    """Say whether a visitor is given a pass to the faults, or is asked for the token."""
    return OFFERED if policy.enabled and lasts_s > 0 else ASKED


def settings_block(settings: Settings) -> str:
    """
    Write what the page must know before it asks anything.

    Args:
        settings: of the process.

    Returns:
        JSON that can stand in a script element: no character in it ends or opens anything.
    """
    told = {
        "release": settings.sentry_release,
        "environment": settings.sentry_environment,
        "sample_rate": settings.traces_sample_rate,
        "ingest": INGEST if settings.page_dsn else None,
        "faults": {
            "enabled": settings.faults_enabled,
            "pass": pass_state(settings.policy, settings.fault_pass_s),
        },
        "links": {"issues": settings.page_issues_url, "traces": settings.page_traces_url},
    }
    return json.dumps(told).replace("<", "\\u003c")
