from pathlib import Path

import pytest

CATALOG = Path(__file__).parents[4] / "catalog"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"FAULTS_TOKEN": ""}, "FAULTS_TOKEN must be set"),
        ({"PORT": "99999"}, "PORT"),
        ({"CATALOG_DIR": "/nowhere"}, "CATALOG_DIR must name the folder"),
        ({"SENTRY_DSN": "nonsense"}, "SENTRY_DSN"),
        ({"TRACES_SAMPLE_RATE": "7"}, "TRACES_SAMPLE_RATE"),
        ({"PAYMENT_URL": "payment:8083"}, "PAYMENT_URL"),
        ({"SPIN_HOLD_S": "9"}, "SPIN_HOLD_S must be at least twice PAYMENT_BUDGET_S"),
        ({"HOST": "no-such-host.invalid"}, "HOST must name"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(changes, said, start):
    """
    A bad environment ends the start with status 2 and one line that names the variable, without a traceback.
    """
    status, (line,) = start(**changes).ended()

    assert 2 == status
    assert said in line


def test_a_handler_without_a_scenario_stops_the_start(start, tmp_path):
    """
    A catalogue that lacks a scenario of the table ends the start, and says which side lacks what.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    whole = (CATALOG / "game-engine.yaml").read_text()
    (tmp_path / "game-engine.yaml").write_text(whole.replace("  crash:\n", "  crush:\n"))

    status, (line,) = start(CATALOG_DIR=str(tmp_path)).ended()

    assert 2 == status
    assert "declares ['crush']" in line
    assert "has ['crash']" in line


def test_several_mistakes_in_the_catalogue_are_one_line(start, tmp_path):
    """
    Every mistake of a catalogue is in the one line, with its file and place.
    """
    (tmp_path / "services.yaml").write_text((CATALOG / "services.yaml").read_text())
    whole = (CATALOG / "game-engine.yaml").read_text()
    (tmp_path / "game-engine.yaml").write_text(
        whole.replace("    path: /debug/crash\n", "").replace("wall_s: 3", "wall_s: -3")
    )

    status, (line,) = start(CATALOG_DIR=str(tmp_path)).ended()

    assert 2 == status
    assert "scenarios.crash.path: Field required" in line
    assert "scenarios.infinite-loop.budget.wall_s" in line


def test_a_taken_port_is_said(start, sentry):
    """
    A port that somebody else listens on is named in the one line that ends the start.
    """
    status, (line,) = start(PORT=str(sentry.server_port)).ended()

    assert 2 == status
    assert "PORT" in line
