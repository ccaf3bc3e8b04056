"""Refusing a spec that gives files which another one gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import click

from convexgen.files.ownership import Overlap
from convexgen.frontend import Loaded

_PATHS_SHOWN = 10


def explain_overlaps(overlaps: Sequence[Overlap], loaded: Loaded) -> None:
    """Say which files two specs give, and what to do."""
    spec = loaded.source.name
    for one in overlaps:
        click.echo(f"{spec} and {one.spec} give the same files:", err=True)
        for path in one.paths[:_PATHS_SHOWN]:
            click.echo(f"  {path}", err=True)
        if len(one.paths) > _PATHS_SHOWN:
            click.echo(f"  and {len(one.paths) - _PATHS_SHOWN} more", err=True)
    paths = [PurePosixPath(path) for one in overlaps for path in one.given]
    click.echo(
        f"Nothing was written. Give {spec} folders of its own, such as:\n"
        + "".join(f"  {line}\n" for line in _folders_of_its_own(paths, loaded))
        + f"Where {overlaps[0].spec} no longer gives these files, generate it first.",
        err=True,
    )


def _folders_of_its_own(paths: Sequence[PurePosixPath], loaded: Loaded) -> Iterator[str]:
    """The lines of a spec that put its files elsewhere, for what of them is given twice."""
    system = loaded.system
    if system is None:
        return

    def is_shared(folder: str) -> bool:
        return any(path.is_relative_to(folder) for path in paths)

    functions, python, client = system.convex, system.python, system.typescript
    if is_shared(functions.directory):
        schema = "" if functions.path else " # both, with their tables in a schema.ts of your own"
        yield f"convex: {{directory: {functions.directory}/{system.name}}}{schema}"
    if python is not None:
        is_package_shared = is_shared(f"{python.directory}/{python.package}")
        package = f"{python.package}_2" if is_package_shared else python.package
        if is_shared(f"{python.directory}/pyproject.toml"):
            folder = PurePosixPath(python.directory).parent / system.name / "python"
            yield f"python: {{package: {package}, directory: {folder}, pyproject: true}}"
        elif is_package_shared:
            yield f"python: {{package: {package}}}"
    if client is not None and is_shared(client.directory):
        yield f"typescript: {{directory: {client.directory}/{system.name}}}"
