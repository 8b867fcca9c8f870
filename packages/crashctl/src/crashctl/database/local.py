"""
A database of one's own: two containers that share a network and a volume's life, as in the release's pod.
"""

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from crashctl.cluster.engine import start_ticks
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.database.wire import ping
from crashctl.waiting import wait_for

USER = "casino"
READY_WITHIN_S = 60.0
LABEL = "crash-demo.database"
OWNER = "crash-demo.owner"
# As the chart has it. /tmp has an owner because runc gives a tmpfs the mode of the folder below it at each restart.
HARDENED = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:mode=1777,uid=10001,gid=10001",
)


@dataclass(frozen=True)
class Running:
    """
    A database that answers.

    Args:
        name: The first part of its containers' names.
        uri: Where it answers, with user and password.
    """

    name: str
    uri: str


def memory_limits(repository: Path) -> dict[str, str]:
    """
    What each container gets at the most in the release, so that what fits here fits there.

    Args:
        repository: The checkout.

    Returns:
        Container to Docker's spelling of its limit.
    """
    values = yaml.safe_load((repository / "charts/crash-demo/charts/mongodb/values.yaml").read_text(encoding="utf-8"))
    return {
        container: values[container]["resources"]["limits"]["memory"].removesuffix("i").lower()
        for container in ("documentdb", "ferretdb")
    }


class LocalDatabase:
    """
    Starts and removes databases in the engine.

    Args:
        tools: Runs docker.
        limits: Container to its memory limit.
    """

    def __init__(self, tools: Tools, limits: Mapping[str, str]) -> None:
        self._tools = tools
        self._limits = limits

    def start(self, name: str, images: Mapping[str, str], *, port: int = 0, owned: bool = True) -> Running:
        """
        Start one and wait until it answers a ping with its user and password.

        Args:
            name: Not in use yet.
            images: ``documentdb`` and ``ferretdb`` to their references.
            port: On 127.0.0.1; 0 takes a free one.
            owned: Whether it ends with this process, if need be by the next one's `sweep`.

        Raises:
            ToolFailedError: a container did not start; nothing is left of it.
            TooLateError: it did not answer in time; nothing is left of it.
        """
        password = secrets.token_hex(16)
        port = port or free_port()
        running = Running(name, f"mongodb://{USER}:{password}@127.0.0.1:{port}/")
        labels = [f"--label={LABEL}={name}"]
        labels += [f"--label={OWNER}={os.getpid()}:{start_ticks(os.getpid())}"] if owned else []
        try:
            self._run(
                f"{name}-documentdb",
                images["documentdb"],
                *labels,
                f"--memory={self._limits['documentdb']}",
                f"--publish=127.0.0.1:{port}:27017",
                "--volume=/data",
                password={"MONGODB_PASSWORD": password},
            )
            self._run(
                f"{name}-ferretdb",
                images["ferretdb"],
                *labels,
                f"--memory={self._limits['ferretdb']}",
                f"--network=container:{name}-documentdb",
                password={"PGPASSWORD": password},
            )
            self.wait(running)
        except BaseException:
            self.remove(name)
            raise
        return running

    def _run(self, name: str, image: str, *options: str, password: Mapping[str, str]) -> None:
        # By name only: the value is in the client's environment and in no command line.
        variables = [f"--env={variable}" for variable in password]
        self._tools.run(
            "docker", "run", "--detach", f"--name={name}", *HARDENED, *options, *variables, image, env=password
        )

    def wait(self, running: Running) -> None:
        """
        Wait until it answers.

        Raises:
            TooLateError: it did not in time.
        """
        wait_for(lambda: ping(running.uri), READY_WITHIN_S, f"{running.name} to answer a ping", 0.1)

    def remove(self, name: str) -> bool:
        """
        Remove its containers and its volume.

        Returns:
            Whether there were any.
        """
        names = self._named(f"{LABEL}={name}")
        if names:
            self._tools.run("docker", "rm", "--force", "--volumes", *names)
        return bool(names)

    def sweep(self) -> list[str]:
        """
        Remove databases whose owner was killed before it could.

        Returns:
            Their names.
        """
        listed = self._tools.output(
            "docker",
            "ps",
            "--all",
            f"--filter=label={OWNER}",
            f'--format={{{{.Label "{LABEL}"}}}} {{{{.Label "{OWNER}"}}}}',
        )
        owners = dict(line.split() for line in listed.splitlines())
        return [name for name, owner in owners.items() if not _lives(owner) and self.remove(name)]

    def uri(self, name: str) -> str | None:
        """
        Where a database answers that was started by another process.

        Returns:
            None when there is none.
        """
        try:
            variables = self._tools.output(
                "docker", "inspect", "--format={{range .Config.Env}}{{println .}}{{end}}", f"{name}-documentdb"
            )
            port = self._tools.output("docker", "port", f"{name}-documentdb", "27017/tcp").split(":")[-1].strip()
        except ToolFailedError:
            return None
        password = dict(line.split("=", 1) for line in variables.split())["MONGODB_PASSWORD"]
        return f"mongodb://{USER}:{password}@127.0.0.1:{port}/"

    def _named(self, label: str) -> list[str]:
        return self._tools.output("docker", "ps", "--all", f"--filter=label={label}", "--format={{.Names}}").split()


def _lives(owner: str) -> bool:
    pid, _, ticks = owner.partition(":")
    return str(start_ticks(int(pid))) == ticks


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
