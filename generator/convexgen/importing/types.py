"""Validators as types of the language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from convexgen.importing.attributes import given_attributes
from convexgen.importing.comments import Comments
from convexgen.importing.exported import (
    ExportedTable,
    Validator,
    canonical,
    field_at,
    literal_text,
    members,
    objects_in,
    record_values,
)
from convexgen.importing.names import Names, singular, type_name
from convexgen.model.classes import nested_class

Said: TypeAlias = "str | int | float | bool | list[Said] | dict[str, Said]"
"""What a spec says: values of YAML."""

SYSTEM_TABLES = frozenset({"_storage", "_scheduled_functions"})
_SIMPLE = {
    "any": "any",
    "bigint": "int64",
    "boolean": "boolean",
    "bytes": "bytes",
    "commitTs": "commitTs",
    "null": "null",
    "number": "number",
    "string": "string",
}
_WORDS = re.compile("[A-Za-z0-9]+([ _-][A-Za-z0-9]+)*")
_MANY = 2
"""How often an object or an enum occurs that gets a name."""


def as_mapping(type_: Said) -> dict[str, Said]:
    """A type as a mapping, which has a place for options."""
    return type_ if isinstance(type_, dict) else {"type": type_}


class Types:
    """Says validators as types: objects and enums that occur several times get a name."""

    def __init__(
        self,
        tables: Sequence[ExportedTable],
        entities: Mapping[str, str],
        names: Names,
        shapes: Mapping[str, str],
        comments: Comments,
    ) -> None:
        self._comments = comments
        self._entities = entities
        self._names = names
        self._declared = frozenset(shapes.values())
        self.objects: dict[str, Said] = {}
        self.enums: dict[str, Said] = {}
        self.other_tables: list[str] = []
        """Those of which there are IDs, and no entity."""
        self._named: dict[str, str] = dict(shapes)
        self._count(tables)

    def field(self, validator: Validator, *, optional: bool) -> Said:
        """A field of this type."""
        parts = list(members(validator))
        nullable = len(parts) > 1 and any(one["type"] == "null" for one in parts)
        if nullable:
            parts = [one for one in parts if one["type"] != "null"]
        said = self._union(parts)
        if isinstance(said, str):
            return f"{said}{' | null' if nullable else ''}{'?' if optional else ''}"
        options: dict[str, Said] = {}
        if optional:
            options["optional"] = True
        if nullable:
            options["nullable"] = True
        return {**said, **options} if isinstance(said, dict) else said

    def object_fields(self, validator: Validator) -> dict[str, Said]:
        """The fields of an object."""
        fields: Mapping[str, Validator] = validator["value"]
        attributes = given_attributes(fields, of_entity=False)
        described = self._comments.of_object(fields)
        found: dict[str, Said] = {}
        for name, field in fields.items():
            said = self.field(field["fieldType"], optional=field["optional"])
            options: dict[str, Said] = {}
            if name in attributes:
                options["python"] = attributes[name]
            if name in described:
                options["description"] = described[name]
            found[name] = {**as_mapping(said), **options} if options else said
        return found

    def type(self, validator: Validator) -> Said:
        """A type where no field is."""
        return self._union(list(members(validator)))

    def _union(self, parts: Sequence[Validator]) -> Said:
        texts = [one for one in parts if is_text(one)]
        others = [one for one in parts if not is_text(one)]
        said: list[Said] = []
        if texts:
            said.append(self._enum(texts, is_alone=not others))
        said += [self._one(one) for one in others]
        if len(said) == 1:
            return said[0]
        tag = tag_of(parts)
        if tag is not None and len({_attribute(one, tag) for one in parts}) == 1:
            return {"union": said, "tag": tag}
        if all(isinstance(one, str) for one in said):
            return " | ".join(map(str, said))
        return {"union": said}

    def _enum(self, texts: Sequence[Validator], *, is_alone: bool) -> Said:
        values: list[Said] = [one["value"] for one in texts]
        name = self._named.get(_enum_key(texts))
        if name is not None:
            if name not in self.enums and name not in self._declared:
                self.enums[name] = values
            return name
        if len(values) == 1 and is_alone:
            return {"literal": values[0]}
        return {"enum": values}

    def _one(self, validator: Validator) -> Said:
        kind = validator["type"]
        match kind:
            case "literal":
                return literal_text(validator["value"])
            case "id":
                return f"id<{self._table(validator['tableName'])}>"
            case "function":
                named = validator.get("fnType")
                return "function" if named is None else f"function<{named}>"
            case "array":
                element = self.type(validator["value"])
                return f"list<{element}>" if isinstance(element, str) else {"list": element}
            case "record":
                return self._record(validator)
            case "object":
                return self._object(validator)
            case _:
                return _SIMPLE[kind]

    def _table(self, table: str) -> str:
        if table in self._entities:
            return self._entities[table]
        if table not in SYSTEM_TABLES and table not in self.other_tables:
            self.other_tables.append(table)
        return table

    def _record(self, validator: Validator) -> Said:
        keys, values = self.type(validator["keys"]), self.type(record_values(validator))
        if isinstance(keys, str) and isinstance(values, str):
            return f"record<{keys}, {values}>"
        if keys == "string":
            return {"record": {"values": values}}
        return {"record": {"keys": keys, "values": values}}

    def _object(self, validator: Validator) -> Said:
        name = self._named.get(canonical(validator))
        if name is None:
            return {"object": self.object_fields(validator)}
        if name not in self.objects and name not in self._declared:
            self.objects[name] = {}  # the place comes before those of objects in it
            self.objects[name] = self.object_fields(validator)
        return name

    def _count(self, tables: Sequence[ExportedTable]) -> None:
        counts: Counter[str] = Counter()
        owners: dict[str, list[tuple[str, str]]] = {}

        def see(key: str, table: str, field: str) -> bool:
            counts[key] += 1
            owners.setdefault(key, []).append((table, field))
            return counts[key] == 1

        for table in tables:
            for variant in table.variants:
                _walk(variant, table.name, table.name, see, is_document=True)
        compared = {key for table in tables for key in _compared_by_path(table)}
        for key, count in counts.items():
            if key in self._named:
                continue
            # In place, it would have a class that is called as something else that has a name.
            is_taken = any(
                nested_class(self._entities[table], field) in self._declared
                for table, field in owners[key]
            )
            if count >= _MANY or is_taken or key in compared:
                self._named[key] = self._names.take(_candidates(owners[key]))


def _attribute(validator: Validator, name: str) -> str:
    """What Python calls a field of an object."""
    return given_attributes(validator["value"], of_entity=False).get(name, name)


def _compared_by_path(table: ExportedTable) -> Iterator[str]:
    """The objects that indexes lead to by paths: what compares them has to name them."""
    for index in (*table.indexes, *table.search_indexes, *table.vector_indexes):
        for path in (*index.fields, *index.filters):
            for validator, _ in field_at(table.document, path) if "." in path else ():
                yield from map(canonical, objects_in(validator))


def _walk(
    validator: Validator,
    table: str,
    field: str,
    see: Callable[[str, str, str], bool],
    *,
    is_document: bool = False,
) -> None:
    """Calls `see` for objects and enums; what is in an object that was seen counts once."""
    parts = list(members(validator))
    texts = [one for one in parts if is_text(one)]
    if len(texts) > 1:
        see(_enum_key(texts), table, field)
    tag = tag_of([one for one in parts if one["type"] == "object"])
    for one in parts:
        match one["type"]:
            case "object":
                told = field if tag is None else _told_apart(field, texts_at(one, tag))
                is_new = is_document or not one["value"] or see(canonical(one), table, told)
                for name, inner in one["value"].items() if is_new else ():
                    _walk(inner["fieldType"], table, name, see)
            case "array":
                _walk(one["value"], table, singular(field), see)
            case "record":
                _walk(record_values(one), table, singular(field), see)
            case _:
                pass


def _told_apart(field: str, texts: frozenset[str]) -> str:
    """What an object of a field is called after, which a tag tells from the others there."""
    text = "".join(texts) if len(texts) == 1 else ""
    return f"{field}_{text}" if _WORDS.fullmatch(text) else field


def _candidates(owners: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What something may be called that these tables have in these fields."""
    fields = list(dict.fromkeys(field for _, field in owners))
    if len(fields) == 1:
        yield type_name(fields[0])
    table, field = owners[0]
    yield f"{type_name(singular(table))}{type_name(field)}"


