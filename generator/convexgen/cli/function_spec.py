"""The command `function-spec`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.project import CannotRun
from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec


@click.command("function-spec")
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    show_default="the current directory",
    help="The folder with the functions in it, for which convex and convex-test are installed.",
)
@click.option(
    "--functions", default="convex", show_default=True, help="The folder of the functions."
)
def command(project: Path, functions: str) -> None:
    """Print what a project's Convex functions take and return, as JSON, with no deployment.

    The output is that of `npx convex function-spec`, without the deployment's URL.
    """
    try:
        spec = read_function_spec(project, functions=functions)
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    click.echo(spec, nl=False)
