"""
A sink whose name leads nowhere: real lookups of the C library, at a resolver that is told what to say.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from crashctl.waiting import wait_for

from tests.integration.weather.conftest import PROJECTS
from tests.integration.weather.senders import Sender, arrived, wait_sent
from tests.integration.weather.sky import Names

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a process a resolver of its own"),
]

NAME = "sink.weather.test"
ADDRESS = "127.77.53.1"
NUMBER = 12
# The service's own flush at the end, its drain, and what starting and ending take on a slow machine.
ENDS_WITHIN_S = 45


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names(ADDRESS)
    yield made
    made.close()


@pytest.fixture
def under(tmp_path: Path) -> list[str]:
    """What starts a process that asks our resolver, and no other: as in a pod, with a search list."""
    conf = tmp_path / "resolv.conf"
    conf.write_text(f"nameserver {ADDRESS}\nsearch casino.svc.cluster.local svc.cluster.local\noptions ndots:5\n")
    command = ["unshare", "--mount", "sh", "-c", f'mount --bind {conf} /etc/resolv.conf && exec "$@"', "sh"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this machine gives a process no mounts of its own: {tried.stderr.strip()}")
    return command


@pytest.fixture
def begin(start, sky, language, under) -> Callable[[], Sender]:
    """Start a process that knows the sink by a name."""
    return partial(start, sky.dsn(PROJECTS[language]).replace("127.0.0.1", NAME), under)


def test_a_name_that_leads_nowhere_yet_costs_nothing(begin, names, sink, account):
    """
    While there is no such name, errors are captured and kept; when there is one, each arrives once.
    """
    names.says = "no such name"
    process = begin()
    process.capture(NUMBER)
    wait_for(lambda: names.asked, 60, "a lookup")
    assert NUMBER <= process.figures()["files"]

    names.says = "the way"
    wait_sent(sink, process, NUMBER)

    assert NUMBER == arrived(sink, process)
    process.end()
    code, found = account()
    events = found["services"][process.project]["items"]["event"]
    assert (0, [], {}) == (code, found["not_closed"], events["discarded"]), found["verdict"]


def test_a_resolver_that_says_nothing_holds_up_nobody(begin, names, sink, account):
    """
    Lookups that hang for many seconds keep neither a capture nor the end of the process; the next start sends.
    """
    process = begin()
    process.capture(NUMBER)
    wait_for(lambda: names.asked, 60, "a lookup")
    began = time.monotonic()
    process.end()
    assert time.monotonic() - began < ENDS_WITHIN_S

    names.says = "the way"
    last = begin()
    wait_sent(sink, last, NUMBER)

    assert NUMBER == arrived(sink, last)
    last.end()
    code, found = account()
    assert (0, []) == (code, found["not_closed"]), found["verdict"]
