"""
The Docker engine: the one that runs, or one that is started by hand, and stopped again by us alone.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from crashctl.cluster import oci_runtime
from crashctl.cluster.cache import locked, write_atomically
from crashctl.cluster.problems import UpError
from crashctl.cluster.process import ToolFailedError, Tools

START_WITHIN_S = 90.0
STOP_WITHIN_S = 40.0
EXEC_ROOT = Path("/run/crash-demo-docker")


class Daemon(BaseModel):
    """
    A daemon that we started.

    Args:
        pid: Process id.
        start_ticks: When the kernel says that it started, so that a reused pid is not taken for it.
    """

    pid: int
    start_ticks: int

    @property
    def is_running(self) -> bool:
        return start_ticks(self.pid) == self.start_ticks


class Engine:
    """
    One machine's Docker.

    Args:
        tools: Runs the client.
        folder: What a daemon of ours owns: data, pid, log, and the note that it is ours.
    """

    def __init__(self, tools: Tools, folder: Path) -> None:
        self._tools = tools
        self._folder = folder
        self._note = folder / "daemon.json"

    @property
    def ours(self) -> Daemon | None:
        """The daemon that we started, if it still runs."""
        if not self._note.is_file():
            return None
        daemon = Daemon.model_validate_json(self._note.read_text(encoding="utf-8"))
        return daemon if daemon.is_running else None

    def server_version(self) -> str | None:
        """
        The version of the daemon that answers.

        Returns:
            None when none runs.

        Raises:
            UpError: there is no client, or this user may not talk to the daemon.
        """
        try:
            return self._tools.output("docker", "version", "--format", "{{.Server.Version}}").strip()
        except FileNotFoundError:
            raise UpError(
                "Docker is not installed.",
                "install Docker Engine or Docker Desktop (Debian: apt-get install docker.io).",
            ) from None
        except ToolFailedError as error:
            if "permission denied" in str(error).lower():
                raise UpError(
                    "Docker runs, but this user may not use it (permission denied on its socket).",
                    "sudo usermod -aG docker $USER, then log in again; or run as root.",
                ) from None
            return None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """
        Keep everybody else from stopping the daemon, for as long as the block runs. Any number may do so at once.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "users.lock").open("a") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH)
            yield

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """
        Whether nobody uses the daemon now; if so, whoever wants to use it waits for the end of the block.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "users.lock").open("a") as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def start(self) -> str:
        """
        Start a daemon by hand and wait until it answers. When two ask at once, one starts it for both.

        Returns:
            Its version.

        Raises:
            UpError: it cannot be started here, or did not answer in time.
        """
        if os.geteuid() != 0 or not shutil.which("dockerd"):
            raise UpError(
                "The Docker daemon is not running.", "start it (sudo systemctl start docker, or open Docker Desktop)."
            )
        with locked(self._folder / "start.lock"):
            return self.server_version() or self._start()

    def _start(self) -> str:
        for pid_file in (self._folder / "dockerd.pid", EXEC_ROOT / "containerd" / "containerd.pid"):
            forget_foreign_pid(pid_file)
        log = self._folder / "dockerd.log"
        with log.open("ab") as output:
            # A session of its own: Ctrl-C in the terminal must not reach it.
            process = subprocess.Popen(
                self._command(), stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )
        write_atomically(
            self._note, Daemon(pid=process.pid, start_ticks=start_ticks(process.pid) or 0).model_dump_json()
        )
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and process.poll() is None:
            if version := self.server_version():
                return version
            time.sleep(0.3)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise UpError(
            f"dockerd was started and did not answer within {START_WITHIN_S:.0f} s ({' '.join(last)[:200]}).",
            f"read {log}",
        )

    def _command(self) -> list[str]:
        command = [
            "dockerd",
            "--data-root",
            str(self._folder / "data"),
            "--exec-root",
            str(EXEC_ROOT),
            "--pidfile",
            str(self._folder / "dockerd.pid"),
        ]
        if oci_runtime.missing_capabilities(Path("/proc/self/status").read_text(encoding="ascii")):
            runtime = self._folder / "oci-runtime"
            source = Path(oci_runtime.__file__).read_text(encoding="utf-8")
            write_atomically(runtime, f"#!/usr/bin/env python3\n{source}", mode=0o755)
            command += ["--add-runtime", f"crash-demo={runtime}", "--default-runtime", "crash-demo"]
        return command

    def stop(self) -> bool:
        """
        Stop the daemon that we started; any other is left alone.

        Returns:
            Whether one was stopped.

        Raises:
            UpError: it did not end in time.
        """
        daemon = self.ours
        self._note.unlink(missing_ok=True)
        if daemon is None:
            return False
        os.kill(daemon.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        while daemon.is_running:
            if time.monotonic() > deadline:
                raise UpError(
                    f"dockerd (process {daemon.pid}) did not end within {STOP_WITHIN_S:.0f} s.", f"kill {daemon.pid}"
                )
            time.sleep(0.2)
        return True


def start_ticks(pid: int) -> int | None:
    """
    When a process started, in the kernel's clock ticks since boot.

    Returns:
        None when there is no such process, or only its corpse.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state == "Z" else int(fields[18])


def forget_foreign_pid(file: Path) -> bool:
    """
    Remove a pid file whose process is another program by now: dockerd would take it for a daemon that still runs.

    Args:
        file: Named after the program, such as ``dockerd.pid``; it need not exist.

    Returns:
        Whether it was removed.
    """
    try:
        program = Path(f"/proc/{int(file.read_text(encoding='ascii'))}/comm").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        program = ""
    if program == file.stem or not file.exists():
        return False
    file.unlink()
    return True
