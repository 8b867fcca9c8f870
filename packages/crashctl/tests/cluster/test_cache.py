"""
A cache entry is whole or not there, whatever interrupts its making.
"""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from crashctl.cluster.cache import Cache, key_of, key_of_files, write_atomically


def test_an_entry_is_made_once(tmp_path):
    """
    The second time the folder is handed back and nothing is made.
    """
    made = []
    cache = Cache(tmp_path)

    def make(fresh):
        made.append(fresh)
        (fresh / "file").write_text("content")

    first = cache.entry("thing", "1", make)
    second = cache.entry("thing", "1", make)

    assert first == second
    assert 1 == len(made)
    assert "content" == (first / "file").read_text()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_or_interrupted_making_leaves_nothing(tmp_path, error):
    """
    After an error or Ctrl-C there is no entry, no rest of one, and the next run makes it.
    """
    cache = Cache(tmp_path)

    def stop(fresh):
        (fresh / "half").write_text("half")
        raise error

    with pytest.raises(error):
        cache.entry("thing", "1", stop)

    assert [".thing.lock"] == [path.name for path in tmp_path.iterdir()]
    assert cache.entry("thing", "1", lambda fresh: (fresh / "whole").touch()).is_dir()


def test_a_killed_making_is_not_trusted_and_is_swept(tmp_path):
    """
    SIGKILL in the middle leaves no entry under the final name, and the next run clears the rest away.
    """
    program = (
        "import os, pathlib, signal, sys; from crashctl.cluster.cache import Cache\n"
        "def make(fresh): (fresh / 'half').touch(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "Cache(pathlib.Path(sys.argv[1])).entry('thing', '1', make)"
    )

    killed = subprocess.run([sys.executable, "-c", program, tmp_path], check=False)

    assert -signal.SIGKILL == killed.returncode
    assert not Cache(tmp_path).has("thing", "1")
    assert [] != list(tmp_path.glob(".making-*"))

    Cache(tmp_path).entry("thing", "1", lambda fresh: (fresh / "whole").touch())

    assert [] == list(tmp_path.glob(".making-*"))
    assert ["whole"] == [file.name for file in Cache(tmp_path).path("thing", "1").iterdir()]


def test_two_at_once_make_one(tmp_path):
    """
    Who comes second waits for the first and takes its entry.
    """
    made = []

    def make(fresh):
        made.append(fresh)
        (fresh / "file").touch()

    with ThreadPoolExecutor(8) as pool:
        entries = set(pool.map(lambda _: Cache(tmp_path).entry("thing", "1", make), range(8)))

    assert 1 == len(entries)
    assert 1 == len(made)


def test_a_key_depends_on_names_and_bytes_of_files(tmp_path):
    """
    A file that changes, moves or is added changes the key; equal folders have equal keys.
    """
    (tmp_path / "a").write_text("1")
    before = key_of_files(tmp_path, "**/*")

    (tmp_path / "a").write_text("2")
    changed = key_of_files(tmp_path, "**/*")
    (tmp_path / "a").rename(tmp_path / "b")
    moved = key_of_files(tmp_path, "**/*")

    assert 3 == len({before, changed, moved})
    assert key_of("x", 1) == key_of("x", 1) != key_of("x", 2)


def test_a_file_is_replaced_in_one_step(tmp_path):
    """
    The new text is there with its mode, and nothing beside it.
    """
    file = tmp_path / "folder" / "file"

    write_atomically(file, "old")
    write_atomically(file, "new", mode=0o755)

    assert "new" == file.read_text()
    assert 0o755 == file.stat().st_mode & 0o777
    assert ["file"] == [entry.name for entry in file.parent.iterdir()]


def test_what_nobody_used_for_long_is_pruned(tmp_path):
    """
    An entry of an older version goes; one that was used since, whenever it was made, stays.
    """
    cache = Cache(tmp_path)
    for key in ("old", "used"):
        os.utime(cache.entry("thing", key, lambda fresh: (fresh / "file").touch()), (0, 0))

    cache.entry("thing", "used", pytest.fail)

    assert ["thing-old"] == cache.prune(unused_s=3600)
    assert not cache.has("thing", "old")
    assert cache.has("thing", "used")
