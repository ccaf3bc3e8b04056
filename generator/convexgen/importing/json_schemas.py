"""JSON Schemas and the components of OpenAPI documents as types of the language.

What the language cannot say of a value is a type `json(file#/pointer)`, which has the schema itself
check it. All that is not said is noted, with its place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from convexgen.guards import is_list, is_mapping
from convexgen.importing.names import Names, type_name
from convexgen.importing.types import Said
from convexgen.json_schemas.bundle import at_pointer, beside, pointer_of
from convexgen.json_schemas.files import SchemaError
from convexgen.patterns import PatternError, read_pattern
from convexgen.rules.limits import IDENTIFIER_LENGTH, PARTS, SAFE_INTEGER

_ANNOTATIONS = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "$vocabulary",
        "default",
        "definitions",
        "deprecated",
        "description",
        "example",
        "examples",
        "externalDocs",
        "id",
        "title",
        "xml",
    }
)
"""What says nothing of the values, or is said apart."""
_COMBINING = ("allOf", "anyOf", "oneOf")
_UNSAYABLE = frozenset(
    {
        "$dynamicRef",
        "$recursiveRef",
        "contains",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "not",
        "patternProperties",
        "prefixItems",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_FORMATS = {
    ("string", "date-time"): "timestamp",
    ("string", "byte"): "bytes",
    ("integer", "int64"): "int64",
}
_SAME_FORMATS = frozenset({"double", "float", "int32", "password"})
"""Those that narrow nothing that a type of the language has."""
_SCALARS = {
    "boolean": "boolean",
    "integer": "integer",
    "null": "null",
    "number": "number",
    "string": "string",
}
_BESIDE_UNIONS = frozenset({"$ref", "allOf", "items", "properties", "required"})
_DEEPEST = 64
"""How many schemas hold each other in what the language says, which Python's stack bounds. A value
of Convex has as many levels."""
_MOST_STEPS = 500_000
"""Schemas that hold others twice, which hold others twice, are seen in more ways than there are
schemas: large APIs have a few ten thousand."""
_LENGTHS = ("minLength", "maxLength")
_ITEMS = ("minItems", "maxItems")


class Unsayable(Exception):
    """What a schema says and a type of the language cannot."""


class TooLarge(Unsayable):
    """What a type of the language says in more parts than documents have."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file."""

    file: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"

    def at(self, *steps: str | int) -> Place:
        """A place below."""
        escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
        return Place(self.file, "".join((self.pointer, *(f"/{step}" for step in escaped))))

    @property
    def name(self) -> str:
        """What the schema there is called."""
        last = self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        return type_name(last or self.file.rpartition("/")[2].partition(".")[0])


