"""
A Python service as a process of its own, and a receiver of its envelopes on a real port.
"""

import gzip
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil

from crashctl.proof.http import Handler, serving
from crashctl.waiting import wait_for

TOKEN = "a-fault-token-of-the-tests"  # noqa: S105 - of a process that lives for one test
MIB = 1024 * 1024
SLOWNESS_S = 0.02
ENDS_WITHIN_S = 60


def anonymous_mib(pid: int) -> float:
    """
    Give the resident memory of a process that is no file's (MiB): what it took for itself.

    Pages of libraries count as resident too, and the kernel takes them away and brings them back as others need
    memory: the difference of two sizes must be of these alone.
    """
    memory = psutil.Process(pid).memory_info()
    return float((memory.rss - memory.shared) / MIB)


def _brotli(body: bytes) -> bytes:
    # The SDK compresses with brotli where some other package has brought it along.
    found: bytes = importlib.import_module("brotli").decompress(body)
    return found


DECODERS: dict[str | None, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": _brotli}


class Sentry(ThreadingHTTPServer):
    """
    Keeps the items of all envelopes, slowly, as a Sentry under load does.

    Args:
        project_id: of the DSN.
    """

    def __init__(self, project_id: int) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.items: list[tuple[str, dict[str, Any]]] = []  # Any: JSON
        self.dsn = f"http://{'0' * 32}@127.0.0.1:{self.server_port}/{project_id}"

    def keep(self, envelope: bytes) -> None:
        """Take one envelope."""
        lines = envelope.splitlines()[1:]
        for header, payload in zip(lines[::2], lines[1::2], strict=True):
            self.items.append((json.loads(header)["type"], json.loads(payload)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Give the payloads of one item type."""
        return [payload for item_kind, payload in self.items if item_kind == kind]


class _Receiver(Handler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.body()
        threading.Event().wait(SLOWNESS_S)
        self.server.keep(DECODERS.get(self.headers.get("Content-Encoding"), bytes)(body))
        self.answer(200, b"{}")


@contextmanager
def receiving(project_id: int) -> Iterator[Sentry]:
    """Run a receiver for as long as the block lasts."""
    with serving(Sentry(project_id)) as server:
        yield server


class Service:
    """
    The process, and how it is called.

    Args:
        module: what ``python -m`` starts.
        catalog: folder of the catalogue.
        before: a command that runs it.
        changes: of its environment.
    """

    def __init__(self, module: str, catalog: Path, *, before: Sequence[str] = (), **changes: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        faults = {"FAULTS_ENABLED": "true", "FAULTS_TOKEN": TOKEN}
        known = {**os.environ, "CATALOG_DIR": str(catalog), "HOST": "127.0.0.1", "PORT": str(self.port), **faults}
        # A file: a pipe that nobody reads holds 64 KiB, and then the process waits for its reader.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        command = [*before, sys.executable, "-m", module]
        self.process = subprocess.Popen(command, env={**known, **changes}, stderr=self._log)

    def call(self, path: str, method: str = "GET") -> int | None:
        """Give the status of an answer; none where there is no answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def text(self, path: str) -> bytes:
        """Give the body of an answer that is well."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            found: bytes = answer.read()
            return found

    def wait(self, condition: Callable[[], object], what: str, within_s: float = 60) -> None:
        """Wait until something is so, while the process lives."""

        def lives_and_is_so() -> object:
            if self.process.poll() is not None:
                raise AssertionError("\n".join(self.logged()))
            return condition()

        wait_for(lives_and_is_so, within_s, what)

    def ready(self) -> "Service":
        """Wait until it is ready."""
        self.wait(lambda: self.call("/healthz/ready") == 200, "ready")  # noqa: PLR2004
        return self

    def resident_mib(self) -> float:
        """Give its resident memory (MiB)."""
        return float(psutil.Process(self.process.pid).memory_info().rss / MIB)

    def anonymous_mib(self) -> float:
        """Give its anonymous resident memory (MiB)."""
        return anonymous_mib(self.process.pid)

    def address_space_limit(self) -> tuple[int, int]:
        """Give its RLIMIT_AS, soft and hard (bytes)."""
        soft, hard = psutil.Process(self.process.pid).rlimit(psutil.RLIMIT_AS)
        return soft, hard

    def end(self) -> tuple[int, list[str]]:
        """Ask it to end, and give its status and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, list[str]]:
        """Wait for its end, and give its status and what it logged."""
        return self.process.wait(timeout=ENDS_WITHIN_S), self.logged()

    def logged(self) -> list[str]:
        """Give the lines of its log."""
        self._log.seek(0)
        return self._log.read().decode().splitlines()

    def close(self) -> None:
        """End it without a word, and forget its log."""
        self.process.kill()
        self.process.wait()
        self._log.close()
