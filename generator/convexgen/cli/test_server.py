"""The command `test-server`."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import click

from convexgen.cli.options import functions_option, functions_project_option
from convexgen.cli.project import CannotRun, find_functions
from convexgen.embedded import NodeNotFound, server_command, server_environment


@click.command("test-server")
@functions_project_option
@functions_option
def command(project: Path | None, functions: str | None) -> None:
    """Serve the tests of another program, such as vitest, which starts and controls it.

    Prints a line of JSON with its address and its key when it serves, takes requests as lines of
    JSON on its standard input, such as {"method": "reset"}, answers each with a line, and ends when
    its standard input does.
    """
    try:
        server = [*server_command(find_functions(project, functions), functions), "--control"]
    except NodeNotFound as error:
        raise CannotRun(str(error)) from error
    with suppress(KeyboardInterrupt):
        raise SystemExit(subprocess.call(server, env=server_environment()))
