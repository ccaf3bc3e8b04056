"""Writing the spec of what is imported, and proving it."""

from __future__ import annotations

import json
import posixpath
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from convexgen.cli.generation import Refused, show_problems, tell_waiting
from convexgen.cli.project import CannotRun, FoundSpec, find_spec, read_spec, shown, unreadable
from convexgen.cli.roots import SPEC_FOLDER
from convexgen.embedded import read_schema
from convexgen.files.convex_json import DEFAULT_FUNCTIONS
from convexgen.files.function_specs import Described, read_function_specs
from convexgen.files.lock import locked
from convexgen.files.reading import read_file
from convexgen.files.staging import remove_leftovers, replace_files
from convexgen.source.assemble import Read, nothing_else
from convexgen.source.nodes import Entry, Mapping, Scalar

if TYPE_CHECKING:
    from convexgen.diagnostics.span import Span
    from convexgen.frontend import Loaded
    from convexgen.importing.exported import ExportedSchema
    from convexgen.importing.merging import Earlier
    from convexgen.importing.names import Known
    from convexgen.importing.project import Drafted, Target
    from convexgen.model.system import System
    from convexgen.source.source import Source

    Drafts: TypeAlias = Callable[[Known], Drafted]
    """What gives a spec with names that are given already."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a spec is written."""

    root: Path
    """The folder of the project."""
    functions: str
    """That of its functions, which may not be there yet."""

    @property
    def named_functions(self) -> str | None:
        """That folder, where a spec has to name it: it is not called as by default."""
        is_default = DEFAULT_FUNCTIONS in self.functions.split("/")
        return None if is_default else self.functions

    def spec(self, name: str) -> Path:
        """The file of a spec."""
        return self.root / SPEC_FOLDER / f"{name}.yaml"


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a spec may name, and those that are parts of it."""

    read: Read
    parts: Sequence[str] = ()


ALONE = Files(nothing_else)
"""A spec that is all in one file."""


@dataclass(frozen=True, slots=True)
class EarlierSpec:
    """A spec that is there, to which what has changed is added."""

    spec: Earlier
    found: FoundSpec
    directory: str
    content: bytes

    @property
    def function_spec(self) -> str | None:
        """The file that it names for what the functions take and return, the first of several."""
        from convexgen.importing.editing import scalars

        entry = self.spec.root.entries.get("functionSpec")
        return None if entry is None else next(scalars(entry.value)).text

    @property
    def described(self) -> Sequence[Described]:
        """The functions that these files have."""
        from convexgen.importing.editing import scalars

        if self.function_spec is None:
            return ()
        names = [one.text for one in scalars(self.spec.root.entries["functionSpec"].value)]
        try:
            texts = [self.found.inputs.read(_beside(name)) for name in names]
        except OSError as error:
            raise unreadable(error) from error
        return [*(read_function_specs(texts) or {}).values()]


def write_imported(
    place: Place,
    schema: ExportedSchema,
    target: Target,
    drafts: Drafts,
    described: Sequence[Described],
    earlier: EarlierSpec | None,
) -> ExportedSchema:
    """Write the spec of a schema, or add to the earlier one what has changed.

    Says what was written, how the spec does not give the schema, and what of the functions is left
    out. Returns the schema that the spec gives. Raises Refused where that is not the same.
    """
    from convexgen.formatting.format import format_specs_as_before
    from convexgen.importing.comparing import differences
    from convexgen.importing.exported import read_exported
    from convexgen.importing.merging import known_names, lost_keys, merge
    from convexgen.importing.unsayable import unsayable

    if lines := list(unsayable(schema)):
        for line in lines:
            click.echo(f"{target.source}: {line}.", err=True)
        click.echo(_NOT_WRITTEN, err=True)
        raise Refused
    files = ALONE
    if earlier is None:
        drafted, text, described = fresh_spec(target, drafts, described)
    else:
        for change in differences(earlier.spec.schema, schema):
            click.echo(change)
        spec = earlier.spec
        files = Files(earlier.found.read_included, earlier.found.beside)
        drafted, described, _ = _with_free_names(
            known_names(spec, schema),
            drafts,
            lambda one: merge(spec, schema, one),
            target,
            described,
            files,
        )
        text = merge(spec, schema, drafted)
        if text != spec.text:
            (text,) = format_specs_as_before({_SPEC: spec.text}, {_SPEC: text}).values()
        loaded = _loaded(text, target, described, files)
        if loaded.system is None:
            _tell(loaded, place, target)
            click.echo(_NOT_WRITTEN, err=True)
            raise Refused
        for line in lost_keys(spec, text):
            click.echo(line)
    before = None if earlier is None else earlier.content
    write_spec(place, text, target, described, before)
    loaded = _loaded(text, target, described, files)
    click.echo(_summary(drafted, described, loaded))
    given = read_exported(_given(place, loaded_system(place, text, target, described, files)))
    _prove(schema, given, is_first=earlier is None)
    return given


def fresh_spec(
    target: Target, drafts: Drafts, described: Sequence[Described], files: Files = ALONE
) -> tuple[Drafted, str, Sequence[Described]]:
    """A new spec, with names that nothing else has: what it says, its text and its functions."""
    from convexgen.diagnostics.codes import is_advice
    from convexgen.importing.names import Known

    drafted, described, loaded = _with_free_names(
        Known(), drafts, lambda one: one.text({}), target, described, files
    )
    # Nobody has written what advice would be about.
    advice = sorted({one.code for one in loaded.diagnostics if is_advice(one.code)})
    return drafted, drafted.text(dict.fromkeys(advice, "off")), described


def _with_free_names(
    known: Known,
    drafts: Drafts,
    text_of: Callable[[Drafted], str],
    target: Target,
    described: Sequence[Described],
    files: Files = ALONE,
) -> tuple[Drafted, Sequence[Described], Loaded]:
    """What gives a spec with names that nothing else has, with the functions that can be said."""
    drafted = drafts(known)
    described, loaded = _without_refused(text_of(drafted), target, described, files)
    while taken := _taken(loaded, known) - known.taken:
        known = replace(known, taken=known.taken | taken)
        drafted = drafts(known)
        loaded = _loaded(text_of(drafted), target, described, files)
    return drafted, described, loaded


def loaded_system(
    place: Place,
    text: str,
    target: Target,
    described: Sequence[Described],
    files: Files = ALONE,
) -> System:
    """The model of a spec. Raises Refused, with what is wrong said, where it has errors."""
    loaded = _loaded(text, target, described, files)
    if loaded.system is None:
        _tell(loaded, place, target)
        _advise(place.spec(target.name))
        raise Refused
    return loaded.system


def _advise(spec: Path) -> None:
    click.echo(f"Mend that in {shown(spec)}, or remove it and import again.", err=True)


def _tell(loaded: Loaded, place: Place, target: Target) -> None:
    """Say what is wrong with a spec, and what of the schema that is about."""
    from convexgen.cli.loading import problems
    from convexgen.diagnostics.codes import Severity

    show_problems(problems(loaded, place.root))
    about = [
        _place_of(loaded.source, one.span)
        for one in loaded.diagnostics
        if one.severity is Severity.ERROR
    ]
    named = ", ".join(dict.fromkeys(one for one in about if one is not None))
    if named:
        click.echo(f"In {target.source}, that is about {named}.", err=True)


def _place_of(source: Source, place: Span) -> str | None:
    """The table, and its field or index, that a place in a spec is about."""
    entity = _last_before(source.node(("entities",)), place)
    table = None if entity is None else source.node(("entities", entity.name, "table"))
    if entity is None or not isinstance(table, Scalar):
        return None
    section = _last_before(entity.value, place)
    part = None if section is None else _last_before(section.value, place)
    return table.text if part is None else f"{table.text}.{part.name}"


def _last_before(node: object, place: Span) -> Entry | None:
    """The entry of a mapping in which a place is."""
    entries = node.entries.values() if isinstance(node, Mapping) else ()
    before = [
        one
        for one in entries
        if one.key.span.file == place.file and one.key.span.start <= place.start
    ]
    return max(before, key=lambda one: one.key.span.start, default=None)


def _prove(schema: ExportedSchema, given: ExportedSchema, *, is_first: bool) -> None:
    """Says that what a spec gives is the schema that is there. Raises Refused where it is not."""
    from convexgen.importing.comparing import added_tables, differences

    # Of an earlier spec, somebody may have said since that its functions write.
    unequal = [*differences(schema, given), *(added_tables(schema, given) if is_first else ())]
    if unequal:
        for one in unequal:
            click.echo(one, err=True)
        said = counted(len(unequal), "difference")
        click.echo(f"The spec does not give the same schema: {said}.", err=True)
        raise Refused
    click.echo("The spec gives the same schema.")


def earlier_spec(place: Place, name: str) -> EarlierSpec | None:
    """The spec of an earlier import, if there is one. Raises Refused where it has errors."""
    path = place.spec(name)
    if not path.exists():
        return None

    from convexgen.cli.loading import load, problems
    from convexgen.importing.exported import read_exported
    from convexgen.importing.merging import Earlier
    from convexgen.importing.named_shapes import named_shapes
    from convexgen.source.parse import parse

    found = _found(path, place.root)
    content = read_spec(path)
    loaded = load(found, content)
    if loaded.system is None:
        show_problems(problems(loaded, place.root))
        _advise(path)
        raise Refused
    text = content.decode("utf-8-sig")
    source, _ = parse(text, found.name)
    assert source.root is not None
    schema = read_exported(_given(place, loaded.system))
    earlier = Earlier(
        text,
        source.root,
        {entity.table: entity.name for entity in loaded.system.entities},
        named_shapes(loaded.system, schema),
        schema,
    )
    return EarlierSpec(earlier, found, loaded.system.convex.directory, content)


def _found(path: Path, root: Path) -> FoundSpec:
    """A spec, with its parts where it is the one of its folder."""
    with suppress(CannotRun):
        found = find_spec(path.parent, root)
        if found.path == path:
            return found
    return find_spec(path, root)


def named_function_spec(
    name: str, described: Sequence[Described], earlier: EarlierSpec | None
) -> str | None:
    """The file that says what the functions of a project take and return, if it has some."""
    named = None if earlier is None else earlier.function_spec
    return named or (f"{name}.functions.json" if described else None)


def _without_refused(
    text: str, target: Target, described: Sequence[Described], files: Files = ALONE
) -> tuple[list[Described], Loaded]:
    """The functions that the language can say, and the spec with them; of others it is said why."""
    from convexgen.diagnostics.codes import Severity

    kept = list(described)
    while True:
        loaded = _loaded(text, target, kept, files)
        name = _beside(target.function_spec or "")
        refused = {
            one.span.start.line: one.message
            for one in loaded.diagnostics
            if one.severity is Severity.ERROR and one.span.file == name
        }
        lines = _function_spec(kept).splitlines()
        starts = [number for number, line in enumerate(lines, 1) if line == _FUNCTION]
        left_out = {bisect_right(starts, line) - 1: said for line, said in refused.items()}
        if not left_out.keys() & set(range(len(kept))):
            return kept, loaded
        for position, said in sorted(left_out.items()):
            click.echo(f"{kept[position]['identifier']} is left out: {said}", err=True)
        kept = [one for position, one in enumerate(kept) if position not in left_out]


def _taken(loaded: Loaded, known: Known) -> frozenset[str]:
    """The names of entities, enums and objects that something else has already.

    Where the name of the class of a field is taken, it is the other one that is to give way, as
    where it is taken by a class of what has its name for good.
    """
    source = loaded.source
    names: set[str] = set()
    for one in loaded.diagnostics:
        spans = (one.span, *(note.span for note in one.related))
        if one.code not in {"colliding-name", "reserved-name"} or any(
            span.file != source.name for span in spans
        ):
            continue
        owners = [_declaration(source, span) for span in spans]
        first = owners[0]
        if first is None:
            continue
        if first.key.span.start == one.span.start and first.name not in known.taken:
            names.add(first.name)
        elif not _is_table(first, one.span):
            others = [owner for owner in owners if owner is not None and owner is not first]
            names.update(owner.name for owner in others)
    return frozenset(names)


def _declaration(source: Source, place: Span) -> Entry | None:
    """The entity, enum or object that a place is part of."""
    sections = (source.node((name,)) for name in ("entities", "enums", "objects"))
    before = [entry for one in sections if (entry := _last_before(one, place)) is not None]
    return max(before, key=lambda entry: entry.key.span.start, default=None)


def _is_table(declaration: Entry, place: Span) -> bool:
    content = declaration.value
    entry = content.entries.get("table") if isinstance(content, Mapping) else None
    return entry is not None and place.start in {entry.key.span.start, entry.value.span.start}


_NOT_WRITTEN = "Nothing was written."
_SPEC = "spec.yaml"
_OF_FIELDS = ("entities", "NAME", "fields")
"""The path of a comment about keys."""
_FUNCTION = "    {"
"""The line with which a function starts in a function spec."""


def _function_spec(functions: Sequence[Described]) -> str:
    return json.dumps({"functions": functions}, indent=2) + "\n"


def _beside(name: str) -> str:
    """The path in the project of a file that a spec names."""
    return posixpath.normpath(f"{SPEC_FOLDER}/{name}")


def _loaded(text: str, target: Target, described: Sequence[Described], files: Files) -> Loaded:
    from convexgen.frontend import load_system

    written = None if target.function_spec is None else _beside(target.function_spec)

    def read(name: str) -> bytes:
        return _function_spec(described).encode() if name == written else files.read(name)

    return load_system(text, f"{SPEC_FOLDER}/{target.name}.yaml", read, files.parts)


def write_spec(
    place: Place,
    text: str,
    target: Target,
    described: Sequence[Described],
    before: bytes | None = None,
) -> None:
    """Write a spec, with the files that it names, and say which of them have changed.

    It takes the place of the one that was there `before`, if there was one. Raises CannotRun where
    somebody has saved another one meanwhile.
    """
    from convexgen.spec.json_schema import spec_json_schema

    spec = place.spec(target.name)
    files: dict[Path, str] = {}
    if target.function_spec is not None:
        files[spec.parent / target.function_spec] = _function_spec(described)
    files[spec.with_name("convexgen.schema.json")] = spec_json_schema()
    # It names the others: where that ends in between, the next import goes on from what is there.
    files[spec] = text
    with locked(place.root, tell_waiting):
        if (read_spec(spec) if spec.exists() else None) != before:
            raise CannotRun(
                f"{shown(spec)} was changed meanwhile, and nothing was written. Import again."
            )
        spec.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers([spec.parent])
        said: list[str] = []
        changed: dict[Path, bytes] = {}
        for path, content in files.items():
            verb = "updated" if path.exists() else "created"
            if verb == "created" or read_file(path) != content.encode():
                changed[path] = content.encode()
                said.append(f"{verb} {shown(path)}")
        replace_files(changed)
    for line in said:
        click.echo(line)


def _given(place: Place, system: System) -> dict[str, object]:
    """What the schema that the spec gives exports."""
    from convexgen.rendering.convex import render_schema

    with tempfile.TemporaryDirectory(prefix="convexgen-") as made:
        scratch = Path(made).resolve() / "schema.ts"
        scratch.write_text(render_schema(system), encoding="utf-8", newline="\n")
        functions = place.functions if (place.root / place.functions).is_dir() else "."
        read = read_schema(place.root, functions=functions, schema=scratch)
    return read.exported


def _summary(drafted: Drafted, described: Sequence[Described], loaded: Loaded) -> str:
    given = [loaded.source.node(("entities", name, "key")) for name in drafted.entities]
    keyed = sum(key is not None for key in given)
    said = [counted(len(drafted.entities), "table"), f"{keyed} with a key"]
    noted = sum(len(path) == len(_OF_FIELDS) for path in drafted.notes)
    if noted:
        said.append(f"{noted} with a comment about one")
    if described:
        said.append(counted(len(described), "function"))
    return f"{drafted.target.source}: {', '.join(said)}."


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
