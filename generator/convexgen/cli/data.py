"""The command `data`, with commands of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from convexgen.cli.loading import load
from convexgen.cli.options import inputs_option, project_option
from convexgen.cli.project import CannotRun, FoundSpec, find_spec, shown, unwritable
from convexgen.data.checking import Problems, check, entities, fingerprint
from convexgen.data.files import FORMATS, JSON_LINES, format_of, write
from convexgen.data.records import DataError, Records, Row
from convexgen.files.env_file import NAME
from convexgen.files.staging import written
from convexgen.model.entities import Entity
from convexgen.model.targets import PythonTarget
from convexgen.spec.suggest import closest

F = TypeVar("F", bound=Callable[..., Any])


@click.group("data", short_help="Move documents between files and a deployment.")
def command() -> None:
    """Move documents between files and a deployment.

    The deployment is the one that clients find: CONVEX_URL with CONVEX_DEPLOY_KEY, or
    CONVEX_SELF_HOSTED_URL with CONVEX_SELF_HOSTED_ADMIN_KEY, of the environment, or else of
    .env.local. ENTITY is called as the spec calls it, or as its table.
    """


def _of_an_entity(function: F) -> F:
    """The parameters that all of them have."""
    for decorate in (
        inputs_option,
        project_option,
        click.option("--spec", type=click.Path(path_type=Path), help="The spec of the entity."),
        click.argument("entity"),
    ):
        function = decorate(function)
    return function


_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="What the file is; by default, its name says it.",
)


@command.command("export")
@_of_an_entity
@_format_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file, which is there when all is in it; by default, lines of JSON are printed.",
)
def export_command(
    entity: str,
    spec: Path | None,
    project: Path | None,
    folders: tuple[Path, ...],
    form: str | None,
    output: Path | None,
) -> None:
    """Write all documents of ENTITY to a file, in the order of their creation."""
    with _table(entity, spec, project, folders, "list") as table:
        kind = form or (JSON_LINES if output is None else format_of(output))
        rows = _Progress("exported").counted(_rows(table))
        if output is None:
            write(sys.stdout.buffer, kind, table.records, rows)
        else:
            try:
                with _opened(output) as file:
                    write(file, kind, table.records, rows)
            except OSError as error:
                raise unwritable(error) from error


@command.command("import")
@_of_an_entity
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_format_option
@click.option("--check", "only_check", is_flag=True, help="Check the file, and write nothing.")
@click.option(
    "--job",
    help="A name for this import: where it was ended, it goes on under the same name, for 14 days.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 16),
    default=1,
    help="How many batches are saved at the same time: of entities with a key, without --job.",
)
def import_command(
    entity: str,
    spec: Path | None,
    project: Path | None,
    folders: tuple[Path, ...],
    file: Path,
    form: str | None,
    job: str | None,
    concurrency: int,
    *,
    only_check: bool,
) -> None:
    """Save the documents of FILE as ENTITY: each is inserted, or replaces the one with its key.

    Without a key, each is inserted, also when the file is imported again.

    All of the file is checked before anything is written. What is wrong is said with its line, and
    ends it with exit code 1.
    """
    with _table(entity, spec, project, folders, "create", "update") as table:
        kind = form or format_of(file)
        try:
            count = check(file, kind, table.records)
        except Problems as problems:
            for one in problems.found:
                click.echo(one, err=True)
            click.echo("Nothing was written.", err=True)
            raise click.exceptions.Exit(1) from None
        if only_check:
            click.echo(f"{_documents(count)} can be saved", err=True)
            return
        progress = _Progress("saved", count)
        with table.of_job(job, file) as store:
            documents = entities(file, kind, table.records)
            if table.records.has_key:
                saved = store.save_many(documents, progress=progress.show, concurrency=concurrency)
            else:
                saved = store.create_many(documents, progress=progress.show)
        progress.end(saved)


@command.command("count")
@_of_an_entity
def count_command(
    entity: str, spec: Path | None, project: Path | None, folders: tuple[Path, ...]
) -> None:
    """Print how many documents of ENTITY there are, all of which are read."""
    with _table(entity, spec, project, folders, "list") as table:
        click.echo(sum(1 for _ in table.store.list().iterate(page_size=1000)))


@command.command("clear")
@_of_an_entity
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear_command(
    entity: str,
    spec: Path | None,
    project: Path | None,
    folders: tuple[Path, ...],
    *,
    yes: bool,
) -> None:
    """Delete all documents of ENTITY, without what they cascade to."""
    with _table(entity, spec, project, folders, "clear") as table:
        if not yes:
            if not sys.stdin.isatty():
                raise CannotRun("It deletes all of them: --yes says that this is meant.")
            question = f"Delete all of the table {table.name} of {table.storage.client.url}?"
            click.confirm(question, abort=True, err=True)
        progress = _Progress("deleted")
        progress.end(table.store.clear(progress=progress.show))


@dataclass(frozen=True)
class _Table:
    """The documents of an entity in a deployment."""

    package: str
    name: str
    storage: Any

    @cached_property
    def store(self) -> Any:
        """The store of the package."""
        return self._store_of(self.storage)

    @cached_property
    def records(self) -> Records:
        """What is in files."""
        return Records(self.package, self.store._entity)

    @contextmanager
    def of_job(self, name: str | None, file: Path) -> Generator[Any]:
        """The store, whose writes are those of a job if it has a name."""
        if name is None:
            yield self.store
            return
        with self.storage.job(name, fingerprint=fingerprint(file)) as job:
            yield self._store_of(job)

    def _store_of(self, storage: Any) -> Any:
        kind: type[Any] = storage.__class__
        for name, member in vars(kind).items():
            if isinstance(member, cached_property):
                description = getattr(getattr(storage, name), "_entity", None)
                # The module of its functions is called as the table.
                if description and description.module.rpartition("/")[2] == self.name:
                    return getattr(storage, name)
        raise CannotRun(
            f"The package {self.package} has no store of {self.name}: run `convexgen generate`."
        )


@contextmanager
def _table(
    name: str, spec: Path | None, project: Path | None, folders: tuple[Path, ...], *kinds: str
) -> Generator[_Table]:
    """The documents that are meant, by functions of these kinds.

    Raises CannotRun where the entity has not got them, and for the errors of the client.
    """
    found = find_spec(spec, project, folders)
    entity, target = _entity(name, found)
    # Without a key, documents are created, and never found again to be changed.
    needed = [one for one in kinds if one != "update" or entity.has_key]
    lacking = [one for one in needed if not getattr(entity.functions, one)]
    if lacking:
        raise CannotRun(
            f"{shown(found.path)} gives {entity.name} no functions for it: its `functions` "
            f"{'lacks' if len(lacking) == 1 else 'lack'} {' and '.join(lacking)}."
        )
    package = _imported(found.root, target)
    try:
        env_file = found.root / NAME
        with package.ConvexStorage.from_env(
            env_file=env_file if env_file.exists() else None
        ) as storage:
            yield _Table(target.package, entity.module, storage)
    except (package.ConvexgenError, DataError) as error:
        raise CannotRun(str(error)) from error


def _entity(name: str, found: FoundSpec) -> tuple[Entity, PythonTarget]:
    system = load(found, found.inputs.read(found.name)).system
    if system is None:
        raise CannotRun(f"{shown(found.path)} has errors: `convexgen lint` says them.")
    if system.python is None:
        raise CannotRun(
            f"{shown(found.path)} has no Python package, with which documents are read and written."
        )
    named = {one.table: one for one in system.entities} | {one.name: one for one in system.entities}
    if name not in named:
        meant = closest(name, named)
        known = ", ".join(one.name for one in system.entities)
        advice = f"The entities are {known}." if meant is None else f"Did you mean {meant!r}?"
        raise CannotRun(f"{shown(found.path)} has no entity {name!r}. {advice}")
    return named[name], system.python


def _imported(root: Path, target: PythonTarget) -> Any:
    folder = root / target.directory
    if not (folder / target.package).is_dir():
        raise CannotRun(f"{shown(folder / target.package)} is not there: run `convexgen generate`.")
    sys.path.insert(0, str(folder.resolve()))
    return import_module(target.package)


def _rows(table: _Table) -> Iterator[Row]:
    for entity in table.store.list():
        yield table.records.row(entity)


def _opened(path: Path) -> AbstractContextManager[IO[bytes]]:
    # Such as /dev/stdout, which is not replaced.
    if path.exists() and not path.is_file():
        return nullcontext(path.open("wb"))
    return written(path)


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


class _Progress:
    """How far a command is, on a terminal; and what it has done, at its end."""

    def __init__(self, verb: str, total: int | None = None) -> None:
        self._verb = verb
        self._of = "" if total is None else f" of {total}"
        self._is_shown = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """So many are done."""
        if self._is_shown:
            click.echo(f"\r{self._verb} {done}{self._of}", err=True, nl=False)

    def end(self, done: int) -> None:
        """All is done."""
        start = "\r" if self._is_shown else ""
        click.echo(f"{start}{self._verb} {_documents(done)}", err=True)

    def counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows, counted as they are taken."""
        done = 0
        for row in rows:
            yield row
            done += 1
            if done % 100 == 0:
                self.show(done)
        self.end(done)
