"""
What ``up`` made: written before it is made, so that ``down`` finds it whatever happened in between.
"""

from pathlib import Path

from pydantic import BaseModel, Field

from crashctl.cluster.cache import write_atomically
from crashctl.cluster.road import Road

ADDRESSES = {
    "gateway": "http://localhost:8080",
    "gateway-direct": "http://localhost:8081",
    "event-sink": "http://localhost:8090",
    "bugsink": "http://localhost:8091",
    "spotlight": "http://localhost:8969",
}


class Record(BaseModel):
    """
    State of one cluster; the e2e tests read it too.

    Args:
        cluster: Name of the kind cluster, which is ours from this record on.
        road: How images came here.
        reason: Why this road.
        kubeconfig: Of the cluster.
        bin: Folder of the provided tools.
        image_tag: Of the release's images; empty until they are built.
        ready: Whether the last ``up`` came to its end.
        addresses: Component to its URL on this machine.
        seconds: Step to how long it took (s).
        outcomes: Step to built, cached or done.
    """

    cluster: str
    road: Road
    reason: str
    kubeconfig: Path
    bin: Path
    image_tag: str = ""
    ready: bool = False
    addresses: dict[str, str] = Field(default_factory=lambda: dict(ADDRESSES))
    seconds: dict[str, float] = Field(default_factory=dict)
    outcomes: dict[str, str] = Field(default_factory=dict)

    def write(self, file: Path) -> None:
        write_atomically(file, self.model_dump_json(indent=2) + "\n")


def read_record(file: Path) -> Record | None:
    """
    The record in a file.

    Returns:
        None when there is no such file.
    """
    return Record.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None
