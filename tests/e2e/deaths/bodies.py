"""
Pods that die, each in its own way, under the `restricted` Pod Security Standard: what they do, and of what they die.

They run the images that the node has already. Where a flight record matters, the real `crashkit.flight` writes it,
mounted from the checkout. Most are never started again: a node has better things to do than to start them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coroner.causes import Cause

Json = dict[str, Any]
SOURCE = Path(__file__).parents[3] / "packages" / "crashkit" / "src"
SOURCES = "crashkit-source"
TRACE = "0af7651916cd43dd8448eb211c80319c"

# Opens a request that fires a fault, as a service does; `record` keeps its memory current.
FLIGHT = f"""
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from crashkit.flight import FlightRecord
from crashkit.flight.file import RecordFile
from crashkit.flight.gauge import MemoryGauge
record = FlightRecord(RecordFile(Path("/dev/termination-log")), "body", "crash-demo@9.9.9", MemoryGauge())
threading.Thread(target=record._keep_ticking, daemon=True).start()
opened = record.open("{TRACE}", "b7ad6b7169203331", "POST /debug/memory-leak")
case = SimpleNamespace(scenario_name="memory-leak", case_name="kill")
record.fault(opened, SimpleNamespace(case=case, tag="demo-1", holding=False))
time.sleep(1)
"""
GROW = "held = []\nwhile True: held.append(b'x' * (1 << 20)); time.sleep(0.01)"
WAIT = "while True: time.sleep(1)"
PLAIN = "import os, signal, time\n"
BY_NOW = {"periodSeconds": 1, "failureThreshold": 1, "initialDelaySeconds": 2}
FAILS = {"exec": {"command": ["false"]}, **BY_NOW}


@dataclass(frozen=True)
class Body:
    """
    One way to die.

    Args:
        name: of the pod.
        cause: that must be told.
        code: Python that the container runs.
        command: in place of Python.
        image: which image of the release.
        deleted: seconds of grace with which the pod is deleted once it runs.
        evicted: whether it is evicted through the API once it runs.
        preempted: whether a pod of a higher priority takes its place once it runs.
        again: whether its container is started again.
        disks: names of folders at the root that may hold 1 MiB each.
        spec: what differs in the pod.
        container: what differs in the container.
        on_trace: whether the event must be on the trace of the flight record.
    """

    name: str
    cause: Cause
    code: str = ""
    command: tuple[str, ...] = ()
    image: str = "game-engine"
    deleted: int | None = None
    evicted: bool = False
    preempted: bool = False
    again: bool = False
    disks: tuple[str, ...] = ()
    spec: Json = field(default_factory=dict)
    container: Json = field(default_factory=dict)
    on_trace: bool = False

    def pod(self, release: str, images: dict[str, str]) -> Json:
        """Make its manifest."""
        labels = {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": self.name}
        container = {
            "name": "body", "image": images.get(self.image, self.image), "imagePullPolicy": "IfNotPresent",
            "command": list(self.command or ("python", "-c", self.code)),
            "env": [{"name": "PYTHONPATH", "value": "/source"}, {"name": "PYTHONUNBUFFERED", "value": "1"}],
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "resources": {"requests": {"cpu": "10m", "memory": "48Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
            },
            "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in ("source", *self.disks)],
            **self.container,
        }  # fmt: skip
        files = [str(file.relative_to(SOURCE)) for file in sorted(SOURCE.rglob("*.py"))]
        items = [{"key": key_of(file), "path": file} for file in files]
        return {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.name, "labels": labels},
            "spec": {
                "containers": [container], "restartPolicy": "Always" if self.again else "Never",
                "terminationGracePeriodSeconds": 3,
                "automountServiceAccountToken": False, "enableServiceLinks": False,
                "securityContext": {
                    "runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}
                },
                "volumes": [
                    {"name": "source", "configMap": {"name": SOURCES, "items": items}},
                    *({"name": name, "emptyDir": {"sizeLimit": "1Mi"}} for name in self.disks),
                ],
                **self.spec,
            },
        }  # fmt: skip


def key_of(file: str) -> str:
    """Name a file in a ConfigMap, whose keys have no slashes."""
    return file.replace("/", "__")


def sources() -> Json:
    """Make the ConfigMap that carries crashkit."""
    files = {str(file.relative_to(SOURCE)): file.read_text() for file in sorted(SOURCE.rglob("*.py"))}
    data = {key_of(name): text for name, text in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": SOURCES}, "data": data}


TERM_EXITS = "signal.signal(signal.SIGTERM, lambda *_: os._exit(%d))\n"
TERM_IGNORED = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
CHILD_GROWS = (
    "child = subprocess.run([sys.executable, '-c', 'held = []\\nwhile True: held.append(bytes(range(256)) * 4096)'])\n"
)
# No SIGABRT ends a process 1, so that it needs a parent that tells how it ended, as tini does.
ABORTS = (
    "import subprocess, sys\n"
    "child = subprocess.run([sys.executable, '-c', 'import os; os.abort()'])\n"
    "sys.exit(128 - child.returncode)"
)
LIVENESS = {"livenessProbe": FAILS}
HEAP_GROWS = ("node", "--max-old-space-size=24", "-e", "const all = []; for (;;) all.push({ at: all.length })")
FILLS = PLAIN + "open('/small/file', 'wb').write(bytes(20 << 20))\n" + TERM_EXITS % 143 + WAIT

BODIES = (
    Body("oom", Cause.OOM_KILL, FLIGHT + GROW, on_trace=True, again=True),
    Body("oom-never", Cause.OOM_KILL, FLIGHT + GROW, on_trace=True),
    Body("oom-child", Cause.OOM_KILL_CHILD, FLIGHT + CHILD_GROWS + "time.sleep(1); sys.exit(1)", on_trace=True),
    Body(
        "oom-child-then-liveness",
        Cause.LIVENESS_KILL,
        FLIGHT + TERM_IGNORED + CHILD_GROWS + WAIT,
        on_trace=True,
        container={"livenessProbe": {**FAILS, "initialDelaySeconds": 25}},
    ),
    Body("heap", Cause.HEAP_ABORT, image="payment", command=("/usr/bin/tini", "--", *HEAP_GROWS)),
    Body("heap-process-1", Cause.HEAP_ABORT, image="payment", command=HEAP_GROWS),
    Body("abort", Cause.ABORT, ABORTS),
    Body("segfault", Cause.SEGFAULT, "import ctypes; ctypes.string_at(0)"),
    Body("exit-1", Cause.EXIT, "raise SystemExit('no seats left')", again=True),
    Body("exit-0", Cause.EXIT, PLAIN + "time.sleep(1)", again=True),
    Body("exit-never", Cause.EXIT, FLIGHT + "raise SystemExit(1)", on_trace=True),
    Body("liveness", Cause.LIVENESS_KILL, PLAIN + TERM_IGNORED + WAIT, container=LIVENESS, again=True),
    Body("liveness-obeyed", Cause.LIVENESS_KILL, PLAIN + TERM_EXITS % 0 + WAIT, container=LIVENESS, again=True),
    Body("liveness-never", Cause.LIVENESS_KILL, PLAIN + TERM_EXITS % 143 + WAIT, container=LIVENESS),
    Body("startup", Cause.STARTUP_KILL, PLAIN + TERM_IGNORED + WAIT, container={"startupProbe": FAILS}),
    Body("sigterm", Cause.SIGTERM, PLAIN + TERM_EXITS % 0 + WAIT, deleted=10, again=True),
    Body("sigterm-143", Cause.SIGTERM, FLIGHT + TERM_EXITS % 143 + WAIT, deleted=10, on_trace=True),
    Body("beyond-grace", Cause.SIGTERM_BEYOND_GRACE, FLIGHT + TERM_IGNORED + WAIT, deleted=3, on_trace=True),
    Body("by-force", Cause.REMOVED, PLAIN + TERM_IGNORED + WAIT, deleted=0),
    Body("no-image", Cause.IMAGE_ERROR, WAIT, image="crash-demo/nobody:1", container={"imagePullPolicy": "Never"}),
    Body("no-secret", Cause.CONFIG_ERROR, WAIT, container={"envFrom": [{"secretRef": {"name": "nobody"}}]}),
    Body("no-command", Cause.CONFIG_ERROR, command=("/nowhere",)),
    Body("too-long", Cause.DEADLINE, PLAIN + TERM_EXITS % 143 + WAIT, spec={"activeDeadlineSeconds": 5}),
    Body("full-disk", Cause.EVICTION, FILLS, disks=("small",)),
    Body("evicted", Cause.EVICTION, PLAIN + TERM_EXITS % 143 + WAIT, evicted=True),
    Body("preempted", Cause.PREEMPTION, PLAIN + TERM_EXITS % 143 + WAIT, preempted=True),
)


def preemptor(release: str, images: dict[str, str]) -> Json:
    """Make a pod that can only be placed where the preempted one is not, and comes first."""
    pod = Body("preemptor", Cause.SIGTERM, PLAIN + TERM_EXITS % 0 + WAIT).pod(release, images)
    pod["metadata"]["labels"]["app.kubernetes.io/instance"] = f"not-{release}"
    pod["spec"]["priorityClassName"] = "system-cluster-critical"
    apart = {
        "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "preempted"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    pod["spec"]["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    return pod