def is_text(validator: Validator) -> bool:
    """Whether a type is a single text."""
    return validator["type"] == "literal" and isinstance(validator["value"], str)


def shape_key(validator: Validator) -> str:
    """What tells the object or the enum of a field apart, which may be null besides."""
    parts = [one for one in members(validator) if one["type"] != "null"]
    if parts and all(map(is_text, parts)):
        return _enum_key(parts)
    return canonical(parts[0]) if len(parts) == 1 else ""


def _enum_key(texts: Iterable[Validator]) -> str:
    return f"enum({', '.join(sorted(canonical(one) for one in texts))})"


def tag_of(parts: Sequence[Validator]) -> str | None:
    """The field whose texts tell objects apart, if there is one."""
    if len(parts) < _MANY or any(one["type"] != "object" for one in parts):
        return None
    return next((name for name in parts[0]["value"] if is_tag(name, parts)), None)


def is_tag(name: str, parts: Sequence[Validator]) -> bool:
    """Whether the texts of a field tell objects apart."""
    if any(one["type"] != "object" for one in parts):
        return False
    texts = [texts_at(one, name) for one in parts]
    return all(texts) and len(frozenset[str]().union(*texts)) == sum(map(len, texts))


def texts_at(validator: Validator, name: str) -> frozenset[str]:
    """The texts that a field of an object may have; none where it may be absent, or others."""
    field = validator["value"].get(name)
    if field is None or field["optional"]:
        return frozenset()
    texts = list(members(field["fieldType"]))
    is_closed = all(map(is_text, texts))
    return frozenset(one["value"] for one in texts) if is_closed else frozenset()
