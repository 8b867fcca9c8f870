"""
The bounds of a spool's folder, and what is counted.
"""

import pytest
from crashkit.spool.counts import Counts
from crashkit.spool.folder import BAD, BAD_MOST_BYTES, BAD_MOST_FILES
from crashkit.spool.form import BadFileError
from crashkit.spool.store import Store

IDS = [f"{number:032x}" for number in range(60)]


def counted(store):
    return {name: number for name, number in store.counts.all().items() if number}


def a_store(folder, most_bytes=1 << 20, most_files=100):
    return Store(folder / "spool", most_bytes, most_files, Counts())


def test_what_is_delivered_makes_room_again(tmp_path):
    """
    A full spool takes the next event when one was delivered, and not before.
    """
    store = a_store(tmp_path, most_files=2)
    first, _ = store.write(IDS[0], b"one"), store.write(IDS[1], b"two")

    assert store.write(IDS[2], b"three") is None
    store.end(first, "delivered")
    assert store.write(IDS[3], b"four") is not None

    assert {"written": 3, "full": 1, "delivered": 1} == counted(store)
    assert 2 == store.files == len(list((tmp_path / "spool").glob("*.envelope")))


def test_an_event_that_is_larger_than_the_spool_is_not_written(tmp_path):
    """
    It is sent from memory, like anything that has no room.
    """
    store = a_store(tmp_path, most_bytes=1000)

    assert store.write(IDS[0], b"x" * 1000) is None
    assert {"full": 1} == counted(store)
    assert (0, 0) == (store.files, store.size_bytes)


def test_a_leftover_that_somebody_else_has_sent_is_nobodys_loss(tmp_path):
    """
    Gone between listing and reading, it was another process's, which has dealt with it.
    """
    a_store(tmp_path).write(IDS[0], b"one")
    store = a_store(tmp_path)
    (entry,), bad = store.leftovers()
    (tmp_path / "spool" / entry.name).unlink()

    assert store.read(entry) is None

    assert 0 == bad
    assert {} == counted(store)
    assert (0, 0) == (store.files, store.size_bytes)


def test_a_file_of_its_own_that_vanishes_is_counted(tmp_path):
    """
    What this process wrote, and has no copy of, is lost when somebody removes it, and counted.
    """
    store = a_store(tmp_path)
    entry = store.write(IDS[0], b"one")
    entry.body = None
    (tmp_path / "spool" / entry.name).unlink()

    with pytest.raises(BadFileError):
        store.read(entry)

    assert {"written": 1, "corrupt": 1} == counted(store)


def test_what_is_young_is_not_taken_from_another_process(tmp_path):
    """
    Looking around, a process leaves alone what was written within the last minute, and what is its own.
    """
    a_store(tmp_path).write(IDS[0], b"one")
    store = a_store(tmp_path)
    store.write(IDS[1], b"two")

    assert ([], 0) == store.leftovers(older_than_s=60)
    (entry,), _ = store.leftovers()
    assert IDS[0] == entry.said.event_id


@pytest.mark.parametrize("size_bytes", [10, 1 << 20])
def test_what_is_set_aside_has_bounds_too(size_bytes, tmp_path):
    """
    Of many bad files the newest are kept: twenty, and no more than 8 MiB.
    """
    store = a_store(tmp_path, most_bytes=100 << 20)

    entries = [store.write(event_id, b"x" * size_bytes) for event_id in IDS[:30]]
    for entry in entries:
        store.end(entry, "refused", aside=True, why="of the test")

    kept = sorted((tmp_path / "spool" / BAD).iterdir())
    assert len(kept) == min(BAD_MOST_FILES, BAD_MOST_BYTES // (size_bytes + 200))
    assert kept[-1].name == entries[-1].name
    assert 30 == store.counts.all()["refused"]
