"""Options that commands have in common."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)

project_option = click.option(
    "--project",
    type=_FOLDER,
    help="The folder of the project; by default that of SPEC, or the one that you are in.",
)
inputs_option = click.option(
    "--inputs-from",
    "folders",
    multiple=True,
    type=_FOLDER,
    envvar="CONVEXGEN_INPUTS_FROM",
    help="A folder besides the project in which files may lie that SPEC names; also several times.",
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Show each file, also where there are many."
)
functions_project_option = click.option(
    "--project",
    type=_FOLDER,
    help="The folder with the functions in it, for which convex and convex-test are installed; by "
    "default the current one, or the nearest above it that has them.",
)
functions_option = click.option(
    "--functions",
    help="The folder of the functions; by default the one that convex.json names, or convex.",
)
