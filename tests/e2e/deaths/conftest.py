"""
All deaths at once in a namespace of their own, a coroner as a process before the same API, and a sink behind it.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from crashctl.proof import deaths
from crashctl.proof.deaths import Process, Sink
from crashctl.proof.on_cluster import Cluster
from crashctl.waiting import TooLateError, wait_for

from .bodies import BODIES, Body, preemptor, sources

NAMESPACE = os.environ.get("CRASH_DEMO_DEATHS_NAMESPACE", "crash-demo-deaths")
RELEASE = "deaths"
# Where to write what Kubernetes said, for the tests that have no cluster.
CAPTURE = os.environ.get("CRASH_DEMO_CAPTURE_DEATHS")
ALL_WITHIN_S = 240
# A runtime that is too busy to start a container: no fault of the body's.
NODES_FAULT = "start-error"
STARTS_WITHIN_S = 240
Json = dict[str, Any]


@dataclass
class Morgue:
    """The cluster, and what became of each body."""

    cluster: Cluster
    sink: Sink
    coroner: Process
    known: dict[str, Json] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    alive: dict[str, Json | None] = field(default_factory=dict)
    closed: bool = False

    def kubectl(self, *arguments: str, stdin: str = "", within_s: float = 60) -> str:
        return self.cluster.run("kubectl", "--namespace", NAMESPACE, *arguments, stdin=stdin, within_s=within_s)

    def apply(self, *objects: Json) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("create", "--filename", "-", stdin=json.dumps(listed))

    def pod(self, name: str) -> Json | None:
        found = json.loads(self.kubectl("get", "pods", "--field-selector", f"metadata.name={name}", "--output=json"))
        return found["items"][0] if found["items"] else None

    def runs(self, body: Body) -> bool:
        """Whether it runs; one that the node could not start is made anew."""
        self.died(body)
        pod = self.pod(body.name)
        return bool(pod and pod["status"].get("phase") == "Running")

    def events_of(self, name: str) -> list[Json]:
        """The coroner's events of a body, whole, the oldest first."""
        for item in [] if self.closed else self.sink.events():
            if item["event_id"] not in self.known:
                self.known[item["event_id"]] = self.sink.event(item["event_id"])
        mine = [event for event in self.known.values() if event["tags"]["workload"] == name]
        return sorted(mine, key=lambda event: event["contexts"]["death"]["instance"])

    def said_of(self, name: str) -> str:
        """What the coroner has logged of a body."""
        return "\n".join(line for line in self.coroner.log.splitlines() if f"pod {name} " in line)

    def died(self, body: Body) -> bool:
        """Whether it died of what it is for; one that the node could not start, and will not again, is made anew."""
        causes = [event["tags"]["cause"] for event in self.events_of(body.name)]
        if causes and set(causes) == {NODES_FAULT} and len(causes) > self.again.count(body.name) and not body.again:
            self.again.append(body.name)
            self.kubectl("delete", "pod", body.name, "--grace-period=0", "--force", "--ignore-not-found")
            self.apply(body.pod(RELEASE, self.images))
        return bool(set(causes) - {NODES_FAULT})

    def undead(self) -> list[Body]:
        """Who has not died yet; all are looked at, so that nobody who must be made anew waits for another."""
        return [body for body in BODIES if not self.died(body)]


@pytest.fixture(scope="package")
def morgue(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morgue]:
    folder = tmp_path_factory.mktemp("deaths")
    state = folder / "state"
    state.mkdir()
    with ExitStack() as stack:
        sink = deaths.make_sink(folder)
        stack.callback(sink.close)
        sink.start().ready()
        coroner = deaths.make_coroner(
            folder, state, sink, kubeconfig=cluster.record.kubeconfig, namespace=NAMESPACE, release=RELEASE
        )
        stack.callback(coroner.close)
        made = Morgue(cluster, sink, coroner)
        _make_namespace(made)
        stack.callback(lambda: cluster.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false"))
        if CAPTURE:
            stack.enter_context(_captured(made, Path(CAPTURE)))
        coroner.start().ready()
        yield made


@pytest.fixture(scope="package")
def dead(morgue: Morgue) -> Morgue:
    """The morgue, once every body has died."""
    images = morgue.images = _images(morgue.cluster)
    morgue.apply(sources(), *(body.pod(RELEASE, images) for body in BODIES))
    for body in BODIES:
        if body.deleted is None and not body.evicted and not body.preempted:
            continue
        wait_for(lambda body=body: morgue.runs(body), STARTS_WITHIN_S, f"pod {body.name} runs")
        if body.evicted:
            _evict(morgue, body.name)
        elif body.preempted:
            morgue.apply(preemptor(RELEASE, images))
        else:
            force = ["--force"] if body.deleted == 0 else []
            morgue.kubectl("delete", "pod", body.name, f"--grace-period={body.deleted}", "--wait=false", *force)
    with suppress(TooLateError):  # each test says what its own body lacks
        wait_for(lambda: not morgue.undead(), ALL_WITHIN_S, "every death", step_s=1)
    morgue.alive = {body.name: morgue.pod(body.name) for body in morgue.undead()}
    morgue.closed = True  # what comes of tidying up is no part of it
    morgue.kubectl("delete", "pods", "--all", "--grace-period=1", "--wait=false")
    return morgue


def _make_namespace(morgue: Morgue) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    morgue.cluster.run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", within_s=180)
    morgue.cluster.run("kubectl", "create", "--filename", "-", stdin=json.dumps(namespace))
    # The account of a namespace is made a moment after it, and no pod without it.
    wait_for(lambda: "default" in morgue.kubectl("get", "serviceaccounts"), 30, "the namespace's account")


def _images(cluster: Cluster) -> dict[str, str]:
    found = json.loads(cluster.run("kubectl", "--namespace", "crash-demo", "get", "pods", "--output=json"))
    containers = [container for pod in found["items"] for container in pod["spec"]["containers"]]
    return {container["name"]: container["image"] for container in containers}


def _evict(morgue: Morgue, name: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction"
    morgue.kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(eviction))


@contextmanager
def _captured(morgue: Morgue, folder: Path) -> Iterator[None]:
    """Write every status that Kubernetes gives, and every event, one JSON object after the other."""
    with ExitStack() as stack:
        for kind in ("pods", "events"):
            out = stack.enter_context((folder / f"{kind}.json").open("w"))
            command = ("--namespace", NAMESPACE, "get", kind, "--watch", "--output=json")
            watch = subprocess.Popen(morgue.cluster.command("kubectl", *command), stdout=out)
            stack.callback(watch.wait)
            stack.callback(watch.terminate)
        yield
