import asyncio

import pytest
from crashkit.lifecycle import Lifecycle


def test_restarts_are_counted_where_the_state_stays(tmp_path):
    """
    The first start of a container is no restart; each further one counts.
    """
    counts = [Lifecycle(tmp_path).restart_count for _ in range(3)]

    assert [0, 1, 2] == counts


@pytest.mark.parametrize("damage", ["", "many", "-"])
def test_a_damaged_count_begins_anew(damage, tmp_path):
    """
    What is no number does not stop the start.
    """
    (tmp_path / "boots").write_text(damage)

    assert 0 == Lifecycle(tmp_path).restart_count


def test_without_a_folder_the_count_is_not_known(tmp_path):
    """
    No folder, or one that is not there, gives no count, and the service starts.
    """
    assert Lifecycle(None).restart_count is None
    assert Lifecycle(tmp_path / "away").restart_count is None


def test_ready_is_said_between_start_and_drain(tmp_path):
    """
    The readiness probe says yes only after the start and before the drain.
    """
    lifecycle = Lifecycle(tmp_path)
    before = lifecycle.accepts
    lifecycle.ready = True
    between = lifecycle.accepts

    asyncio.run(lifecycle.drain(1))

    assert [False, True, False] == [before, between, lifecycle.accepts]


async def test_a_drain_waits_for_open_requests():
    """
    The drain ends when the last request does.
    """
    lifecycle = Lifecycle(None)
    with lifecycle.request():
        drain = asyncio.create_task(lifecycle.drain(5))
        await asyncio.sleep(0)
        waiting = not drain.done()

    assert waiting
    assert await drain


async def test_a_drain_does_not_wait_for_ever():
    """
    A request that does not end is left behind when the time is up.
    """
    lifecycle = Lifecycle(None)

    with lifecycle.request():
        assert not await lifecycle.drain(0.1)
