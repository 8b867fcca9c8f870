from pathlib import Path

import pytest
from crashkit.cgroup import CgroupMemory, read_memory

MIB = 1024 * 1024
V2 = {
    "memory.max": f"{192 * MIB}\n",
    "memory.current": f"{80 * MIB}\n",
    "memory.peak": f"{100 * MIB}\n",
    "memory.events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n",
    "memory.stat": f"anon 5\nfile 6\ninactive_anon 1\nactive_anon 2\ninactive_file {20 * MIB}\nactive_file 3\n",
}
V1 = {
    "memory.limit_in_bytes": f"{192 * MIB}\n",
    "memory.usage_in_bytes": f"{80 * MIB}\n",
    "memory.max_usage_in_bytes": f"{100 * MIB}\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "memory.stat": f"cache 5\ninactive_file 1\ntotal_cache 6\ntotal_inactive_file {20 * MIB}\n",
}


def mount(folder: Path, files: dict[str, str]) -> Path:
    """Lay the files out as the kernel does."""
    place = folder if "memory.current" in files else folder / "memory"
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / name).write_text(text)
    return folder


@pytest.mark.parametrize(("version", "files"), [(1, V1), (2, V2)])
def test_both_versions_say_the_same(version, files, tmp_path):
    """
    Limit, usage, peak, kills and page cache are read from the files of either version.
    """
    memory = read_memory(mount(tmp_path, files))

    assert CgroupMemory(version, 192 * MIB, 80 * MIB, 100 * MIB, 2, 20 * MIB) == memory
    assert (192 - 80 + 20) * MIB == memory.left_bytes


@pytest.mark.parametrize(
    ("files", "name", "text"),
    [(V1, "memory.limit_in_bytes", "9223372036854771712\n"), (V2, "memory.max", "max\n")],
)
def test_no_limit_is_none(files, name, text, tmp_path):
    """
    A container without a limit has none, and nothing is said of what is left.
    """
    memory = read_memory(mount(tmp_path, {**files, name: text}))

    assert memory.limit_bytes is None
    assert memory.left_bytes is None


def test_what_an_older_kernel_does_not_keep_is_none(tmp_path):
    """
    Peak and kills are missing on some kernels; usage and limit are read all the same.
    """
    files = {name: V2[name] for name in ("memory.max", "memory.current")}

    memory = read_memory(mount(tmp_path, files))

    assert CgroupMemory(2, 192 * MIB, 80 * MIB, None, None, 0) == memory


def test_without_a_controller_there_is_nothing_to_say(tmp_path):
    """
    Outside of a container, or where nothing is mounted, the answer is none.
    """
    assert read_memory(tmp_path) is None


def test_the_kernel_of_this_machine_is_understood():
    """
    Where this machine has a memory controller, its usage is a positive number.
    """
    memory = read_memory()

    assert memory is None or memory.usage_bytes > 0
