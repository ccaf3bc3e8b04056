"""What `check` does with the function specs that a spec names."""

from __future__ import annotations

import click

from convexgen.cli.project import FoundSpec, read_spec, unreadable
from convexgen.files.manifest import manifest_path, read_record
from convexgen.files.ownership import recorded_files

_NOT_RUN = (
    "The function spec was not compared with the functions: that runs the project's code, which "
    "--no-run-code forbids."
)


def changed_functions(found: FoundSpec, *, run_code: bool) -> list[str]:
    """How the function specs of a spec that is up to date are not the project's functions.

    Where the functions are not to be run, cannot be read, for want of Node.js or of packages, or
    are not of this project, it prints so and returns nothing. Those of generated modules, also of
    other specs, are not compared. Raises CannotRun if a file cannot be read.
    """
    root = found.root
    manifest = read_record(root, manifest_path(found.name))
    if manifest is None or not manifest.included:
        return []

    from convexgen.embedded import BackendFailed, NodeNotFound, read_function_spec
    from convexgen.files.function_specs import (
        differences,
        generated_modules,
        own,
        read_function_specs,
    )

    files = [name for name in manifest.included if name.endswith(".json")]
    try:
        recorded = read_function_specs(found.inputs.read(name) for name in files)
    except OSError as error:
        raise unreadable(error) from error
    if recorded is None:
        return []
    if not run_code:
        click.echo(_NOT_RUN, err=True)
        return []
    functions = _root(found)
    generated = generated_modules(recorded_files(root), functions)
    try:
        printed = read_function_spec(root, functions=functions)
    except (BackendFailed, NodeNotFound) as error:
        click.echo(f"The function spec was not compared with the functions: {error}", err=True)
        return []
    present = own(read_function_specs([printed.encode()]) or {}, generated)
    recorded = own(recorded, generated)
    if recorded and not present:
        click.echo("The function spec was not compared: its functions are not here.", err=True)
        return []
    return list(differences(recorded, present))


def _root(found: FoundSpec) -> str:
    """The root of the functions of a spec that has no errors."""
    from convexgen.cli.loading import load

    system = load(found, read_spec(found.path)).system
    assert system is not None
    return system.convex.root
