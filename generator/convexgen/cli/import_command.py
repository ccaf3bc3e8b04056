"""The command `import`."""

from __future__ import annotations

from pathlib import Path

import click

from convexgen.cli.project import CannotRun, unwritable
from convexgen.embedded import BackendFailed, NodeNotFound


@click.command("import")
@click.argument("source", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--deployment",
    is_flag=True,
    help="Import what the deployment holds that clients find, by its key.",
)
@click.option("--name", help="Of the spec; by default that of the project's folder.")
def command(source: tuple[Path, ...], name: str | None, *, deployment: bool) -> None:
    """Write a spec of what is there already.

    SOURCE is the folder with the functions of a Convex project, by default convex/: its schema.ts
    is run, and no file of the project changed. Or it is the ZIP of a snapshot, which `npx convex
    export` writes: the spec has the types of the documents in it. Or it is files of JSON Schemas
    and OpenAPI documents, JSON or YAML: the objects that they define are entities.

    The spec is proved: what it gives is compared with what is there, and each difference said. Ends
    with exit code 1 if there is one, or if the language cannot say all of it. Where the spec is
    there already, what has changed since is added to it, and all else in it stays.
    """
    try:
        _import(source, name, deployment=deployment)
    except (BackendFailed, NodeNotFound) as error:
        raise CannotRun(str(error)) from error
    except OSError as error:
        raise unwritable(error) from error


def _import(source: tuple[Path, ...], name: str | None, *, deployment: bool) -> None:
    if deployment:
        from convexgen.cli.import_deployment import import_deployment

        if source:
            raise CannotRun("--deployment imports what a deployment holds, and no SOURCE.")
        import_deployment(name)
        return

    folders = [path for path in source if path.is_dir()]
    snapshots = [path for path in source if path.suffix.lower() == ".zip" and path not in folders]
    if len(source) == len(snapshots) == 1:
        from convexgen.cli.import_snapshot import import_snapshot

        import_snapshot(snapshots[0], name)
        return

    if source and not folders and not snapshots:
        from convexgen.cli.import_schemas import import_schemas

        import_schemas(source, name)
        return

    from convexgen.cli.import_project import import_project

    if len(source) > 1 or len(folders) < len(source):
        raise CannotRun(
            "SOURCE is one folder, that of the functions of a project, or one ZIP, which "
            "`npx convex export` writes, or files of JSON Schemas and OpenAPI."
        )
    import_project(source[0] if source else None, name)
