"""
The command line: one literal table of commands, nothing else.
"""

import typer

from crashctl import catalogue_commands

app = typer.Typer(name="crashctl", no_args_is_help=True, add_completion=False, help=__doc__)

app.command("list")(catalogue_commands.list_cases)
app.command("generate")(catalogue_commands.generate)
