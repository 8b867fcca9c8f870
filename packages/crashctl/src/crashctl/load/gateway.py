"""
The release, as the load sees it: JSON over a connection that is kept.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 35.0  # above the gateway's own limit, so that it is the gateway who gives up
JSON = {"Content-Type": "application/json"}


class NoAnswerError(Exception):
    """The gateway gave no answer."""


@dataclass(frozen=True)
class Answer:
    """
    What came back.

    Args:
        status: HTTP status.
        body: the JSON document; empty where there is none.
    """

    status: int
    body: Mapping[str, Any]  # Any: JSON

    @property
    def problem(self) -> str:
        """Say what was refused, for a message."""
        return f"{self.status} {self.body.get('detail') or ''}".rstrip()


class Gateway:
    """
    One connection to the gateway, for one thread.

    Args:
        url: of the gateway.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        self._root = parts.path.rstrip("/") + "/api/v1"

    def get(self, path: str) -> Answer:
        """Read, at a path below ``/api/v1``; once more where a kept connection had been closed."""
        try:
            return self._call("GET", path, None)
        except NoAnswerError:
            return self._call("GET", path, None)

    def send(self, method: str, path: str, document: Mapping[str, object]) -> Answer:
        """
        Send a document, once: whether an unanswered call may be repeated is not known here.

        Raises:
            NoAnswerError: nobody answered, or not with HTTP.
        """
        return self._call(method, path, json.dumps(document).encode())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _call(self, method: str, path: str, body: bytes | None) -> Answer:
        try:
            self._connection.request(method, self._root + path, body, JSON if body else {})
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        return Answer(response.status, _document(content))


def _document(content: bytes) -> Mapping[str, Any]:  # Any: JSON
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
