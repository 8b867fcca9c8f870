from pathlib import Path

import pytest
from crashkit.binding import BindingError, bind
from crashkit.loading import load_catalogue

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
HANDLERS = dict.fromkeys(CATALOGUE.scenarios["game-engine"], print)


def test_a_table_that_fits_is_given_back():
    """
    Where table and catalogue name the same scenarios, the table is what it was.
    """
    assert HANDLERS is bind(CATALOGUE, "game-engine", HANDLERS)


def test_a_scenario_without_handler_is_named():
    """
    A scenario of the catalogue that the table lacks keeps the service from starting, and is named with its side.
    """
    lacking = {name: handler for name, handler in HANDLERS.items() if name != "crash"}

    with pytest.raises(
        BindingError, match=r"game-engine.yaml declares \['crash'\], for which HANDLERS .* has no function"
    ):
        bind(CATALOGUE, "game-engine", lacking)


def test_both_sides_are_named_at_once():
    """
    A name that was changed on one side shows on both.
    """
    renamed = {("krash" if name == "crash" else name): handler for name, handler in HANDLERS.items()}

    with pytest.raises(BindingError) as caught:
        bind(CATALOGUE, "game-engine", renamed)

    assert "declares ['crash']" in str(caught.value)
    assert "HANDLERS of game-engine has ['krash'], which catalog/game-engine.yaml does not declare" in str(caught.value)


def test_a_service_without_file_has_no_handlers():
    """
    A service without a catalogue file may start with an empty table, and with no other.
    """
    assert {} == bind(CATALOGUE, "event-sink", {})
    with pytest.raises(BindingError, match="does not declare"):
        bind(CATALOGUE, "event-sink", {"crash": print})
