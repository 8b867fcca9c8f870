"""
The command line: one literal table of commands, nothing else.
"""

import typer

from crashctl import catalogue_commands
from crashctl.account import command as account_command
from crashctl.chaos import command as chaos_command
from crashctl.cluster import commands as cluster_commands
from crashctl.database import commands as database_commands
from crashctl.drill import command as drill_command
from crashctl.kills import command as kills_command
from crashctl.load import command as load_command
from crashctl.rollouts import command as rollouts_command

HELP = "Make a cluster with the casino on it, fire its faults, and prove that each is captured."

app = typer.Typer(
    name="crashctl", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP
)

app.command("list")(catalogue_commands.list_cases)
app.command("generate")(catalogue_commands.generate)
app.command("drill")(drill_command.drill)
app.command("kills")(kills_command.kills)
app.command("rollouts")(rollouts_command.rollouts)
app.command("account")(account_command.account)
app.command("chaos")(chaos_command.chaos)
app.command("load")(load_command.load)
app.command("up")(cluster_commands.up)
app.command("down")(cluster_commands.down)
app.command("status")(cluster_commands.status)
app.command("env")(cluster_commands.env)
app.command("tools")(cluster_commands.tools)

database = typer.Typer(no_args_is_help=True, help="The release's database on this machine alone, in Docker.")
app.add_typer(database, name="database")
# What stands behind `--` is the command's own.
database.command("run", context_settings={"ignore_unknown_options": True})(database_commands.run)
database.command("up")(database_commands.up)
database.command("down")(database_commands.down)
database.command("uri")(database_commands.uri)
