"""The command line. A command's module is imported only when that command is called for."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from typing import Any

import click

from app import __version__
from app.errors import UserError
from streams.build import core_build

COMMANDS: dict[str, str] = {
    "demo": "Everything on this machine, with simulated customers.",
    "kafka": "Embedded Kafka in the foreground.",
    "topics": "Create or verify the topics.",
    "worker": "Turn events into panes.",
    "exporter": "Turn panes into KPI values, and publish them.",
    "simulate": "Send the events of simulated customers.",
    "send": "Send events from files.",
    "evaluate": "Compute the KPIs from files, without Kafka.",
    "backfill": "Write the KPIs of the past from files, for Prometheus.",
    "kpis": "Show the catalogue.",
    "check": "Check settings, connection and topics.",
    "verify": "Check that the panes are what the facts say.",
    "explain": "Show what is known of a customer and what it counts for.",
    "generate": "Write the generated files, or compare them.",
    "bench": "Measure throughput, ratios, profile and memory of the worker.",
}
"""The line that the help page has for each command, in its order.

``command`` of the module ``app.cli.NAME`` implements it. The lines are here so that the page imports no command.
"""


class CommandError(click.ClickException):
    """A ``UserError`` in the form that click prints."""

    def __init__(self, error: UserError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


def module_of(name: str) -> str:
    """Return the module that implements a command."""
    return f"{__name__}.{name.replace('-', '_')}"


def is_installed(name: str) -> bool:
    """Tell whether the module of a command is there."""
    return importlib.util.find_spec(module_of(name)) is not None


class LazyGroup(click.Group):
    """A group that imports a command when it is needed and turns every ``UserError`` into one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that are part of this installation."""
        return [name for name in COMMANDS if is_installed(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, or nothing when there is none of that name."""
        if cmd_name not in COMMANDS or not is_installed(cmd_name):
            return None
        command: click.Command = importlib.import_module(module_of(cmd_name)).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the section of the help page that lists the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a name that is none, suggest the nearest."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what its user can put right is reported without a traceback."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise CommandError(error) from error


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(
    __version__, prog_name="selfserve", message=f"%(prog)s, version %(version)s ({core_build()} core)"
)
def main() -> None:
    """Live self-service support KPIs from customer events."""
