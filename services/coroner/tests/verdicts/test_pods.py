"""
Which deaths a pod's status tells of, and of which start of its container.
"""

from coroner.death import Kind
from coroner.pods import deaths_of, living, removed, starts_of

from .kubelet import NOON, at, deleted, disrupted, pod, running, terminated, waiting


def facts(found):
    return [(death.kind, death.instance, death.ended and death.ended.exit_code) for death in deaths_of(found)]


def test_a_container_that_runs_has_not_died():
    """
    A pod that is well tells of no death, and of one container that lives.
    """
    assert [] == deaths_of(pod())
    assert {"payment": 0} == living(pod())


def test_a_death_is_the_same_death_while_its_container_is_started_again():
    """
    Ended, waiting for its next start, and running again: three statuses, one death, one event id.
    """
    statuses = [
        pod({"terminated": terminated(137)}),
        pod(waiting("CrashLoopBackOff"), terminated(137)),
        pod(running(), terminated(137, of=0), restarts=1),
    ]

    assert [[(Kind.ENDED, 0, 137)]] * 3 == [facts(found) for found in statuses]
    assert 1 == len({death.event_id for found in statuses for death in deaths_of(found)})


def test_each_start_has_a_death_of_its_own():
    """
    The second death is another one than the first, also while both are told at once.
    """
    first = pod({"terminated": terminated(137)})
    both = pod({"terminated": terminated(1, start=61, end=90, of=1)}, terminated(137, of=0), restarts=1)
    backing_off = pod(waiting("CrashLoopBackOff"), terminated(1, start=61, end=90, of=1), restarts=1)

    assert [(Kind.ENDED, 0, 137), (Kind.ENDED, 1, 1)] == facts(both)
    assert [(Kind.UNSEEN, 0, None), (Kind.ENDED, 1, 1)] == facts(backing_off)
    assert deaths_of(first)[0].event_id == deaths_of(backing_off)[0].event_id
    assert 2 == len({death.event_id for death in deaths_of(both)})


def test_deaths_that_nobody_saw_are_counted_and_bounded():
    """
    Three restarts of which one is visible: two more deaths, each with the time between which it was.
    """
    found = deaths_of(pod(running(200), terminated(1, start=150, end=199, of=2), restarts=3))

    assert [(Kind.UNSEEN, 0), (Kind.UNSEEN, 1), (Kind.ENDED, 2)] == [(one.kind, one.instance) for one in found]
    assert [(NOON - 10, NOON + 150)] * 2 == [(one.not_before, one.not_after) for one in found[:2]]


def test_a_count_without_any_status_is_as_many_unseen_deaths():
    """
    Where the kubelet has forgotten how the last start ended, that one is unseen too.
    """
    found = deaths_of(pod(running(200), restarts=2))

    assert [(Kind.UNSEEN, 0), (Kind.UNSEEN, 1)] == [(one.kind, one.instance) for one in found]
    assert NOON + 200 == found[1].not_after


def test_done_work_is_no_death():
    """
    An init container, a job or a test that ended well is none; one that failed is; and one that is to stay is.
    """
    done = {"terminated": terminated(0, "Completed")}
    init = {
        "initContainerStatuses": [
            {"name": "migrate", "state": done, "restartCount": 0, "containerID": "containerd://9", "lastState": {}}
        ]
    }
    failed = {
        "initContainerStatuses": [
            {
                "name": "migrate", "state": {"terminated": terminated(3)}, "restartCount": 0, "lastState": {},
                "containerID": "containerd://9",
            }
        ]
    }  # fmt: skip
    spec = {"initContainers": [{"name": "migrate"}]}

    assert [] == deaths_of(pod(done, spec={"restartPolicy": "Never"}))
    assert [] == deaths_of(pod(done, spec={"restartPolicy": "Never"}, metadata=deleted(300)))
    assert [] == deaths_of(pod(spec=spec, status=init))
    assert [3] == [death.ended.exit_code for death in deaths_of(pod(spec=spec, status=failed))]
    assert [0] == [death.ended.exit_code for death in deaths_of(pod(done))]
    assert [0] == [death.ended.exit_code for death in deaths_of(pod(done, metadata=deleted(50)))]
    sidecar = {"initContainers": [{"name": "migrate", "restartPolicy": "Always"}]}
    assert [0] == [death.ended.exit_code for death in deaths_of(pod(spec=sidecar, status=init))]


def test_never_started_again_is_a_death_like_any():
    """
    With restartPolicy Never the only status that there will be tells of it.
    """
    found = pod({"terminated": terminated(1)}, spec={"restartPolicy": "Never"}, status={"phase": "Failed"})

    assert [(Kind.ENDED, 0, 1)] == facts(found)


def test_an_image_that_cannot_be_had_is_told_once():
    """
    The kubelet changes its words while it tries again; it stays one event.
    """
    ids = {deaths_of(pod(waiting(reason)))[0].event_id for reason in ("ErrImagePull", "ImagePullBackOff")}

    (death,) = deaths_of(pod(waiting("ImagePullBackOff", "Back-off pulling image")))
    assert 1 == len(ids)
    assert (Kind.NOT_STARTED, "ImagePullBackOff", None) == (death.kind, death.waits_for, death.ended)


