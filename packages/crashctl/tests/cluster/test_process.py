"""
A program that fails says why in a few lines; what it printed is in the log.
"""

import pytest
from crashctl.cluster.process import ToolFailedError, Tools


def test_a_failure_shows_the_last_lines_and_the_log(tmp_path):
    """
    The message has the command, the code, the end of the output, and where the rest is.
    """
    tools = Tools(tmp_path / "log", {})

    with pytest.raises(ToolFailedError) as raised:
        tools.run("sh", "-c", "seq 100; exit 3")

    lines = str(raised.value).splitlines()
    assert f"sh -c 'seq 100; exit 3' ended with 3. Log: {tmp_path / 'log'}" == lines[0]
    assert [f"    {number}" for number in range(86, 101)] == lines[1:]
    assert "\n1\n2\n" in (tmp_path / "log").read_text()


def test_the_log_does_not_leak_into_the_next_failure(tmp_path):
    """
    Only the failed program's own lines are shown.
    """
    tools = Tools(tmp_path / "log", {})
    tools.run("echo", "before")

    with pytest.raises(ToolFailedError) as raised:
        tools.run("false")

    assert "before" not in str(raised.value)


def test_output_input_and_variables_reach_the_program(tmp_path):
    """
    What is given goes in, and what is printed comes back.
    """
    tools = Tools(tmp_path / "log", {"FIRST": "1"})

    assert "text 1 2" == tools.output(
        "sh", "-c", 'printf "%s" "$(cat) $FIRST $SECOND"', stdin="text", env={"SECOND": "2"}
    )


def test_a_missing_program_does_not_succeed(tmp_path):
    """
    Asking whether something works is answered, not raised.
    """
    tools = Tools(tmp_path / "log", {})

    assert tools.succeeds("true")
    assert not tools.succeeds("false")
    assert not tools.succeeds("no-such-program-anywhere")


def test_a_log_folder_that_went_away_is_made_again(tmp_path):
    """
    `down` removes the cluster's folder and runs more programs after that; asking alone makes no folder.
    """
    tools = Tools(tmp_path / "folder" / "log", {})

    tools.output("true")
    asked = (tmp_path / "folder").exists()
    tools.run("echo", "said")

    assert not asked
    assert "said" in (tmp_path / "folder" / "log").read_text()
