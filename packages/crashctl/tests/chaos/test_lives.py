import copy

import pytest
from crashctl.chaos.lives import Register

FAULT_TRACE = "0af7651916cd43dd8448eb211c80319c"


def pod(state, *, last=None, restarts=0, current=None, uid="uid-1"):
    """A pod with one container, of the shape that the API gives."""
    status = {
        "name": "payment", "restartCount": restarts, "state": state, "lastState": {"terminated": last} if last else {},
        "containerID": f"containerd://{restarts if current is None else current}",
    }  # fmt: skip
    labels = {"app.kubernetes.io/component": "payment"}
    return {
        "metadata": {"name": f"payment-{uid}", "uid": uid, "labels": labels},
        "status": {"containerStatuses": [status]},
    }


def ended(start, code=137, reason="Error"):
    finished = f"2026-11-27T12:00:{start:02}Z"
    return {"exitCode": code, "reason": reason, "containerID": f"containerd://{start}", "finishedAt": finished}


RUNS = {"running": {"startedAt": "2026-11-27T12:00:00Z"}}
WAITS = {"waiting": {"reason": "CrashLoopBackOff"}}
MADE = {"waiting": {"reason": "ContainerCreating"}}


@pytest.fixture
def register():
    made = Register()
    made.begin([pod(RUNS)])
    return made


def starts(register):
    return [death.key.start for death in register.deaths()]


def test_what_the_kernel_killed_is_told_with_its_trace(killed):
    """
    Of a real pod in its second start, the death of the first is known, with how it ended and the trace of the fault.
    """
    register = Register()

    register.see(killed)

    (only,) = register.deaths()
    assert (0, "OOMKilled", 137) == (only.key.start, only.reason, only.exit_code)
    assert frozenset([FAULT_TRACE]) == only.traces


def test_what_died_before_the_first_look_does_not_count(killed):
    """
    Deaths that are told at the first look are nobody's.
    """
    register = Register()

    register.begin([killed])

    assert [] == register.deaths()


@pytest.mark.parametrize(
    "told",
    [
        [pod({"terminated": ended(0)}), pod(WAITS, last=ended(0), current=0), pod(RUNS, last=ended(0), restarts=1)],
        [pod(WAITS, last=ended(0), current=0)],
        [pod(RUNS, last=ended(0), restarts=1)],
        [pod(RUNS, last=ended(0), restarts=1), pod(RUNS)],
        [pod({"terminated": ended(0)}), pod(RUNS)],
    ],
    ids=["in three statuses", "only while it waits", "only when it is back", "told late", "told late, not back"],
)
def test_a_death_is_one_in_whatever_statuses_it_is_told(register, told):
    """
    One death is told in up to three statuses, and by a late one, and counts once.
    """
    for found in told:
        register.see(found)

    assert [0] == starts(register)


def test_deaths_that_nobody_saw_are_counted(register):
    """
    Three restarts between two looks are three deaths, of which one is told.
    """
    register.see(pod(RUNS, last=ended(2), restarts=3))

    assert [0, 1, 2] == starts(register)
    assert [None, None, 137] == [death.exit_code for death in register.deaths()]


@pytest.mark.parametrize(
    ("last_seen", "expected"),
    [(pod(RUNS), [0]), (pod({"terminated": ended(0, 0)}), [0]), (pod(WAITS, last=ended(0), current=0), [0])],
)
def test_a_pod_that_goes_takes_its_container_with_it(register, last_seen, expected):
    """
    What ran when the pod went has ended; what had ended before does not end again; nobody tells more of it later.
    """
    register.gone(last_seen)
    register.see(pod(RUNS, restarts=5))

    assert expected == starts(register)


def test_a_pod_that_is_not_listed_any_more_is_gone(register):
    """
    A list without the pod is as good as being told that it went.
    """
    register.only([])

    assert [0] == starts(register)


def test_a_container_that_never_ran_does_not_die(register):
    """
    A pod that is deleted while its container is made has no death, whatever the kubelet writes in its place.
    """
    lost = {"terminated": ended(0, 137, "ContainerStatusUnknown")}
    register.see(pod(MADE, uid="uid-2"))
    register.gone(pod(lost, uid="uid-2"))

    assert [] == register.deaths()


def test_a_new_pod_counts_from_its_first_start(register):
    """
    A pod that came later is counted from its start 0.
    """
    register.see(pod(RUNS, last=ended(0), restarts=1, uid="uid-2"))

    (only,) = register.deaths()
    assert ("uid-2", 0) == (only.key.uid, only.key.start)


def test_without_a_fault_every_open_request_may_be_blamed(killed):
    """
    Where no fault was open, the traces are those of what was open; where nothing was, of what had just been answered.
    """
    status = killed["status"]["containerStatuses"][0]
    message = status["lastState"]["terminated"]["message"]
    plain = copy.deepcopy(killed)
    plain["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] = message.replace(
        '"scenario":"memory-leak",', '"scenario":null,'
    )
    register = Register()

    register.see(plain)

    assert frozenset([FAULT_TRACE]) == register.deaths()[-1].traces
