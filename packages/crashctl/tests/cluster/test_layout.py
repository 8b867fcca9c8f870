"""
The cache is outside the checkout and where the user wants it.
"""

from pathlib import Path

from crashctl.cluster.layout import REPOSITORY, Layout, default_cache


def test_the_cache_is_where_the_user_says(tmp_path):
    """
    CRASH_DEMO_CACHE wins over XDG_CACHE_HOME, which wins over the home folder.
    """
    both = {"CRASH_DEMO_CACHE": str(tmp_path / "own"), "XDG_CACHE_HOME": str(tmp_path)}

    assert tmp_path / "own" == default_cache(both)
    assert tmp_path / "crash-demo" == default_cache({"XDG_CACHE_HOME": str(tmp_path)})
    assert Path.home() / ".cache" / "crash-demo" == default_cache({})


def test_the_checkout_is_found_and_nothing_is_written_there(tmp_path):
    """
    The repository is the folder with the Makefile; two clusters share the cache and nothing else.
    """
    one, two = Layout(tmp_path, "one"), Layout(tmp_path, "two")

    assert (REPOSITORY / "Makefile").is_file()
    assert one.entries == two.entries
    assert one.of_cluster != two.of_cluster
    assert not {one.kubeconfig, one.record, one.log} & {two.kubeconfig, two.record, two.log}
