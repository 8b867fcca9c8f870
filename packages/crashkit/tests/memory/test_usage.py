"""
What counts towards the kill.
"""

from crashkit.memory.usage import Reading, Usage


def test_pages_of_files_do_not_count(cgroup):
    """
    A cache of files that fills the container, used lately or not, is taken back before anything is killed.
    """
    cgroup.holds(95, inactive_mib=40, active_mib=30)

    assert Reading(25, 100) == Usage(cgroup.mount).read(0.5)


def test_what_the_use_is_made_of_is_asked_only_where_it_matters(cgroup):
    """
    Below the share from which it can matter, the kernel is not made to sum up its figures.
    """
    cgroup.holds(45, inactive_mib=40)

    assert Reading(45, 100) == Usage(cgroup.mount).read(0.5)


def test_without_a_limit_there_is_no_reading(cgroup):
    """
    What has no limit is not near it.
    """
    cgroup.holds(95, None)

    assert Usage(cgroup.mount).read(0.5) is None


def test_without_a_cgroup_there_is_no_reading(tmp_path):
    """
    On a machine without a memory controller nothing is read, and nothing fails.
    """
    usage = Usage(tmp_path)

    assert (None, None) == (usage.read(0.5), usage.peak_mib())
    usage.close()


def test_files_that_go_away_are_no_reading(cgroup):
    """
    After the end nothing is read any more.
    """
    usage = Usage(cgroup.mount)
    peak_mib = usage.peak_mib()

    usage.close()

    assert 10 == peak_mib
    assert usage.read(0.5) is None