@dataclass(slots=True)
class SchemaTypes:
    """Says schemas as types, and what they refer to as objects and enums."""

    load: Callable[[str], Any]
    """The content of a file. Raises SchemaError."""
    names: Names
    path: Callable[[str], str | None]
    """What a spec calls a file; None where it cannot name it."""
    objects: dict[str, Said] = field(default_factory=dict[str, Said])
    enums: dict[str, Said] = field(default_factory=dict[str, Said])
    notes: list[str] = field(default_factory=list[str])
    """What is not said, with its place."""
    kept: list[str] = field(default_factory=list[str])
    """What schemas themselves say, as types, with its place."""
    _named: dict[Place, str] = field(default_factory=dict[Place, str])
    _entered: list[Place] = field(default_factory=list[Place])
    _depth: int = 0
    _steps: int = 0
    _steps_before: int = 0
    """Those before what is being said."""

    def documents(self, schema: Mapping[str, Any], place: Place) -> dict[str, Said]:
        """The fields of an entity."""
        self._entered.append(place)
        try:
            return self.fields(schema, place, top=True)
        finally:
            self._entered.pop()

    def fields(self, schema: Mapping[str, Any], place: Place, *, top: bool) -> dict[str, Said]:
        """The fields of an object. Raises Unsayable unless it is that of documents."""
        properties, required = self._properties(schema, place)
        said: dict[str, Said] = {}
        for name, (one, where) in properties.items():
            problem = _name_problem(name, top=top)
            if problem is None:
                said[name] = self._field(one, where, is_required=name in required, top=top)
            elif top:
                self.notes.append(f"{where}: {problem}: the field is left out")
            else:
                raise Unsayable(problem)
        for name in sorted(required - properties.keys()):
            self.notes.append(f"{place}: {name} is required, and has no schema: it is left out")
        if not top:
            return said
        if any(schema.get(key) not in (None, False) for key in ("additionalProperties",)):
            self.notes.append(f"{place.at('additionalProperties')}: documents have no other fields")
        for key in ("minProperties", "maxProperties"):
            if key in schema:
                self.notes.append(f"{place.at(key)}: it is not checked")
        return said

    def resolved(self, schema: Any, place: Place) -> tuple[Mapping[str, Any], Place]:
        """A schema, or the one that it is a reference to and nothing else. Raises SchemaError."""
        seen: set[Place] = set()
        while is_mapping(schema) and "$ref" in schema and not _own_words(schema):
            if place in seen:
                raise SchemaError(f"{place} refers to itself")
            seen.add(place)
            schema, place = self._target(schema["$ref"], place)
        return _checked(schema, place), place

    def is_object(self, schema: Any, place: Place) -> bool:
        """Whether all values of a schema are objects of known fields."""
        try:
            found, where = self.resolved(schema, place)
            properties, _ = self._properties(found, where)
        except Unsayable:
            return False
        return bool(properties)

    def type(self, schema: Any, place: Place) -> Said:
        """A type that takes the values of a schema."""
        is_part = self._depth > 0
        kept_before = len(self.kept)
        try:
            return self._type(schema, place)
        except TooLarge as error:
            if is_part:
                raise
            del self.kept[kept_before:]
            return self._whole(place, str(error))
        except Unsayable as error:
            return self._whole(place, str(error))

    def _whole(self, place: Place, why: str) -> Said:
        """The type of which the schema at a place checks the values."""
        path = self.path(place.file)
        if path is None:
            self.notes.append(f"{place}: {why}: it is json, as its file is not in the project")
            return "json"
        self.kept.append(f"{place}: {why}: the schema itself is the type")
        return f"json({path}{'#' if place.pointer else ''}{place.pointer})"

    def _target(self, reference: Any, place: Place) -> tuple[Any, Place]:
        if not isinstance(reference, str):
            raise SchemaError(f"{place} has a $ref that is no text")
        path, _, fragment = reference.partition("#")
        if "://" in path:
            raise SchemaError(
                f"{place} refers to {reference}, and nothing is fetched from a network",
                "keep a copy of that schema beside the file, and refer to the copy",
            )
        file = beside(place.file, path) if path else place.file
        pointer = pointer_of(fragment, f"{place} refers to {reference}")
        return at_pointer(self.load(file), pointer, file), Place(file, pointer)

    def _field(self, schema: Any, place: Place, *, is_required: bool, top: bool) -> Said:
        said = _lifted(self.type(schema, place))
        words: Mapping[str, Any] = schema if is_mapping(schema) else {}
        options: dict[str, Said] = {}
        text = words.get("description", words.get("title"))
        if isinstance(text, str) and text.strip():
            options["description"] = " ".join(text.split())
        if words.get("deprecated") is True:
            options["deprecated"] = True
        default = words.get("default")
        if "default" in words:
            if top and isinstance(default, str | int | float):
                options["default"] = default
            else:
                self.notes.append(f"{place.at('default')}: what is not given is absent")
        for key in ("readOnly", "writeOnly"):
            if words.get(key) is True:
                self.notes.append(f"{place.at(key)}: clients read and write it")
        is_optional = not is_required and "default" not in options
        if isinstance(said, str) and not options:
            return f"{said}?" if is_optional else said
        said = {"type": said} if isinstance(said, str) else said
        assert isinstance(said, dict)
        return {**said, **({"optional": True} if is_optional else {}), **options}

    def _properties(
        self, schema: Mapping[str, Any], place: Place
    ) -> tuple[dict[str, tuple[Any, Place]], set[str]]:
        """The properties of an object with their places, and which of them are required.

        Raises Unsayable for what is no object of known fields.
        """
        properties: dict[str, tuple[Any, Place]] = {}
        required: set[str] = set()
        if "$ref" in schema:
            target, where = self._target(schema["$ref"], place)
            properties, required = self._parts(target, where)
        parts = schema.get("allOf", [])
        if not is_list(parts):
            raise SchemaError(f"{place.at('allOf')} is no list")
        for position, part in enumerate(parts):
            found, needed = self._parts(part, place.at("allOf", position))
            for name, one in found.items():
                if name in properties and properties[name][0] != one[0]:
                    raise Unsayable(f"it says of {name} two things")
                properties[name] = one
            required |= needed
        types = schema.get("type", "object")
        if types not in ("object", ["object"]):
            raise Unsayable("it is no object")
        unsayable = [key for key in schema if key in _UNSAYABLE or key in ("anyOf", "oneOf")]
        if unsayable:
            raise Unsayable(f"no object of the language says {unsayable[0]}")
        own = schema.get("properties", {})
        if not is_mapping(own):
            raise SchemaError(f"{place.at('properties')} is no mapping")
        for name, one in own.items():
            where = place.at("properties", name)
            if name in properties and properties[name][0] != one:
                raise Unsayable(f"it says of {name} two things")
            properties[name] = (one, where)
        names = schema.get("required", [])
        if not is_list(names):
            raise SchemaError(f"{place.at('required')} is no list")
        required |= {str(name) for name in names}
        return properties, required

    def _parts(self, schema: Any, place: Place) -> tuple[dict[str, tuple[Any, Place]], set[str]]:
        if place in self._entered:
            raise Unsayable("it holds itself")
        self._entered.append(place)
        try:
            with self._deeper(place):
                return self._properties(_checked(schema, place), place)
        finally:
            self._entered.pop()

    @contextmanager
    def _deeper(self, place: Place) -> Generator[None]:
        """A schema that another one holds. Raises Unsayable and SchemaError."""
        if self._depth == 0:
            self._steps_before = self._steps
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise SchemaError(f"{place}: schemas hold each other in too many ways to be said")
        if self._steps - self._steps_before > PARTS:
            raise TooLarge(f"it has more than {PARTS:,} parts")
        if self._depth == _DEEPEST:
            raise Unsayable(f"it is in {_DEEPEST} others")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _type(self, schema: Any, place: Place) -> Said:
        with self._deeper(place):
            return self._said(schema, place)

    def _said(self, schema: Any, place: Place) -> Said:
        if schema is True or schema == {}:
            return "json"
        words = _checked(schema, place)
        if "$ref" in words and not _own_words(words):
            return self._reference(words, place)
        types = words.get("type")
        types = list(types) if is_list(types) else [] if types is None else [types]
        if words.get("nullable") is True:
            rest = {key: value for key, value in words.items() if key != "nullable"}
            others = [one for one in types if one != "null"]
            rest |= {"type": others} if others else {}
            return self._union([(rest, place)], place, nullable=True)
        if len(types) > 1:
            kinds = [one for one in types if one != "null"]
            parts = [({**words, "type": one}, place) for one in kinds]
            return self._union(parts, place, nullable="null" in types)
        self._note_unknown(words, place)
        return self._combined(words, place) or self._plain(
            words, types[0] if types else _implied(words), place
        )

    def _combined(self, words: Mapping[str, Any], place: Place) -> Said | None:
        """The type of what says more than a type; None where it does not."""
        if "const" in words:
            return self._literals([words["const"]])
        if "enum" in words:
            values = words["enum"]
            if not is_list(values) or not values:
                raise SchemaError(f"{place.at('enum')} is no list of values")
            return self._literals(values)
        if "anyOf" in words or "oneOf" in words:
            return self._either(words, place)
        if "$ref" in words or "allOf" in words:
            return self._all_of(words, place)
        unsayable = next((key for key in words if key in _UNSAYABLE), None)
        if unsayable is not None:
            raise Unsayable(f"no type of the language says {unsayable}")
        return None

    def _plain(self, words: Mapping[str, Any], kind: object, place: Place) -> Said:
        match kind:
            case None:
                return "json"
            case "object":
                return self._object(words, place)
            case "array":
                return self._array(words, place)
            case str() if kind in _SCALARS:
                return self._scalar(words, kind, place)
            case _:
                raise SchemaError(f"{place.at('type')} is {json.dumps(kind)}, which is no type")

    def _reference(self, schema: Mapping[str, Any], place: Place) -> Said:
        target, where = self._target(schema["$ref"], place)
        target, where = self.resolved(target, where)
        if where in self._named:
            return self._named[where]
        if where in self._entered:
            return self._whole(where, "it holds itself")
        self._entered.append(where)
        try:
            said = self.type(target, where)
        finally:
            self._entered.pop()
        if isinstance(said, dict) and said.keys() == {"object"} and said["object"]:
            name = self.names.take([where.name, f"{where.name}Value"])
            self.objects[name] = said["object"]
        elif isinstance(said, dict) and said.keys() == {"enum"}:
            name = self.names.take([where.name, f"{where.name}Value"])
            self.enums[name] = said["enum"]
        else:
            return said
        self._named[where] = name
        return name

    def _object(self, words: Mapping[str, Any], place: Place) -> Said:
        others = words.get("additionalProperties")
        if words.get("properties") or words.get("required"):
            if others not in (None, False):
                raise Unsayable("objects of the language have no other fields")
            limits = [key for key in ("minProperties", "maxProperties") if key in words]
            if limits:
                raise Unsayable(f"no object of the language says {limits[0]}")
            return {"object": self.fields(words, place, top=False)}
        if others is False:
            return {"object": {}}
        values = (
            "json"
            if others in (None, True)
            else self.type(others, place.at("additionalProperties"))
        )
        record: dict[str, Said] = {"values": values}
        if "propertyNames" in words:
            record["keys"] = self.type(
                {"type": "string", **words["propertyNames"]}, place.at("propertyNames")
            )
        said: dict[str, Said] = {"record": record}
        for key, bound in (("minProperties", "minItems"), ("maxProperties", "maxItems")):
            if key in words:
                said[bound] = words[key]
        if record.keys() == said.keys() or len(said) > 1 or len(record) > 1:
            return said
        return f"record<string, {values}>" if isinstance(values, str) else {"record": values}

    def _array(self, words: Mapping[str, Any], place: Place) -> Said:
        items = words.get("items", True)
        if is_list(items):
            raise Unsayable("no list of the language has a type for each place")
        element = self.type(items, place.at("items"))
        bounds: dict[str, Said] = {key: words[key] for key in _ITEMS if key in words}
        if isinstance(element, str) and not bounds:
            return f"list<{element}>"
        return {"list": element, **bounds}

    def _scalar(self, words: Mapping[str, Any], kind: str, place: Place) -> Said:
        form = words.get("format")
        said = _FORMATS.get((kind, str(form)), _SCALARS[kind])
        if form is not None and said == _SCALARS[kind] and form not in _SAME_FORMATS:
            self.notes.append(f"{place.at('format')}: {form} is not checked")
        options: dict[str, Said] = {}
        if said == "string":
            options |= {key: words[key] for key in _LENGTHS if key in words}
            if "pattern" in words:
                pattern = _whole_pattern(words["pattern"])
                if pattern is None:
                    self.notes.append(f"{place.at('pattern')}: it is not checked")
                else:
                    options["pattern"] = pattern
        elif kind in {"integer", "number"}:
            options |= self._bounds(words, kind, said, place)
        else:
            for key in (*_LENGTHS, "pattern"):
                if key in words:
                    self.notes.append(f"{place.at(key)}: it is not checked")
        return {"type": said, **options} if options else said

    def _bounds(
        self, words: Mapping[str, Any], kind: str, said: str, place: Place
    ) -> Iterator[tuple[str, Said]]:
        bounds: dict[str, Said] = {}
        for key, exclusive, bound, step in (
            ("minimum", "exclusiveMinimum", "min", 1),
            ("maximum", "exclusiveMaximum", "max", -1),
        ):
            value, other = words.get(key), words.get(exclusive)
            if other is True:  # of draft 4 and OpenAPI 3.0
                value, other = None, value
            if _is_number(value):
                rounded = math.ceil(value) if step == 1 else math.floor(value)
                is_whole = kind == "integer" or rounded == value
                bounds[bound] = rounded if is_whole else value
            if _is_number(other):
                if kind == "integer":
                    within = math.floor(other) + 1 if step == 1 else math.ceil(other) - 1
                    known = bounds.get(bound)
                    closer = max if step == 1 else min
                    bounds[bound] = within if known is None else closer(int(str(known)), within)
                else:
                    self.notes.append(f"{place.at(exclusive)}: it is not checked")
        if said == "integer":
            bounds = {
                key: value
                for key, value in bounds.items()
                if isinstance(value, int) and abs(value) <= SAFE_INTEGER
            }
        yield from bounds.items()

    def _literals(self, values: Sequence[Any]) -> Said:
        said: list[Said] = []
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) == 1 and len(values) == 1:
            return {"literal": texts[0]}
        if texts:
            said.append({"enum": list(dict.fromkeys(texts))})
        for value in values:
            match value:
                case None:
                    said.append("null")
                case bool():
                    said.append("true" if value else "false")
                case int() | float() if abs(value) <= SAFE_INTEGER:
                    said.append(repr(int(value) if float(value).is_integer() else value))
                case str():
                    pass
                case _:
                    raise Unsayable(f"no literal of the language is {json.dumps(value)[:40]}")
        if len(said) == 1:
            return said[0]
        return _joined(said)

    def _either(self, words: Mapping[str, Any], place: Place) -> Said:
        key, *more = [key for key in ("anyOf", "oneOf") if key in words]
        others = [key for key in words if key in _UNSAYABLE or key in _BESIDE_UNIONS]
        if more or others:
            raise Unsayable(f"no type of the language says {key} besides other things")
        parts = words[key]
        if not is_list(parts) or not parts:
            raise SchemaError(f"{place.at(key)} is no list of schemas")
        places = [(part, place.at(key, position)) for position, part in enumerate(parts)]
        nulls = [one for one in places if is_mapping(one[0]) and one[0].get("type") == "null"]
        others_than_null = [one for one in places if one not in nulls]
        discriminator = words.get("discriminator")
        return self._union(
            others_than_null,
            place,
            nullable=bool(nulls),
            discriminator=discriminator if is_mapping(discriminator) else None,
        )

    def _union(
        self,
        parts: Sequence[tuple[Any, Place]],
        place: Place,
        *,
        nullable: bool,
        discriminator: Mapping[str, Any] | None = None,
    ) -> Said:
        tag = (discriminator or {}).get("propertyName")
        if discriminator is not None and isinstance(tag, str) and len(parts) > 1:
            said = list(self._tagged(parts, tag, discriminator, place))
        else:
            tag = None
            said = [self._type(part, where) for part, where in parts]
        return _joined([*_once(said), *(["null"] * nullable)], tag)

    def _tagged(
        self,
        parts: Sequence[tuple[Any, Place]],
        tag: str,
        discriminator: Mapping[str, Any],
        place: Place,
    ) -> Iterator[Said]:
        """Objects that a property tells apart, of which OpenAPI says the values besides."""
        mapping = discriminator.get("mapping")
        values: dict[Place, list[str]] = {}
        for value, reference in (mapping if is_mapping(mapping) else {}).items():
            text = str(reference)
            full = text if "/" in text or "." in text else f"#/components/schemas/{text}"
            values.setdefault(self._target(full, place)[1], []).append(str(value))
        for part, where in parts:
            schema, target = self.resolved(part, where)
            properties, required = self._properties(schema, target)
            own, at = properties.get(tag, ({}, target))
            if is_mapping(own) and ("const" in own or "enum" in own):
                if tag in required:
                    yield self._type(part, where)
                else:
                    fields = self.fields(schema, target, top=False)
                    yield {"object": {**fields, tag: self._type(own, at)}}
                continue
            known = values.get(target) or [target.pointer.rpartition("/")[2]]
            fields = self.fields(schema, target, top=False)
            literal: Said = {"enum": list(known)} if len(known) > 1 else {"literal": known[0]}
            yield {"object": {**fields, tag: literal}}

    def _all_of(self, words: Mapping[str, Any], place: Place) -> Said:
        """What is all of several schemas: one of them alone, or an object of all their fields."""
        parts = [(part, place.at("allOf", at)) for at, part in enumerate(words.get("allOf") or [])]
        if "$ref" in words:
            parts.append(({"$ref": words["$ref"]}, place))
        own = _own_words(words) - {"allOf"}
        if len(parts) == 1 and not own:
            return self._type(*parts[0])
        if words.get("additionalProperties") not in (None, False):
            raise Unsayable("objects of the language have no other fields")
        return {"object": self.fields(words, place, top=False)}

    def _note_unknown(self, words: Mapping[str, Any], place: Place) -> None:
        for key in words:
            if key in {"multipleOf", "uniqueItems", "contentEncoding", "contentMediaType"}:
                if words[key] is not False:
                    self.notes.append(f"{place.at(key)}: it is not checked")
            elif key not in _KNOWN and not key.startswith("x-"):
                self.notes.append(f"{place.at(key)}: this tool does not know it")


