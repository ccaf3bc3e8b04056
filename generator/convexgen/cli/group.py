"""The group of commands."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from convexgen.cli.colors import colors_wanted
from convexgen.cli.printing import is_of_output, telling_of_output

COMMANDS = {
    "init": "Start a project, or add a spec to one.",
    "import": "Write a spec of a Convex project that is there.",
    "generate": "Write the Convex functions and the clients of a spec.",
    "check": "Say what generate would change; write nothing.",
    "lint": "Report everything wrong with a spec.",
    "diff": "Say what a spec changes, and who breaks by that.",
    "fmt": "Lay out the files of a spec.",
    "rename": "Call a part of a spec otherwise, wherever it is named.",
    "explain": "Say what the code of a message is about.",
    "dev": "Run a project's Convex functions on this machine.",
    "test-server": "Serve the tests of another program, which starts and controls it.",
    "data": "Move documents between files and a deployment.",
    "json-schema": "Print the JSON Schema of specs, for editors.",
    "function-spec": "Print what a project's Convex functions take and return.",
}
"""What each command does. The command `x` is the attribute `command` of `convexgen.cli.x`."""

_MODULES = {"import": "import_command"}
"""Those whose modules are called otherwise: words of Python are no names."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and none to list them."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of a command line. Raises CannotPrint where --help cannot be printed."""
        with telling_of_output():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises CannotPrint where it cannot print, and CannotRun for its files."""
        with telling_of_output():
            try:
                return super().invoke(ctx)
            except OSError as error:
                if is_of_output(error):
                    raise
                from convexgen.cli.project import unusable

                raise unusable(error) from error

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line, and exit: with 2 where errors cannot be printed, either."""
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if not is_of_output(error):
                raise
            sys.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, as they are listed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        command = import_module(f"convexgen.cli.{module}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called. Raises UsageError, with what was meant, if there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(_no_such_command(name))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _no_such_command(name: str) -> str:
    """In the words that click has for options, in each of its versions."""
    from convexgen.diagnostics.display import printable
    from convexgen.spec.suggest import closest

    meant = closest(name, COMMANDS)
    advice = (
        f"The commands are {', '.join(COMMANDS)}." if meant is None else f"Did you mean '{meant}'?"
    )
    return f"No such command '{printable(name)}'. {advice}"


@click.group(
    cls=LazyGroup,
    help="Typed Convex backends and clients from one declarative YAML file.",
    epilog="Exit codes: 0 fine, 1 findings, 2 could not run.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="convexgen", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """The command line."""
    context.color = colors_wanted()
