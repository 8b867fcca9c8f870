"""
PostgreSQL's start: on an empty volume, on a half-made one, on one that is not its own.
"""

import time

import pytest
from crashctl.cluster.process import ToolFailedError
from crashctl.waiting import wait_for
from pymongo.uri_parser import parse_uri

# A first start takes about a second.
STEP_S = 0.15
PARTS = ("documentdb", "ferretdb")
READY = ("exec", "{name}", "pg_isready", "--quiet", "--host=/tmp", "--username=postgres")


@pytest.fixture
def is_ready(docker):
    def ready(name: str) -> bool:
        try:
            docker(*(part.format(name=name) for part in READY))
        except ToolFailedError:
            return False
        return True

    return ready


def made_up_to(docker, volume: str) -> str:
    """What is on the volume, as another container sees it."""
    return docker(
        "run",
        "--rm",
        "--entrypoint=/bin/sh",
        f"--volume={volume}:/data",
        docker.images["documentdb"],
        "-c",
        "for file in /data/postgresql*; do echo ${file#/data/}; done",
    )


@pytest.mark.timeout(300)
def test_a_kill_at_any_moment_of_the_first_start_is_harmless(docker, server, volume, is_ready):
    """
    Started and killed again and again, each time a little later, it ends up ready on the same volume, with no half-made
    database left beside it.
    """
    seen = set()
    for attempt in range(30):
        name = server(volume)
        began_s = time.monotonic()
        wait_for(
            lambda began_s=began_s, attempt=attempt: time.monotonic() - began_s > attempt * STEP_S, 10, "the moment"
        )
        docker("kill", name)
        seen.add(made_up_to(docker, volume))
        if any("postgresql\n" in f"{found}\n" for found in seen):
            break

    name = server(volume)

    wait_for(lambda: is_ready(name), 60, "the server after all the kills")
    assert any("postgresql.making" in found for found in seen), seen
    assert {"postgresql", "postgresql.lock"} == set(made_up_to(docker, volume).split())


def test_a_new_password_needs_a_new_start_only(docker, server, volume, is_ready, wire):
    """
    The password that the server was last started with is the one that counts, whichever the volume was made with.
    """
    first = server(volume, password="the-first-password")
    wait_for(lambda: is_ready(first), 60, "the first server")
    docker("kill", first)

    second = server(volume, password="the-second-password")
    wait_for(lambda: is_ready(second), 60, "the second server")
    old, new = wire(second, "the-first-password"), wire(second, "the-second-password")

    wait_for(new.answers, 60, "an answer to the new password")
    wait_for(lambda: "password authentication failed" in docker.logs(old.name), 60, "the old password to be refused")
    assert not old.answers()


def test_no_password_is_logged(docker, database):
    """
    Neither container writes the password, nor does the command line of the client that started them hold it.
    """
    password = parse_uri(database.uri)["password"]
    containers = [f"{database.name}-{part}" for part in PARTS]

    assert [] == [name for name in containers if password in docker.logs(name)]
    assert [] == [name for name in containers if password in docker("inspect", "--format={{.Path}} {{.Args}}", name)]


@pytest.mark.parametrize(
    ("password", "said"),
    [("", "MONGODB_PASSWORD is empty"), ("with:colon@and/slash", "a character that a URI would have to escape")],
)
def test_a_password_that_cannot_be_used_is_refused(docker, server, volume, password, said):
    """
    The start ends with 2 and one line that tells the fix, and the password is not in it.
    """
    name = server(volume, password=password)

    assert 2 == docker.exit_code(name)
    logs = docker.logs(name)
    assert said in logs
    assert "Fix: " in logs
    assert not password or password not in logs


def test_two_servers_on_one_volume_are_refused(docker, server, volume, is_ready):
    """
    The second one ends with 2 and says why; the first goes on.
    """
    first = server(volume)
    wait_for(lambda: is_ready(first), 60, "the first server")

    second = server(volume)

    assert 2 == docker.exit_code(second)
    assert "another server uses /data" in docker.logs(second)
    assert is_ready(first)


def test_a_volume_of_another_postgresql_is_refused(docker, server, volume, is_ready):
    """
    A volume that an older image made is named, and not touched.
    """
    first = server(volume)
    wait_for(lambda: is_ready(first), 60, "the first server")
    docker("exec", first, "/bin/sh", "-c", "echo 9 >/data/postgresql/PG_VERSION")
    docker("kill", first)

    second = server(volume)

    assert 2 == docker.exit_code(second)
    assert "was made by PostgreSQL 9" in docker.logs(second)


def test_nobody_reaches_postgresql_from_outside(docker, server, volume, is_ready):
    """
    It listens on its own loopback address and on a socket in its own /tmp, not as root, and runs without a capability.
    """
    name = server(volume)
    wait_for(lambda: is_ready(name), 60, "the server")

    def in_it(command: str) -> str:
        return docker("exec", name, "/bin/sh", "-c", command)

    listening = {line.split()[1] for line in in_it("cat /proc/net/tcp /proc/net/tcp6").splitlines() if " 0A " in line}
    status = dict(line.split(":", 1) for line in in_it("cat /proc/1/status").splitlines())
    # 127.0.0.1:5432, as the kernel writes it.
    assert {"0100007F:1538"} == {address for address in listening if address.endswith(":1538")}
    assert ["10001"] * 4 == status["Uid"].split()
    assert 0 == int(status["CapEff"], 16)