_KNOWN = frozenset(
    {
        *_ANNOTATIONS,
        *_COMBINING,
        *_UNSAYABLE,
        *_LENGTHS,
        *_ITEMS,
        "$ref",
        "additionalProperties",
        "const",
        "discriminator",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxProperties",
        "maximum",
        "minProperties",
        "minimum",
        "nullable",
        "pattern",
        "properties",
        "propertyNames",
        "readOnly",
        "required",
        "type",
        "writeOnly",
    }
)
_BESIDE_REFERENCES = _ANNOTATIONS | {"$ref", "nullable", "readOnly", "writeOnly"}


def _own_words(schema: Mapping[str, Any]) -> set[str]:
    """What a schema says of values besides its reference."""
    is_null = {"nullable"} if schema.get("nullable") is True else set[str]()
    return {key for key in schema if key not in _BESIDE_REFERENCES and key[:2] != "x-"} | is_null


def _checked(schema: Any, place: Place) -> Mapping[str, Any]:
    if not is_mapping(schema):
        if isinstance(schema, bool):
            raise Unsayable("it takes nothing" if not schema else "it takes everything")
        raise SchemaError(f"{place} has {json.dumps(schema)[:60]} where a schema belongs")
    return schema


def _implied(words: Mapping[str, Any]) -> str | None:
    """The type that a schema is about which says none."""
    for type_, keys in (
        ("object", ("properties", "additionalProperties", "required")),
        ("array", ("items",)),
    ):
        if any(key in words for key in keys):
            return type_
    return None


