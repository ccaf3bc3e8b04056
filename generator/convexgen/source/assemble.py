"""A spec and the files that it includes, as one tree."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from convexgen.diagnostics.codes import Code
from convexgen.diagnostics.diagnostic import Diagnostic, Related
from convexgen.diagnostics.display import quoted
from convexgen.diagnostics.span import Span, start_of
from convexgen.naming import functions_folder
from convexgen.packs import PACK, pack_of
from convexgen.source.decode import decode
from convexgen.source.function_spec import NotAFunctionSpec, Table, read_functions
from convexgen.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from convexgen.source.parse import parse
from convexgen.source.source import Source

Read: TypeAlias = Callable[[str], bytes]
"""The bytes of a file by its name. Raises OSError."""

_ASSEMBLING = frozenset({"include", "extend", "functionSpec"})
"""The keys for which more is to be done than to read one file."""

_GROUPS = ("enums", "objects", "entities", "functions", "clientCode")
_LISTS = ("tables", "allow")
"""Keys of which the elements of all files count."""
_EXTENSIBLE = (
    *("fields", "indexes", "queries", "searchIndexes", "vectorIndexes"),
    *("refs", "related", "unique"),
)
_OF_EACH_FILE = frozenset(
    {
        *("convexgen", "name", "description", "include", "lint", "functionSpec"),
        *("convex", "python", "typescript"),
    }
)
"""What a file says of itself: where it is included, the including one counts."""


_PRINTED = "take what `convexgen function-spec` or `npx convex function-spec` prints"
_NO_MAPPING: dict[Code, str] = {
    "empty-file": "the file says nothing",
    "not-a-mapping": "it is no object",
}
"""What is wrong with a function spec that no mapping is read of."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a file is to the one that names it."""

    advice: str
    """Where there is no such file."""


_PART = _Kind(
    "a path beside this file, such as billing.yaml or parts/, or a pack, such as pack:mastra"
)
_FUNCTION_SPEC = _Kind(f"a path beside this file; {_PRINTED}")


def nothing_else(name: str) -> bytes:
    """Reads no file: for a spec that is all there is."""
    raise FileNotFoundError(f"{name} is not there")


