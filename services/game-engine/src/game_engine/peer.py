"""
Another service of the casino, called over connections that are kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

# Node and uvicorn close a connection that was idle for 5 s; ours are gone before, so that none is closed under a call.
KEEP_ALIVE_S = 4.0
CONNECTIONS = 64
# A pod that is gone answers nothing at all; its Service has another one soon.
CONNECT_S = 1.0
SERVER_ERROR = 500


class UnknownOutcomeError(Exception):
    """Nobody can say whether the call was carried out: no answer came, or none that says."""

    def __init__(self, peer: str, found: str) -> None:
        super().__init__(f"{peer} gave no answer that says what became of the call")
        self.peer = peer
        self.found = found


@dataclass(frozen=True)
class Answer:
    """
    What a peer answered.

    Args:
        status: HTTP status.
        body: members of its JSON document; empty where it sent none.
    """

    status: int
    body: Mapping[str, object] = field(repr=False)

    @property
    def problem(self) -> str | None:
        """The code of the problem, where it is one of ours."""
        found = str(self.body.get("type", ""))
        prefix = "urn:crash-demo:problem:"
        return found.removeprefix(prefix) if found.startswith(prefix) else None


class Peer:
    """
    One service, with a pool of connections of its own.

    Args:
        name: as messages name it.
        url: where it is.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: str,
        document: Mapping[str, object] | None = None,
        *,
        timeout_s: float,
    ) -> Answer:
        """
        Call once.

        Args:
            method: HTTP method.
            path: at the service.
            document: what is sent as JSON.
            timeout_s: for all of it, a free connection included (seconds).

        Raises:
            UnknownOutcomeError: no answer came in time, or one of 500 and above.
        """
        body = None if document is None else json.dumps(document).encode()
        headers = {} if document is None else {"Content-Type": "application/json"}
        try:
            async with self._opened().request(
                method,
                self._url + path,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S),
                allow_redirects=False,
            ) as response:
                answer = Answer(response.status, _members(await response.read()))
        except TimeoutError as error:
            raise UnknownOutcomeError(self.name, f"no answer within {timeout_s:.1f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnknownOutcomeError(self.name, type(error).__name__) from error
        if answer.status >= SERVER_ERROR:
            raise UnknownOutcomeError(self.name, f"{answer.status} {answer.problem or ''}".rstrip())
        return answer

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        # A session belongs to the running loop, which is not there yet when the service is put together.
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_S)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def _members(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
