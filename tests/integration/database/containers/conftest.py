"""
Databases of the tests' own in Docker, which a test may kill; the images are those of the release.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from crashctl.cluster.layout import Layout, default_cache
from crashctl.cluster.machine import ensure_engine
from crashctl.cluster.process import ToolFailedError, Tools
from crashctl.cluster.progress import Step
from crashctl.cluster.workshop import Workshop
from crashctl.database.images import ensure_images
from crashctl.database.local import HARDENED, USER, LocalDatabase, Running, free_port, memory_limits
from crashctl.waiting import wait_for

PASSWORD = "for-this-test-alone"
PARTS = ("documentdb", "ferretdb")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Docker:
    """The engine, asked as a person would."""

    tools: Tools
    images: dict[str, str]

    def __call__(self, *command: str) -> str:
        return self.tools.output("docker", *command).strip()

    def logs(self, container: str) -> str:
        """What a container wrote to its standard error, where both programs log."""
        return self.tools.output("sh", "-c", f"docker logs {container} 2>&1")

    def runs(self, container: str) -> bool:
        return self("inspect", "--format={{.State.Running}}", container) == "true"

    def exit_code(self, container: str) -> int:
        """Of a container that ends within a minute."""
        wait_for(lambda: not self.runs(container), 60, f"{container} to end")
        return int(self("inspect", "--format={{.State.ExitCode}}", container))


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    shop = Workshop(Layout(default_cache(), "database"))
    step = Step(0)
    with shop.engine.in_use():
        ensure_engine(shop.tools, shop.engine, step)
        yield Docker(Tools(tmp_path_factory.mktemp("docker") / "log", shop.tools.environ), ensure_images(shop, step))


@pytest.fixture(scope="session")
def local(docker: Docker) -> LocalDatabase:
    found = LocalDatabase(docker.tools, memory_limits(Layout(default_cache()).repository))
    found.sweep()
    return found


@pytest.fixture
def database(docker: Docker, local: LocalDatabase) -> Iterator[Running]:
    """One that answers."""
    name = f"crash-demo-test-{os.getpid()}-{next(_numbers)}"
    yield local.start(name, docker.images)
    local.remove(name)


@pytest.fixture
def restart(docker: Docker, local: LocalDatabase) -> Callable[[Running], None]:
    """Start again what was stopped or killed, and wait until it answers."""

    def again(running: Running) -> None:
        for part in PARTS:
            docker("start", f"{running.name}-{part}")
        local.wait(running)

    return again


@pytest.fixture
def server(docker: Docker) -> Iterator[Callable[..., str]]:
    """Start PostgreSQL alone on a volume that may be there already, and give the container's name."""
    started: list[str] = []
    volumes: set[str] = set()

    def start(volume: str, *options: str, password: str = PASSWORD) -> str:
        name = f"{volume}-{len(started)}"
        volumes.add(volume)
        started.append(name)
        environment = ("--env", f"MONGODB_PASSWORD={password}")
        image = docker.images["documentdb"]
        docker(
            "run", "--detach", f"--name={name}", f"--volume={volume}:/data", *HARDENED, *environment, *options, image
        )
        return name

    yield start
    for name in started:
        docker("rm", "--force", "--volumes", name)
    for volume in volumes:
        try:
            docker("volume", "rm", volume)
        except ToolFailedError as error:
            pytest.fail(str(error), pytrace=False)


@dataclass(frozen=True)
class Wire:
    """A FerretDB in front of a server."""

    docker: Docker
    name: str

    def answers(self) -> bool:
        try:
            self.docker("exec", self.name, "/ferretdb", "ping")
        except ToolFailedError:
            return False
        return True


@pytest.fixture
def wire(docker: Docker) -> Iterator[Callable[[str, str], Wire]]:
    """Start a FerretDB with a password in the network of a server; each listens on a port of its own."""
    started: list[str] = []

    def start(server: str, password: str) -> Wire:
        name = f"{server}-wire-{len(started)}"
        started.append(name)
        options = (f"--network=container:{server}", f"--env=PGPASSWORD={password}")
        options += (f"--env=FERRETDB_LISTEN_ADDR=:{27017 + len(started)}",)
        docker("run", "--detach", f"--name={name}", *HARDENED, *options, docker.images["ferretdb"])
        return Wire(docker, name)

    yield start
    for name in started:
        docker("rm", "--force", name)


@dataclass(frozen=True)
class Pod:
    """
    The two in one network that neither of them holds.

    Args:
        running: Where it answers.
        server: PostgreSQL's container.
        wire: FerretDB's.
    """

    running: Running
    server: str
    wire: Wire


@pytest.fixture
def pod(docker: Docker, local: LocalDatabase) -> Iterator[Pod]:
    """As in Kubernetes, where the network outlives each container; and it answers."""
    name, port, image = f"crash-demo-test-{os.getpid()}-pod-{next(_numbers)}", free_port(), docker.images["documentdb"]
    network = f"--network=container:{name}"
    # Interactive, so that `cat` waits for an input that nobody gives.
    docker(
        "run",
        "--detach",
        "--interactive",
        f"--name={name}",
        f"--publish=127.0.0.1:{port}:27017",
        "--entrypoint=cat",
        image,
    )
    try:
        for part, variable in (("documentdb", "MONGODB_PASSWORD"), ("ferretdb", "PGPASSWORD")):
            options = (network, f"--env={variable}={PASSWORD}", "--volume=/data")
            docker("run", "--detach", f"--name={name}-{part}", *HARDENED, *options, docker.images[part])
        running = Running(name, f"mongodb://{USER}:{PASSWORD}@127.0.0.1:{port}/")
        local.wait(running)
        yield Pod(running, f"{name}-documentdb", Wire(docker, f"{name}-ferretdb"))
    finally:
        for container in (f"{name}-ferretdb", f"{name}-documentdb", name):
            docker("rm", "--force", "--volumes", container)


@pytest.fixture
def volume() -> str:
    return f"crash-demo-test-{os.getpid()}-volume-{next(_numbers)}"