def assemble(
    text: str, name: str, read: Read, beside: AbstractSequence[str] = ()
) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The spec in a text with what it includes, and everything wrong with the files as YAML.

    The files `beside` it are its parts as well.
    """
    source, problems = parse(text, name)
    if source.root is None or (not beside and _ASSEMBLING.isdisjoint(source.root.entries)):
        return source, problems
    assembly = _Assembly(read, source)
    assembly.diagnostics.extend(problems)
    assembly.follow(source.root, (name,))
    assembly.follow_files(beside)
    assembly.extend()
    assembly.add_functions()
    return assembly.source(), tuple(assembly.diagnostics)


class _Assembly:
    """The entries of all files that were read."""

    def __init__(self, read: Read, source: Source) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._read = read
        self._name = source.name
        self._texts = dict(source.texts)
        self._root = source.root
        self._entries = dict(source.root.entries) if source.root is not None else {}
        extension = self._entries.pop("extend", None)
        self._extensions = [] if extension is None else [extension]
        self._described: set[str] = set()

    def source(self) -> Source:
        """All files as one."""
        root = None if self._root is None else replace(self._root, entries=self._entries)
        return Source(self._name, self._texts, root, frozenset(self._described))

    def follow(self, root: Mapping, trail: tuple[str, ...]) -> None:
        """Add what the files have that a file includes; `trail` leads to that file."""
        for included in _texts(root, "include"):
            name = _resolve(included.text, trail[-1])
            if name.endswith("/"):
                self._follow_folder(name, included.span, trail)
            elif name in trail:
                circle = " → ".join((*trail[trail.index(name) :], name))
                self._refuse(
                    "cyclic-include",
                    f"a file may not include itself: {circle}",
                    included.span,
                    "remove one of the includes",
                )
            else:
                self._follow_file(name, included.span, trail)

    def follow_files(self, names: AbstractSequence[str]) -> None:
        """Add what files have, and what they include."""
        for name in names:
            self._follow_file(name, start_of(self._name), (self._name,))

    def _follow_file(self, name: str, place: Span, trail: tuple[str, ...]) -> None:
        if name in self._texts:
            return
        text = self._read_text(name, place, _PART)
        if text is None:
            return
        source, problems = parse(text, name)
        self.diagnostics.extend(problems)
        if source.root is not None:
            self._add(source.root)
            self.follow(source.root, (*trail, name))

    def _follow_folder(self, name: str, place: Span, trail: tuple[str, ...]) -> None:
        """Add the files of a folder, but those that lead here."""
        listing = self._read_text(name, place, _PART)
        for file in (listing or "").splitlines():
            path = posixpath.normpath(posixpath.join(name, file))
            if path not in trail:
                self._follow_file(path, place, trail)

    def extend(self) -> None:
        """Add to entities what the files extend them by; once all files are read."""
        for extension in self._extensions:
            for entry in self._mapping(extension):
                entities = self._entries.get("entities")
                if entities is None or not isinstance(entities.value, Mapping):
                    return
                entity = entities.value.entries.get(entry.name)
                if entity is None:
                    self._refuse(
                        "unknown-entity",
                        f"there is no entity {quoted(entry.name)}",
                        entry.key.span,
                        "include the file or the pack that declares it",
                    )
                elif isinstance(entity.value, Mapping):
                    extended = Entry(entity.key, self._extended(entity.value, entry))
                    rest = {**entities.value.entries, entry.name: extended}
                    self._entries["entities"] = Entry(
                        entities.key, replace(entities.value, entries=rest)
                    )

    def add_functions(self) -> None:
        """Add the functions of function specs; once the entities are known."""
        entry = self._entries.get("functionSpec")
        if entry is None or self._root is None:
            return
        tables = self._tables()
        directory = self._of_convex("directory") or "convex"
        folder = "/".join(functions_folder(directory, self._of_convex("functions")))
        modules = {*tables, "atomic", "system"} if tables else set[str]()
        generated = frozenset(posixpath.join(folder, module) for module in modules)
        outside = frozenset(one.text for one in _texts(self._root, "tables"))
        found: dict[str, Entry] = {}
        for file in _texts(self._root, "functionSpec"):
            root = self._function_spec(_resolve(file.text, self._name), file.span)
            if root is None:
                continue
            try:
                found.update(read_functions(root, tables, outside, generated))
            except NotAFunctionSpec as error:
                self._refuse_function_spec(str(error), error.node.span)
        declared = self._entries.get("functions")
        self._described = found.keys() - _entries(declared).keys()
        if declared is None:
            functions = Mapping(entry.value.span, True, found)
            key = Scalar(entry.key.span, "functions", "functions", None)
            self._entries["functions"] = Entry(key, functions)
        elif isinstance(declared.value, Mapping):
            merged = {**found, **declared.value.entries}
            functions = replace(declared.value, entries=merged)
            self._entries["functions"] = Entry(declared.key, functions)

    def _tables(self) -> dict[str, Table]:
        """The tables of the entities, by their names."""
        tables: dict[str, Table] = {}
        for name, entity in _entries(self._entries.get("entities")).items():
            table = _entries(entity).get("table")
            if table is not None and isinstance(table.value, Scalar):
                shapes = list(self._shapes(_entries(entity)))
                fields = [field for shape in shapes for field in shape.values()]
                tables[table.value.text] = Table(
                    name,
                    frozenset(frozenset(shape) for shape in shapes),
                    frozenset(field.name for field in fields if _is_optional(field.value)),
                )
        return tables

    def _shapes(self, entity: AbstractMapping[str, Entry]) -> Iterator[AbstractMapping[str, Entry]]:
        """The fields of an entity, or those that documents of each variant have."""
        fields = _entries(entity.get("fields"))
        union = entity.get("union")
        if union is None or not isinstance(union.value, Sequence):
            yield fields
            return
        objects = _entries(self._entries.get("objects"))
        for variant in union.value.items:
            yield {**fields, **_entries(_variant(variant, objects))}

    def _of_convex(self, key: str) -> str | None:
        entry = _entries(self._entries.get("convex")).get(key)
        if entry is not None and isinstance(entry.value, Scalar):
            return entry.value.text
        return None

    def _extended(self, entity: Mapping, extension: Entry) -> Mapping:
        entries = dict(entity.entries)
        for entry in self._mapping(extension):
            if entry.name not in _EXTENSIBLE:
                self._refuse(
                    "unknown-key",
                    f"an extension has no key {quoted(entry.name)}",
                    entry.key.span,
                    f"one of {', '.join(_EXTENSIBLE)}",
                )
                continue
            there = entries.get(entry.name)
            if there is None:
                entries[entry.name] = entry
            elif isinstance(there.value, Mapping) and isinstance(entry.value, Mapping):
                entries[entry.name] = Entry(there.key, self._merge(there.value, entry.value))
            elif entry.name == "unique" and isinstance(there.value, Sequence):
                entries[entry.name] = _with_items(there, entry)
            elif self._mapping(entry):
                self._refuse(
                    "contradiction",
                    f"{quoted(entry.name)} of the entity is no mapping that could have more",
                    entry.key.span,
                    f'leave "{entry.name}" out of the extension',
                )
        return replace(entity, entries=entries)

    def _mapping(self, entry: Entry) -> list[Entry]:
        if isinstance(entry.value, Mapping):
            return list(entry.value.entries.values())
        self._refuse(
            "wrong-shape",
            f"{quoted(entry.name)} is a mapping",
            entry.key.span,
            "such as extend: {Thread: {fields: {mood: string?}}}",
        )
        return []

    def _function_spec(self, name: str, place: Span) -> Mapping | None:
        text = self._read_text(name, place, _FUNCTION_SPEC)
        if text is None:
            return None
        source, problems = parse(text, name)
        for problem in problems:
            if problem.code in _NO_MAPPING:
                self._refuse_function_spec(_NO_MAPPING[problem.code], problem.span)
            else:
                self.diagnostics.append(problem)
        return source.root

    def _read_text(self, name: str, place: Span, kind: _Kind) -> str | None:
        try:
            data = self._read(name)
        except (OSError, ValueError) as error:
            # A ValueError is for names that no file can have.
            reason = error.strerror if isinstance(error, OSError) else None
            self._refuse(
                "include",
                f"{quoted(name)} cannot be read: {reason or error}",
                place,
                kind.advice,
            )
            return None
        text, problem = decode(data, name)
        self._texts[name] = text
        if problem is not None:
            self.diagnostics.append(problem)
            return None
        return text

    def _add(self, part: Mapping) -> None:
        for key, entry in part.entries.items():
            if key in _OF_EACH_FILE:
                continue
            if key == "extend":
                self._extensions.append(entry)
                continue
            there = self._entries.get(key)
            if there is None:
                self._entries[key] = entry
            elif (
                key in _GROUPS
                and isinstance(there.value, Mapping)
                and isinstance(entry.value, Mapping)
            ):
                self._entries[key] = Entry(there.key, self._merge(there.value, entry.value))
            elif key in _LISTS and not isinstance(entry.value, Mapping):
                self._entries[key] = _with_items(there, entry)
            else:
                self._refuse_twice(entry, there)

    def _merge(self, there: Mapping, added: Mapping) -> Mapping:
        entries = dict(there.entries)
        for key, entry in added.entries.items():
            if key in entries:
                self._refuse_twice(entry, entries[key])
            else:
                entries[key] = entry
        return replace(there, entries=entries)

    def _refuse_twice(self, entry: Entry, earlier: Entry) -> None:
        self.diagnostics.append(
            Diagnostic(
                "declared-twice",
                f"{quoted(entry.name)} is declared twice",
                entry.key.span,
                help="keep one of the two, or rename one",
                related=(Related("the other one is", earlier.key.span),),
            )
        )

    def _refuse_function_spec(self, what: str, place: Span) -> None:
        self._refuse("function-spec", f"this is no function spec: {what}", place, _PRINTED)

    def _refuse(self, code: Code, message: str, place: Span, advice: str) -> None:
        self.diagnostics.append(Diagnostic(code, message, place, help=advice))


def _entries(entry: Entry | None) -> AbstractMapping[str, Entry]:
    """The entries of a mapping; none of what is no mapping, which is refused elsewhere."""
    return entry.value.entries if entry is not None and isinstance(entry.value, Mapping) else {}


def _is_optional(field: Node) -> bool:
    """Whether documents may lack a field: it is `string?`, or says so in an option."""
    if isinstance(field, Mapping):
        option, type_ = field.entries.get("optional"), field.entries.get("type")
        return (
            option is not None and isinstance(option.value, Scalar) and option.value.value is True
        ) or (type_ is not None and _is_optional(type_.value))
    return isinstance(field, Scalar) and field.text.rstrip().endswith("?")


def _variant(node: Node, objects: AbstractMapping[str, Entry]) -> Entry | None:
    """What has the fields of a variant: a named object, or one in place."""
    name = node
    if isinstance(node, Mapping):
        if "type" not in node.entries:
            return node.entries.get("object")
        name = node.entries["type"].value
    return objects.get(name.text) if isinstance(name, Scalar) else None


def _texts(root: Mapping, key: str) -> list[Scalar]:
    """The names under a key; what is not text is refused with the shape of the spec."""
    entry = root.entries.get(key)
    if entry is None:
        return []
    items = _items(entry.value)
    return [item for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]


def _items(node: Node) -> tuple[Node, ...]:
    """The elements of a list, for which one alone is short."""
    return node.items if isinstance(node, Sequence) else (node,)


def _with_items(there: Entry, added: Entry) -> Entry:
    """A list with the elements of another."""
    items = (*_items(there.value), *_items(added.value))
    return Entry(there.key, Sequence(there.value.span, True, items))


def _resolve(included: str, file: str) -> str:
    """The name of an included file: a path is relative to the file that has it."""
    if included.startswith(PACK):
        return included
    if file.startswith(PACK):
        return pack_of(included, file)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), included))
    return f"{path}/" if included.endswith("/") else path
