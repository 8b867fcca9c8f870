"""
How a command that proves something ends: what it found, and the exit code.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from rich.console import Console

from crashctl.drill.problems import CannotRunError
from crashctl.drill.sink import SinkAwayError

BROKEN = 1
CANNOT_RUN = 2
INTERRUPTED = 130


class Outcome(Protocol):
    """What came of it."""

    @property
    def good(self) -> bool:
        """Whether all is as promised."""

    @property
    def problems(self) -> Sequence[str]:
        """Everything that is not."""

    def lines(self) -> Sequence[str]:
        """Give the lines of its summary."""

    def document(self) -> dict[str, Any]:  # Any: JSON
        """Give all of it."""


@contextmanager
def ending(command: str, interrupted: str) -> Iterator[None]:
    """
    Turn what keeps a command from running, and Ctrl-C, into one line and an exit code.

    Args:
        command: its name.
        interrupted: what is so after Ctrl-C.
    """
    try:
        yield
    except (CannotRunError, SinkAwayError) as error:
        typer.echo(f"{command} cannot run: {error}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    except KeyboardInterrupt:
        typer.echo(f"interrupted; {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from None


def conclude(outcome: Outcome, *, to_json: bool) -> None:
    """
    Print what came of it.

    Args:
        outcome: to print.
        to_json: whether for programs.

    Raises:
        typer.Exit: something is not as promised.
    """
    if to_json:
        typer.echo(json.dumps(outcome.document(), indent=2))
    else:
        console = Console(highlight=False)
        for problem in outcome.problems:
            console.print(problem, style="red", markup=False, soft_wrap=True)
        for line in outcome.lines():
            console.print(line, markup=False, soft_wrap=True)
    if not outcome.good:
        raise typer.Exit(BROKEN)
