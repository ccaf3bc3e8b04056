"""Snapshots: what `npx convex export` writes, and what the documents in them have.

Source: `crates/exports/src` and `crates/application/src/snapshot_import/parse.rs` of Convex's
backend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from convexgen.guards import is_list, is_mapping
from convexgen.importing.document_ids import table_number
from convexgen.importing.exported import (
    ExportedSchema,
    ExportedTable,
    Validator,
    canonical,
    members,
    read_exported,
    record_values,
)
from convexgen.importing.shapes import ANY, SYSTEM_FIELDS, record_of, table_of, union_of
from convexgen.rules.limits import IDENTIFIER_LENGTH, VALUE_NESTING

_DOCUMENTS = re.compile(r"(?:(?P<folder>.*)/)?(?P<table>[^/]+)/documents\.jsonl")
_LEGACY = re.compile(r"(?:(?P<folder>.*)/)?(?P<table>[^/]+)/generated_schema\.jsonl")
_TABLES = "_tables"
_COMPONENTS = "_components"
_UNIFORM = "uniform"
_MOST_FIELDS = 64
"""`MAX_OBJECT_FIELDS` of crates/shape_inference/src/config.rs: with more, it is a record."""
_FIELD = re.compile(rf"[A-Za-z_]\w{{0,{IDENTIFIER_LENGTH - 1}}}", re.ASCII)
_TABLE_NAME = re.compile(rf"[A-Za-z]\w{{0,{IDENTIFIER_LENGTH - 1}}}", re.ASCII)
_SPECIAL = {"$bytes": "bytes", "$float": "number", "$integer": "bigint"}
_VIRTUAL = {"_file_storage": "_storage", "_scheduled_jobs": "_scheduled_functions"}
"""What the tables are called that users know by another name."""
MOST_BYTES = 64 * 2**20
"""No document is longer as JSON: Convex takes 1 MiB. A small ZIP may have lines of any length."""
_LARGEST_TABLE = 2**32 - 1
_INT64 = range(-(2**63), 2**63)
_STRING: Validator = {"type": "string"}

Document: TypeAlias = Mapping[str, Any]


class BadSnapshot(Exception):
    """A file that is no snapshot, or a damaged one; the message says where."""


@dataclass(slots=True)
class Seen:
    """What the values at some place have in common."""

    scalars: dict[str, Validator] = field(default_factory=dict[str, Validator])
    """Validators of values without parts, by what tells them apart."""
    elements: Seen | None = None
    """Of arrays."""
    objects: int = 0
    fields: dict[str, Seen] = field(default_factory=dict[str, "Seen"])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """In how many objects each field is."""

    @property
    def validator(self) -> Validator:
        """What takes all of the values."""
        found = [self.scalars[key] for key in sorted(self.scalars)]
        if "string" in self.scalars:
            # Text that looks like an ID is text as well.
            found = [one for one in found if one["type"] != "id"]
        if self.elements is not None:
            found.append({"type": "array", "value": self.elements.validator})
        if self.objects:
            found.append(self._object)
        return union_of(found) if found else ANY

    @property
    def _object(self) -> Validator:
        names = self.fields
        is_object = len(names) <= _MOST_FIELDS and all(map(_FIELD.fullmatch, names))
        if is_object:
            return self.document
        together = Seen()
        for one in self.fields.values():
            together.add_all(one)
        return record_of(_STRING, together.validator)

    @property
    def document(self) -> Validator:
        """An object with all of the fields."""
        return {
            "type": "object",
            "value": {
                name: {
                    "fieldType": one.validator,
                    "optional": self.counts[name] < self.objects,
                }
                for name, one in self.fields.items()
            },
        }

    def add(self, value: object, tables: Mapping[int, str], depth: int = 0) -> None:
        """See another value. Raises BadSnapshot for what Convex does not write."""
        if depth > VALUE_NESTING:
            raise BadSnapshot(f"a value is nested over {VALUE_NESTING} deep")
        if is_list(value):
            if self.elements is None:
                self.elements = Seen()
            for one in value:
                self.elements.add(one, tables, depth + 1)
        elif _is_object(value):
            self.objects += 1
            for name, one in value.items():
                seen = self.fields.setdefault(name, Seen())
                self.counts[name] = self.counts.get(name, 0) + 1
                seen.add(one, tables, depth + 1)
        else:
            validator = _scalar(value, tables)
            self.scalars[canonical(validator)] = validator

    def add_all(self, other: Seen) -> None:
        """See all that another one has seen."""
        self.scalars |= other.scalars
        if other.elements is not None:
            if self.elements is None:
                self.elements = Seen()
            self.elements.add_all(other.elements)
        self.objects += other.objects
        for name, one in other.fields.items():
            self.fields.setdefault(name, Seen()).add_all(one)
            self.counts[name] = self.counts.get(name, 0) + other.counts[name]


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether it is an object, and not what stands for a value that JSON lacks."""
    return is_mapping(value) and not _SPECIAL.keys() & value.keys()


