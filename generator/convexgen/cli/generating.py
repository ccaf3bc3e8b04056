"""Generating: what differs is written, and said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from convexgen.cli.generation import (
    Generation,
    Refused,
    compare_with_disk,
    show_problems,
    tell_waiting,
)
from convexgen.cli.project import CannotRun, FoundSpec, shown, unwritable
from convexgen.cli.summary import MOST_SHOWN, counted, files
from convexgen.files.lock import locked
from convexgen.files.manifest import MANIFESTS
from convexgen.files.staging import remove_leftovers

if TYPE_CHECKING:
    from convexgen.cli.loading import Problems
    from convexgen.files.compare import Difference

_COLORS = {"created": "green", "updated": "yellow", "deleted": "red"}


def generate(
    found: FoundSpec,
    *,
    force: bool = False,
    verbose: bool = False,
    tell: Callable[[Problems], None] = show_problems,
    say: Callable[[str], None] = click.echo,
) -> bool:
    """Write what differs, unless that would lose what somebody wrote; whether anything did.

    Raises Refused where it wrote nothing, and CannotRun where files cannot be read or written.
    """
    with locked(found.root, tell_waiting):
        remove_leftovers([found.root / MANIFESTS])
        generation = compare_with_disk(found, tell)
        if generation is None or not generation.differences:
            return False
        _write(generation, force=force)
    for line in _written(generation, verbose=verbose):
        say(line)
    return True


def _write(generation: Generation, *, force: bool) -> None:
    from convexgen.files.write import ChangedMeanwhile, write

    blocking = [
        one
        for one in generation.differences
        if one.is_somebodys and not (force and not one.is_foreign)
    ]
    if blocking:
        for one in blocking:
            click.echo(f"{shown(generation.root / one.path)}: {one.drift.value}", err=True)
        back = ", or take generated files back with --force"
        click.echo(
            "Nothing was written. Move what you wrote to files of your own"
            f"{back if any(one.is_edited for one in blocking) else ''}.",
            err=True,
        )
        raise Refused
    try:
        write(generation.root, generation.differences, generation.manifest, generation.written)
    except ChangedMeanwhile as error:
        path = shown(generation.root / str(error))
        raise CannotRun(f"{path} was changed meanwhile, and nothing was written.") from error
    except OSError as error:
        raise unwritable(error) from error


def _written(generation: Generation, *, verbose: bool) -> Iterator[str]:
    left = [one for one in generation.differences if one.is_left]
    written = [one for one in generation.differences if not one.is_left]
    done = [(_verb(one), shown(generation.root / one.path)) for one in written]
    if verbose or len(done) <= MOST_SHOWN:
        for verb, path in done:
            yield f"{click.style(verb, fg=_COLORS[verb])} {path}"
    else:
        for verb, color in _COLORS.items():
            paths = [path for one, path in done if one == verb]
            if paths:
                yield f"{click.style(verb, fg=color)} {counted(paths)}"
    for one in left:
        yield f"left {shown(generation.root / one.path)}, which convexgen did not write"
    unchanged = generation.rendered - sum(not one.is_stale for one in written)
    yield f"{files(len(written))} written or deleted, {unchanged} unchanged."


def _verb(difference: Difference) -> str:
    if difference.is_stale:
        return "deleted"
    return "updated" if difference.was_there else "created"
