"""
A Sentry DSN, taken apart.
"""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Dsn:
    """Where an SDK sends, and with which key. The key stays out of its text form."""

    base_url: str
    project_id: str
    key: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Take a DSN apart.

        Args:
            text: ``https://<key>@<host>[:port][/prefix]/<project id>``.

        Raises:
            ValueError: a part is missing; the message names it and never repeats the DSN.
        """
        parts = urlsplit(text.strip())
        prefix, _, project_id = parts.path.rpartition("/")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the DSN has no http(s) host; it looks like https://<key>@<host>/<project id>")
        if not parts.username:
            raise ValueError("the DSN has no key before the @; it looks like https://<key>@<host>/<project id>")
        if not project_id.isascii() or not project_id.isdigit():
            raise ValueError("the DSN does not end in a project id (digits); copy it whole from the project's settings")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        return cls(f"{parts.scheme}://{host}{port}{prefix}", project_id, parts.username)

    @property
    def envelope_url(self) -> str:
        return f"{self.base_url}/api/{self.project_id}/envelope/"