def _special_kind(value: object) -> str | None:
    """The kind of value that an object stands for."""
    if not is_mapping(value) or len(value) != 1:
        return None
    found = (kind for name, kind in _SPECIAL.items() if isinstance(value.get(name), str))
    return next(found, None)


def _scalar(value: object, tables: Mapping[int, str]) -> Validator:
    match value:
        case None:
            return {"type": "null"}
        case bool():
            return {"type": "boolean"}
        case int() if value in _INT64:
            return {"type": "bigint"}
        case float():
            return {"type": "number"}
        case str():
            number = table_number(value)
            table = None if number is None else tables.get(number)
            return _STRING if table is None else {"type": "id", "tableName": table}
        case _:
            kind = _special_kind(value)
            if kind is not None:
                return {"type": kind}
            raise BadSnapshot(f"{json.dumps(value)[:80]} is no value of Convex")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that is open."""

    path: str
    archive: ZipFile
    folder: str
    """In which the tables are; empty, or with a slash at its end."""
    tables: Mapping[int, str]
    """Their names by their numbers, which are in IDs."""
    names: tuple[str, ...]
    """The tables that users have, in the order of their numbers."""
    components: tuple[str, ...]
    """Those of which there are tables too, which are not read."""

    def documents(self, table: str) -> Iterator[tuple[str, Document]]:
        """The documents of a table, with their places. Raises BadSnapshot."""
        name = f"{self.folder}{table}/documents.jsonl"
        for number, line in enumerate(_lines(self.path, self.archive, name), 1):
            if not line.strip():
                continue
            place = f"{self.path}: {name}:{number}"
            try:
                document = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadSnapshot(f"{place}: {error}") from error
            if not isinstance(document, dict):
                raise BadSnapshot(f"{place}: it is no document, which is an object of JSON")
            yield place, document

    def seen(self, table: str) -> Seen:
        """What the documents of a table have. Raises BadSnapshot."""
        seen = Seen()
        for place, document in self.documents(table):
            try:
                seen.add(_own(document), self.tables)
            except BadSnapshot as error:
                raise BadSnapshot(f"{place}: {error}") from error
        return seen


def open_snapshot(path: Path, shown: str) -> Snapshot:
    """The snapshot in a file. Raises BadSnapshot and OSError."""
    try:
        if not path.is_file():
            raise BadZipFile("it is no regular file")
        archive = ZipFile(path)
    except (BadZipFile, NotImplementedError, ValueError) as error:
        raise BadSnapshot(
            f"{shown} is no ZIP, which `npx convex export` writes: {error}"
        ) from error
    names = archive.namelist()
    folder = _folder(names)
    if folder is None:
        raise BadSnapshot(
            f"{shown} has no {_TABLES}/documents.jsonl, which the ZIP of `npx convex export` has"
        )
    for name in names:
        legacy = _LEGACY.fullmatch(name)
        if legacy is None or (legacy["folder"] or "") != folder.rstrip("/"):
            continue
        first = next(iter(_lines(shown, archive, name)), "").strip()
        if first not in {"", f'"{_UNIFORM}"'}:
            raise BadSnapshot(
                f"{shown}: {name}:1: it is of an older Convex, which wrote int64s as text: export "
                "it again"
            )
    numbers = _numbers(Snapshot(shown, archive, folder, {}, (), ()))
    held = {
        found["table"]
        for found in map(_DOCUMENTS.fullmatch, names)
        if found is not None and (found["folder"] or "") == folder.rstrip("/")
    }
    unnumbered = sorted(name for name in held if not name.startswith("_") and name not in numbers)
    if unnumbered:
        raise BadSnapshot(f"{shown}: {_TABLES}/documents.jsonl lacks {', '.join(unnumbered)}")
    components = sorted(
        {
            name.removeprefix(f"{folder}{_COMPONENTS}/").partition("/")[0]
            for name in names
            if name.startswith(f"{folder}{_COMPONENTS}/")
        }
        - {""}
    )
    return Snapshot(
        shown,
        archive,
        folder,
        {number: _VIRTUAL.get(name, name) for name, number in numbers.items()},
        tuple(name for name in numbers if not name.startswith("_")),
        tuple(components),
    )


def _folder(names: Sequence[str]) -> str | None:
    """The folder with the tables: who packs a snapshot again may put one around it."""
    found = [one for one in map(_DOCUMENTS.fullmatch, names) if one is not None]
    folders = [
        f"{one['folder']}/" if one["folder"] else ""
        for one in found
        if one["table"] == _TABLES and _COMPONENTS not in (one["folder"] or "").split("/")
    ]
    return min(folders, key=len, default=None)


def _numbers(snapshot: Snapshot) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for place, document in snapshot.documents(_TABLES):
        name, number = document.get("name"), document.get("id")
        if not (isinstance(name, str) and _is_number_of_table(number)):
            raise BadSnapshot(f'{place}: it is no table, such as {{"name": "users", "id": 10001}}')
        if not name.startswith("_") and not _TABLE_NAME.fullmatch(name):
            raise BadSnapshot(f"{place}: {name!a} is no name of a table")
        numbers[name] = int(number)
    return dict(sorted(numbers.items(), key=lambda one: one[1]))


def _is_number_of_table(value: object) -> TypeGuard[float]:
    """Whether it is a number as IDs have it, which Convex writes with or without a fraction."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 1 <= value <= _LARGEST_TABLE and value == int(value)


