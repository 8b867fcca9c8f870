"""
Counts in a file.
"""

import os
import resource
import signal
import threading

import pytest
from crashkit.accounts.slots import HEAD_BYTES, MOST_SLOTS, SLOT_BYTES, Slots


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "book"


def test_counts_outlive_their_process(path):
    """
    Whoever is killed right after it counted has counted.
    """
    child = os.fork()
    if child == 0:
        slots = Slots(path)
        for _ in range(3):
            slots.add("captured/event")
        slots.add("captured/event", -1)
        slots.put("running", 1)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    slots = Slots(path)

    assert {"captured/event": 2, "running": 1} == slots.all()
    assert slots.lasting


def test_what_nobody_misses_is_in_the_file_with_the_next_figures(path):
    """
    A count that may come later costs no write of its own, and is kept as soon as somebody asks for all.
    """
    slots = Slots(path)
    slots.add_later("captured/transaction", 2)
    slots.add_later("captured/transaction")
    before = path.read_bytes()

    told = slots.all()

    assert b"captured/transaction" not in before
    assert {"captured/transaction": 3} == told
    assert (3).to_bytes(8, "little") == path.read_bytes()[-8:]


def test_what_belongs_together_is_in_the_file_together(path):
    """
    A count that is written at once takes with it what waited: a process that is killed then leaves sums that close.
    """
    slots = Slots(path)
    slots.add_later("discarded/transaction/sample_rate")
    slots.add_later("captured/transaction")

    slots.add("captured/transaction")

    assert b"discarded/transaction/sample_rate" in path.read_bytes()
    assert (2).to_bytes(8, "little") == path.read_bytes()[-8:]


def test_the_id_stays(path):
    """
    A book is the same book after a restart, and another in another folder.
    """
    first = Slots(path)
    first.close()

    assert first.id == Slots(path).id != Slots(None).id


def test_no_thread_loses_a_count(path):
    """
    Threads that count at the same time all count.
    """
    slots = Slots(path)
    threads = [threading.Thread(target=lambda: [slots.add("x") for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slots.close()

    assert 8000 == slots.get("x") == Slots(path).get("x")


@pytest.mark.parametrize(
    "content", [b"x", b"\0" * 200, b"crash-demo-book 1 " + b"z" * 60, b"crash-demo-book 2 " + b"0" * 60]
)
def test_a_damaged_book_is_begun_anew(path, content, caplog):
    """
    It is said that what was counted before is not known; counting goes on.
    """
    path.parent.mkdir()
    path.write_bytes(content)

    slots = Slots(path)
    slots.add("x")
    slots.close()

    assert "damaged" in caplog.text
    assert {"x": 1} == Slots(path).all()


def test_a_slot_that_was_not_finished_is_not_there(path):
    """
    A process that died while it made a slot has not counted.
    """
    slots = Slots(path)
    slots.add("x")
    slots.close()
    with path.open("ab") as file:
        file.write(b"y" * (SLOT_BYTES - 1))

    again = Slots(path)

    assert {"x": 1} == again.all()
    again.add("z")
    again.close()
    assert {"x": 1, "z": 1} == Slots(path).all()


def test_more_names_than_there_is_room_for_are_counted_in_memory(path):
    """
    The file has its bound, and nobody is refused.
    """
    slots = Slots(path)
    for number in range(MOST_SLOTS + 10):
        slots.add(f"name-{number}")
    slots.add("n" * 200)
    slots.close()

    assert MOST_SLOTS + 11 == len(slots.all())
    assert HEAD_BYTES + MOST_SLOTS * SLOT_BYTES == path.stat().st_size
    assert MOST_SLOTS == len(Slots(path).all())


def test_what_another_process_has_is_left_alone(path, caplog):
    """
    Two processes on one folder do not write into each other's book.
    """
    first = Slots(path)

    second = Slots(path)
    second.add("x")

    assert (True, False) == (first.lasting, second.lasting)
    assert "is kept in memory" in caplog.text
    assert 0 == Slots(None).get("x") == first.get("x")
    assert 1 == second.get("x")


def test_a_full_disk_stops_no_service(path, caplog):
    """
    Counts go on in memory, which is said.
    """
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (HEAD_BYTES + SLOT_BYTES, HEAD_BYTES + SLOT_BYTES))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        slots = Slots(path)
        for name in ("a", "b", "b"):
            slots.add(name)
        os._exit(0 if ({"a": 1, "b": 2}, False) == (slots.all(), slots.lasting) else 1)

    assert 0 == os.waitpid(child, 0)[1]


def test_no_folder_is_no_matter(tmp_path):
    """
    Where nothing can be written the book ends with the process.
    """
    (tmp_path / "file").write_text("")

    slots = Slots(tmp_path / "file" / "book")
    slots.add("x")

    assert (1, False) == (slots.get("x"), slots.lasting)