def test_a_start_that_the_runtime_refuses_is_one_death_and_not_two():
    """
    StartError comes with a status of an ended container; that the container waits because of it is the same thing.
    """
    refused = terminated(128, "StartError", message='exec: "/nowhere": no such file')

    assert [(Kind.ENDED, 0, 128)] == facts(pod(waiting("RunContainerError"), refused))
    assert [(Kind.ENDED, 0, 128)] == facts(pod(waiting("CrashLoopBackOff"), refused))


def test_a_pod_that_starts_has_not_died():
    """
    Waiting for its volumes, its image or its turn is no death, and a pod that fails while it still runs is not yet.
    """
    for reason in ("ContainerCreating", "PodInitializing"):
        assert [] == deaths_of(pod(waiting(reason)))
    assert [] == deaths_of(pod(status={"phase": "Failed", "reason": "Evicted"}))
    assert [] == deaths_of(pod(status={"phase": "Pending", "containerStatuses": []}))


def test_a_pod_that_was_turned_away_is_one_death():
    """
    A pod that failed as a whole before anything ran has no container's status, and still is told.
    """
    (death,) = deaths_of(pod(status={"phase": "Failed", "reason": "OutOfcpu", "containerStatuses": []}))

    assert (Kind.NOT_STARTED, "payment", 256) == (death.kind, death.container, death.limit_mib)


LOST = {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None, "finishedAt": None, "message": "lost"}


def test_a_status_in_place_of_a_container_that_never_was_is_no_death():
    """
    When a pod goes, the kubelet writes an end for a container that it never started; it counts where it is known to
    have run.
    """
    never = pod({"terminated": LOST}, metadata=deleted(0))
    evicted = pod({"terminated": LOST}, LOST, restarts=1, status={"phase": "Failed", "reason": "Evicted"})

    assert [] == deaths_of(never)
    assert [(Kind.ENDED, 0, 137)] == [(one.kind, one.instance, one.ended.exit_code) for one in deaths_of(evicted)]
    assert [(Kind.ENDED, 0)] == [(one.kind, one.instance) for one in deaths_of(never, {"payment": 0})]
    assert {"payment": 0} == starts_of(pod()) == starts_of(pod({"terminated": terminated(1)}))
    assert {} == starts_of(never)
    assert {"payment": 2} == starts_of(pod(waiting("CrashLoopBackOff"), terminated(1, of=2), restarts=3, newest=2))


def test_a_pod_that_failed_before_it_started_is_one_death_whatever_stands_in_place_of_its_start():
    """
    The kubelet first says that the container waits, then that it is lost: both are the one start that never was, unless
    somebody deleted the pod, or the container is known to have run.
    """
    failed = {"phase": "Failed", "reason": "DeadlineExceeded"}
    waits = pod(waiting("ContainerCreating"), status=failed)
    lost = pod({"terminated": LOST}, status=failed)

    assert [(Kind.NOT_STARTED, 0, None)] == facts(waits) == facts(lost)
    assert deaths_of(waits)[0].event_id == deaths_of(lost)[0].event_id
    assert [Kind.ENDED] == [one.kind for one in deaths_of(lost, {"payment": 0})]
    assert [] == deaths_of(pod({"terminated": LOST}, metadata=deleted(0), status={"phase": "Failed"}))


def test_who_ran_when_the_pod_went_has_died_too():
    """
    A pod that is gone is a death for each container that ran when it was last seen, under the same event id as if its
    end had been told.
    """
    (death,) = removed(pod(running(), terminated(1, of=0), restarts=1))

    assert (Kind.REMOVED, 1) == (death.kind, death.instance)
    assert death.event_id == deaths_of(pod({"terminated": terminated(0, of=1)}, restarts=1))[1].event_id
    assert [] == removed(pod({"terminated": terminated(0)}))


def test_two_containers_and_two_pods_are_told_apart():
    """
    The id of an event is of one pod, one container and one start.
    """
    mine = deaths_of(pod({"terminated": terminated(1)}))[0]
    other_pod = deaths_of(pod({"terminated": terminated(1)}, metadata={"uid": "uid-2"}))[0]

    assert mine.event_id != other_pod.event_id
    assert 32 == len(mine.event_id)
    assert all(digit in "0123456789abcdef" for digit in mine.event_id)


def test_the_pod_says_what_all_its_containers_share():
    """
    Workload, node, grace, limit, deletion and disruption are read; what is absent is absent.
    """
    found = pod(
        {"terminated": terminated(137)},
        metadata=deleted(40),
        status=disrupted("PreemptionByScheduler", 39),
        container={"livenessProbe": {"terminationGracePeriodSeconds": 5}},
    )
    (death,) = deaths_of(found)

    assert ("payment", "node-1", 20, "0.1.0") == (
        death.pod.workload, death.pod.node, death.pod.grace_s, death.pod.version
    )  # fmt: skip
    assert (NOON + 60, 20, "PreemptionByScheduler") == (
        death.pod.delete_by, death.pod.delete_grace_s, death.pod.disruption
    )  # fmt: skip
    assert (5, 256) == (death.probe_grace_s, death.limit_mib)
    assert at(60) == at(death.ended.finished_at - NOON)
    bare = deaths_of(pod({"terminated": terminated(1)}, spec={"containers": [{"name": "payment"}]}))[0]
    assert (None, 20) == (bare.limit_mib, bare.probe_grace_s)