def _lines(shown: str, archive: ZipFile, name: str) -> Iterator[str]:
    try:
        entry = archive.open(name)
    except KeyError:
        return  # a table without documents may have no file
    except (BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise BadSnapshot(f"{shown}: {name} cannot be read: {error}") from error
    with entry:
        number = 1
        try:
            while line := entry.readline(MOST_BYTES + 1):
                if len(line) > MOST_BYTES:
                    most = f"{MOST_BYTES // 2**20} MiB"
                    raise BadSnapshot(f"{shown}: {name}:{number}: the line has more than {most}")
                yield line.decode()
                number += 1
        except UnicodeDecodeError as error:
            raise BadSnapshot(f"{shown}: {name}:{number}: it is not UTF-8: {error}") from error
        except (BadZipFile, ZlibError, EOFError, OSError, ValueError) as error:
            raise BadSnapshot(f"{shown}: {name} is damaged: {error}") from error


def _own(document: Document) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in SYSTEM_FIELDS}


@dataclass(frozen=True, slots=True)
class Inferred:
    """What the documents of a snapshot have."""

    schema: ExportedSchema
    empty: tuple[str, ...]
    """Tables of which nothing is known."""
    undecided: tuple[tuple[str, str], ...]
    """Fields of which all values are null or empty arrays, by their tables."""
    documents: int


