"""The command `function-spec`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.options import functions_option, project_option
from convexgen.cli.project import CannotRun
from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec


@click.command("function-spec")
@project_option
@functions_option
def command(project: Path, functions: str) -> None:
    """Print what a project's Convex functions take and return, as JSON, with no deployment.

    The output is that of `npx convex function-spec`, without the deployment's URL.
    """
    try:
        spec = read_function_spec(project, functions=functions)
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    click.echo(spec, nl=False)
