"""
The runtime wrapper asks only for what the machine can give.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crashctl.cluster import oci_runtime
from crashctl.cluster.oci_runtime import NAMES, drop, missing_capabilities

FULL = (1 << len(NAMES)) - 1


def status(bounding: int) -> str:
    return f"Name:\tpython\nCapEff:\t{FULL:016x}\nCapBnd:\t{bounding:016x}\nCapAmb:\t0000000000000000\n"


def test_the_missing_are_those_of_the_bounding_set():
    """
    The bounding set counts, not the effective one; bit 24 is CAP_SYS_RESOURCE.
    """
    assert {"CAP_SYS_RESOURCE"} == missing_capabilities(status(FULL & ~(1 << 24)))
    assert set() == missing_capabilities(status(FULL))


def test_a_machine_without_capabilities_misses_none():
    """
    Where the kernel says nothing of them, nothing is taken away.
    """
    assert set() == missing_capabilities("Name:\tpython\n")


def test_only_the_missing_are_dropped():
    """
    Every set loses the missing ones and keeps the rest; a process without sets is left as it is.
    """
    process = {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_BPF"], "ambient": None}}

    drop(process, {"CAP_BPF"})
    drop(bare := {"args": ["sh"]}, {"CAP_BPF"})

    assert {"capabilities": {"bounding": ["CAP_CHOWN"], "ambient": []}} == process
    assert {"args": ["sh"]} == bare


@pytest.fixture
def fake_runc(tmp_path):
    runc = tmp_path / "bin" / "runc"
    runc.parent.mkdir()
    runc.write_text('#!/bin/sh\necho "$@"\n')
    runc.chmod(0o755)
    return {"PATH": f"{runc.parent}{os.pathsep}{os.environ['PATH']}"}


def run_wrapper(environ: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, oci_runtime.__file__, *arguments], env=environ, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("config.json", ("--root", "/r", "create", "--bundle", "{folder}", "id")),
        ("config.json", ("create", "--bundle={folder}", "id")),
        ("process.json", ("exec", "--process", "{folder}/process.json", "id")),
    ],
)
def test_runc_gets_the_same_arguments_and_no_missing_capability(tmp_path, fake_runc, file, arguments):
    """
    A bundle or process file that asks for all is left with what this machine has, and runc is run unchanged.
    """
    process = {"capabilities": {"bounding": [f"CAP_{name}" for name in NAMES]}}
    (tmp_path / file).write_text(json.dumps({"process": process} if file == "config.json" else process))
    given = [argument.format(folder=tmp_path) for argument in arguments]
    missing = missing_capabilities(Path("/proc/self/status").read_text())

    printed = run_wrapper(fake_runc, *given)

    written = json.loads((tmp_path / file).read_text())
    assert " ".join(given) == printed.strip()
    assert {f"CAP_{name}" for name in NAMES} - missing == set(
        written.get("process", written)["capabilities"]["bounding"]
    )