def infer(snapshot: Snapshot) -> Inferred:
    """The schema that takes the documents of a snapshot. Raises BadSnapshot."""
    tables: list[Mapping[str, Any]] = []
    empty: list[str] = []
    undecided: list[tuple[str, str]] = []
    documents = 0
    for name in snapshot.names:
        seen = snapshot.seen(name)
        if not seen.objects:
            empty.append(name)
            continue
        documents += seen.objects
        is_object = all(map(_FIELD.fullmatch, seen.fields))
        tables.append(table_of(name, seen.document if is_object else ANY))
        undecided += [
            (name, one) for one in seen.fields if _is_undecided(seen.fields[one].validator)
        ]
    return Inferred(read_exported({"tables": tables}), tuple(empty), tuple(undecided), documents)


def _is_undecided(validator: Validator) -> bool:
    return all(
        one["type"] == "null" or (one["type"] == "array" and one["value"] == ANY)
        for one in members(validator)
    )


def kept(earlier: ExportedSchema, inferred: ExportedSchema, snapshot: Snapshot) -> ExportedSchema:
    """An earlier schema, changed where it does not take the documents of a snapshot.

    A snapshot knows of no indexes, and not which texts are an enum. Raises BadSnapshot.
    """
    found = {table.name: table for table in inferred.tables}
    tables = [
        table if table.name not in found else _kept_table(table, found.pop(table.name), snapshot)
        for table in earlier.tables
    ]
    return replace(earlier, tables=(*tables, *found.values()))


def _kept_table(
    earlier: ExportedTable, inferred: ExportedTable, snapshot: Snapshot
) -> ExportedTable:
    old, new = earlier.document, inferred.document
    documents = (_own(one) for _, one in snapshot.documents(earlier.name))
    if {old["type"], new["type"]} != {"object"}:
        taken = all(takes(old, one, snapshot.tables) for one in documents)
        return earlier if taken else replace(earlier, document=new)
    refused = new["value"].keys() - old["value"].keys()
    for one in documents:
        refused |= {
            name
            for name, declared in old["value"].items()
            if not _takes_fields({name: declared}, _only(one, name), snapshot.tables)
        }
    fields = {name: one for name, one in old["value"].items() if name not in refused}
    changed = {name: one for name, one in new["value"].items() if name in refused}
    return replace(earlier, document={"type": "object", "value": {**fields, **changed}})


def _only(document: Mapping[str, Any], name: str) -> Mapping[str, object]:
    return {name: document[name]} if name in document else {}


def refusals(snapshot: Snapshot, schema: ExportedSchema) -> Iterator[str]:
    """The documents of a snapshot that a schema does not take, with their places."""
    for table in schema.tables:
        for place, document in snapshot.documents(table.name):
            if not takes(table.document, _own(document), snapshot.tables):
                yield f"{place}: the spec does not take it"


def takes(validator: Validator, value: object, tables: Mapping[int, str]) -> bool:
    """Whether a validator takes a value of a snapshot."""
    kind = validator["type"]
    if kind in {"any", "union"}:
        return kind == "any" or any(takes(one, value, tables) for one in validator["value"])
    if is_list(value):
        return kind == "array" and all(takes(validator["value"], one, tables) for one in value)
    if not _is_object(value):
        found = _scalar(value, tables)
        if found["type"] == "id" and kind == "string":
            return True
        return found["type"] == kind and found.get("tableName") == validator.get("tableName")
    if kind == "record":
        inner = record_values(validator)
        return all(
            takes(validator["keys"], name, tables) and takes(inner, one, tables)
            for name, one in value.items()
        )
    return kind == "object" and _takes_fields(validator["value"], value, tables)


def _takes_fields(
    fields: Mapping[str, Any], value: Mapping[str, object], tables: Mapping[int, str]
) -> bool:
    return value.keys() <= fields.keys() and all(
        takes(one["fieldType"], value[name], tables) if name in value else one["optional"]
        for name, one in fields.items()
    )