def _name_problem(name: str, *, top: bool) -> str | None:
    words = name.lstrip("_")
    is_name = words.isascii() and words.replace("_", "a").isalnum() and not words[:1].isdigit()
    if not is_name or len(name) > IDENTIFIER_LENGTH:
        return f"{json.dumps(name, ensure_ascii=False)} is no name of a field in Convex"
    if top and name.startswith("_"):
        return f"{name} is a name for fields of Convex's own"
    return None


def _whole_pattern(pattern: object) -> str | None:
    """A pattern of the whole value that takes the same, if the language has one.

    JSON Schema looks for it anywhere in the value.
    """
    if not isinstance(pattern, str) or not pattern.startswith("^") or not pattern.endswith("$"):
        return None
    inner = pattern[1:-1]
    if inner.endswith("\\") or ("|" in inner and not _is_grouped(inner)):
        return None
    try:
        read_pattern(inner)
    except PatternError:
        return None
    return inner


def _is_grouped(pattern: str) -> bool:
    """Whether each alternative is in a group."""
    depth = 0
    position = 0
    in_class = False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "|" and depth == 0:
            return False
        position += 1
    return True


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _once(said: Sequence[Said]) -> Iterator[Said]:
    seen: list[Said] = []
    for one in said:
        if one not in seen:
            seen.append(one)
            yield one


def _joined(said: list[Said], tag: str | None = None) -> Said:
    if len(said) == 1:
        return said[0]
    if "json" in said:
        return "json"  # which takes the others, null too
    # What a file of its own says may be anything.
    if tag is not None and not any(str(one).startswith("json(") for one in said):
        return {"union": said, "tag": tag}
    if all(isinstance(one, str) for one in said):
        return " | ".join(map(str, said))
    return {"union": said}


def _lifted(said: Said) -> Said:
    """The type of a field, of which it is an option that it may be null."""
    members = said.get("union") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(members, list) or "null" not in members:
        return said
    others = [one for one in members if one != "null"]
    if len(others) > 1:
        return {**said, "union": others, "nullable": True}
    (other,) = others
    plain: dict[str, Said] = other if isinstance(other, dict) else {"type": other}
    return {**plain, "nullable": True}
