"""
``crashctl database run`` where a database is given: nothing is started, and the command has the last word.
"""

import pytest
from crashctl.cli import app
from typer.testing import CliRunner


@pytest.fixture
def without_docker(monkeypatch, tmp_path):
    """A PATH on which there is no `docker`."""
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("without_docker")
def test_a_given_uri_is_used_as_it_is(monkeypatch, tmp_path):
    """
    The command sees exactly the given URI, its options are its own, and its exit code is passed on.
    """
    monkeypatch.setenv("MONGODB_URI", "mongodb://mine.example.com/")
    told = tmp_path / "told"

    done = CliRunner().invoke(
        app, ["database", "run", "--", "sh", "-c", f'echo "$MONGODB_URI $1" >{told}; exit 5', "sh", "--cache"]
    )

    assert 5 == done.exit_code
    assert "mongodb://mine.example.com/ --cache\n" == told.read_text()


@pytest.mark.usefixtures("without_docker")
def test_a_machine_without_docker_is_told_the_fix(monkeypatch, tmp_path):
    """
    Without a URI and without Docker one line says what to install, and the command is not run.
    """
    monkeypatch.delenv("MONGODB_URI", raising=False)
    told = tmp_path / "told"

    done = CliRunner().invoke(app, ["database", "run", "--cache", str(tmp_path), "--", "sh", "-c", f"echo >{told}"])

    assert 1 == done.exit_code
    assert "Docker is not installed. Fix: " in done.output
    assert not told.exists()
