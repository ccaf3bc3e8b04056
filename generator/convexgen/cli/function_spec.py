"""The command `function-spec`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.options import functions_option, functions_project_option
from convexgen.cli.project import CannotRun, find_functions
from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec


@click.command("function-spec")
@functions_project_option
@functions_option
def command(project: Path | None, functions: str | None) -> None:
    """Print what a project's Convex functions take and return, as JSON, with no deployment.

    The output is that of `npx convex function-spec`, without the deployment's URL.
    """
    try:
        spec = read_function_spec(find_functions(project, functions), functions=functions)
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    click.echo(spec, nl=False)
