"""
What ``up`` says at its end: where everything is, and what to try first.
"""

import sys
from pathlib import Path

from crashctl.cluster.record import Record

FAULT = "/api/v1/game-engine/debug/crash"


def what_now(record: Record) -> str:
    """
    Say it.

    Args:
        record: of what was made.
    """
    gateway = record.addresses["gateway"]
    lines = [
        f"\nReady after {record.seconds['total']:.0f} s (road: {record.road}). The addresses, on this machine only:"
    ]
    lines += [f"  {component:<15} {url}" for component, url in record.addresses.items()]
    own = "" if record.cluster == "crash-demo" else f" --name {record.cluster}"
    lines += [
        f"{gateway} is the slot machine: open it in a browser and play a spin. Then press",
        '"Show Debug Panel", fire a fault, and follow its card to the issue and the trace. Or without a browser:',
        f"  curl {gateway}{FAULT}",
        "`make drill` fires every scenario and proves each captured.",
        f'Your own kubeconfig was not touched. For kubectl and helm: eval "$({_program()} env{own})"',
    ]
    return "\n".join(lines)


def _program() -> str:
    return "scripts/uv run --no-sync crashctl" if Path(sys.argv[0]).parent.parent.name == ".venv" else "crashctl"
