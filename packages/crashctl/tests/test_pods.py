from dataclasses import replace

import pytest
from crashctl.drill.pods import Container, end_mismatches, unintended
from crashkit.catalogue import PodEnd

ENGINE = Container("engine-a", "game-engine", "game-engine", restarts=2, ready=True)
GATEWAY = Container("gateway-a", "gateway", "gateway", restarts=0, ready=True)
BEFORE = {container.key: container for container in (ENGINE, GATEWAY)}
KILLED = replace(ENGINE, restarts=3, ended_by="OOMKilled", exit_code=137)


def after(*containers):
    return {**BEFORE, **{container.key: container for container in containers}}


def test_a_kill_for_memory_is_recognised():
    """
    One restart, reason OOMKilled, exit code 137, ready again: the contract of a case that ends in an OOM kill.
    """
    assert [] == end_mismatches("game-engine", PodEnd.OOM, BEFORE, after(KILLED))


@pytest.mark.parametrize(
    ("container", "said"),
    [
        (ENGINE, "no container of game-engine restarted, expected one"),
        (replace(KILLED, restarts=4), "containers of game-engine restarted 2 times, expected once"),
        (replace(KILLED, ready=False), "engine-a/game-engine is not ready again"),
        (
            replace(KILLED, exit_code=1),
            "engine-a/game-engine ended by OOMKilled, exit code 1; expected OOMKilled, exit code 137",
        ),
        (
            replace(KILLED, ended_by="Error"),
            "engine-a/game-engine ended by Error, exit code 137; expected OOMKilled, exit code 137",
        ),
        (
            replace(KILLED, told=("cookie", "code")),
            "the flight record of engine-a/game-engine holds the planted cookie, code",
        ),
    ],
)
def test_an_end_that_is_not_the_promised_one_is_said(container, said):
    """
    Neither the reason alone nor 137 alone is an OOM kill; no restart, two, or a pod that stays down are none either.
    """
    assert [said] == end_mismatches("game-engine", PodEnd.OOM, BEFORE, after(container))


@pytest.mark.parametrize(
    ("ends", "reason", "code"),
    [(PodEnd.LIVENESS, "Error", 137), (PodEnd.HEAP_ABORT, "Error", 134), (PodEnd.EXIT, "Error", 1)],
)
def test_each_end_is_told_from_the_others(ends, reason, code):
    """
    An end keeps its own contract and no other one.
    """
    container = replace(KILLED, ended_by=reason, exit_code=code)

    kept = [other for other in PodEnd if not end_mismatches("game-engine", other, BEFORE, after(container))]

    assert ends in kept
    assert PodEnd.OOM not in kept
    assert PodEnd.NONE not in kept


def test_a_restart_that_nobody_asked_for_is_said():
    """
    Any restart of any pod of the release breaks a case that ends none, with how it ended.
    """
    restarted = replace(GATEWAY, restarts=1, ended_by="Error", exit_code=139)

    (only,) = unintended(BEFORE, after(restarted), {})

    assert "gateway-a/gateway restarted 1 times unintended (last: Error, exit code 139)" == only


def test_the_intended_restart_is_allowed_once():
    """
    One OOM kill of the service under test is intended; a second one, or one of another service, is not.
    """
    assert [] == unintended(BEFORE, after(KILLED), {"game-engine": 1})
    assert 1 == len(unintended(BEFORE, after(replace(KILLED, restarts=4)), {"game-engine": 1}))
    assert 1 == len(unintended(BEFORE, after(KILLED), {"gateway": 1}))


def test_a_pod_that_is_gone_is_said():
    """
    A pod that was evicted or replaced while the drill ran is no pod without restarts.
    """
    assert ["pod gateway-a is gone"] == unintended(BEFORE, {ENGINE.key: ENGINE}, {})


def test_a_pod_that_came_in_between_counts_from_zero():
    """
    The restarts of a pod that was not there before count from its first start.
    """
    newcomer = Container("gateway-b", "gateway", "gateway", restarts=1, ready=True)

    assert 1 == len(unintended(BEFORE, after(newcomer), {}))
