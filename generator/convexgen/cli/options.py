"""Options that commands which run a project's functions have in common."""

from __future__ import annotations

from pathlib import Path

import click

project_option = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    show_default="the current directory",
    help="The folder with the functions in it, for which convex and convex-test are installed.",
)
functions_option = click.option(
    "--functions", default="convex", show_default=True, help="The folder of the functions."
)
