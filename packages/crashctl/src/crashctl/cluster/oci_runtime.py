"""
An OCI runtime that asks runc only for the capabilities that this machine can give.

Where the bounding set lacks a capability, ``docker run --privileged`` (which kind needs) fails with "unable to
apply caps". The daemon is then started with this file as its runtime. Standard library only: the daemon runs it.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip


def missing_capabilities(status: str) -> set[str]:
    """
    The capabilities that are not in the bounding set.

    Args:
        status: Text of ``/proc/<pid>/status``.

    Returns:
        Names such as ``CAP_SYS_RESOURCE``; empty where the text has no bounding set (not Linux).
    """
    match = re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)
    if not match:
        return set()
    bounding = int(match.group(1), 16)
    return {f"CAP_{name}" for bit, name in enumerate(NAMES) if not bounding >> bit & 1}


def drop(process: dict[str, Any], missing: set[str]) -> None:
    """
    Take the missing capabilities out of every set of an OCI process.

    Args:
        process: ``process`` of an OCI ``config.json`` (JSON, hence Any); changed in place.
        missing: Names to take out.
    """
    for kind, names in (process.get("capabilities") or {}).items():
        process["capabilities"][kind] = [name for name in names or [] if name not in missing]


def _value_of(flags: tuple[str, ...], arguments: list[str]) -> str | None:
    for position, argument in enumerate(arguments):
        name, has_value, value = argument.partition("=")
        if name in flags:
            return value if has_value else arguments[position + 1]
    return None


def _rewrite(file: Path, key: str | None, missing: set[str]) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    drop(content[key] if key else content, missing)
    file.write_text(json.dumps(content), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """
    Rewrite what ``create``, ``run`` and ``exec`` were given, then become runc.
    """
    missing = missing_capabilities(Path("/proc/self/status").read_text(encoding="ascii"))
    if missing and ("create" in arguments or "run" in arguments):
        _rewrite(Path(_value_of(("--bundle", "-b"), arguments) or ".") / "config.json", "process", missing)
    elif missing and "exec" in arguments and (process := _value_of(("--process", "-p"), arguments)):
        _rewrite(Path(process), None, missing)
    os.execvp("runc", ["runc", *arguments])  # noqa: S606 - becoming runc is the point


if __name__ == "__main__":
    main(sys.argv[1:])
