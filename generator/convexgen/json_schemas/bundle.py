"""The schemas that types name, with what these refer to, as definitions of one schema.

References stay within the project: a definition is fetched from no network. What says nothing of
the shape of a value is left out, and so are formats of text besides `date` and `date-time`: a value
comes back as it was written, and a normalised URL or UUID would not.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import deque
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from keyword import iskeyword
from typing import Any
from urllib.parse import unquote

from convexgen.guards import is_list, is_mapping
from convexgen.json_schemas.files import SchemaError, read_schemas
from convexgen.naming import pascal_case
from convexgen.source.assemble import Read

_KEPT = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "default",
        "dependentSchemas",
        "deprecated",
        "description",
        "discriminator",
        "else",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "if",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "nullable",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "required",
        "then",
        "type",
        "uniqueItems",
    }
)
_SCHEMAS_BY_NAME = frozenset({"dependentSchemas", "patternProperties", "properties"})
_LISTS_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMAS = frozenset(
    {"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
)
_SAY_OF_PROPERTIES = frozenset(
    {"$ref", "additionalProperties", "allOf", "anyOf", "oneOf", "patternProperties", "required"}
)
_FORMATS = frozenset({"date", "date-time"})
_DYNAMIC = ("$dynamicRef", "$recursiveRef")
_DEFINITIONS = "#/$defs/"
_OF_SAME_VALUE = ("allOf", "anyOf", "oneOf")
"""Keywords whose schemas are of the value itself, and not of what is in it."""
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

_TAKEN = frozenset(
    {
        "Annotated",
        "Any",
        "AwareDatetime",
        "ConfigDict",
        "Default",
        "Dict",
        "Field",
        "JsonModel",
        "Literal",
        "MISSING",
        "Optional",
        "StringConstraints",
        "TypeAliasType",
        "Union",
        "Wire",
    }
)
"""What the module of the classes imports."""


class Bundle:
    """Definitions, each of a schema of a file."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._files: dict[str, Any] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._definitions: dict[str, Any] = {}
        self._pending: deque[tuple[str, Any, str]] = deque()
        """Definitions whose schemas are still to be rewritten: each with its file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were read, or were to be."""
        return tuple(self._files)

    def text(self) -> str:
        """The schema that has all definitions, as JSON."""
        return json.dumps({"$defs": self._definitions}, ensure_ascii=False)

    def add(self, file: str, pointer: str) -> str:
        """Define the schema at a JSON pointer of a file, and what it refers to; its name.

        Raises `SchemaError`.
        """
        # One after another: schemas that refer to each other may be as many as a file has.
        try:
            added = self._named(file, pointer)
            new: list[str] = []
            while self._pending:
                name, schema, source = self._pending.popleft()
                self._definitions[name] = self._rewritten(schema, source)
                new.append(name)
            self._check_circles(new)
        finally:
            self._pending.clear()
        return added

    def _named(self, file: str, pointer: str) -> str:
        """The name of a definition, which is pending if it is new."""
        place = (file, pointer)
        if place not in self._names:
            schema = at_pointer(self._load(file), pointer, file)
            name = self._unused_name(file, pointer)
            self._names[place] = name
            self._definitions[name] = None
            self._pending.append((name, schema, file))
        return self._names[place]

    def _check_circles(self, new: Sequence[str]) -> None:
        """Raises `SchemaError` where a definition consists of itself, and so says nothing."""
        parts = {name: set(_parts(self._definitions[name])) for name in new}
        try:
            TopologicalSorter(parts).prepare()
        except CycleError as error:
            circle = frozenset(error.args[1])
            first = next(name for name in new if name in circle)
            file, pointer = next(at for at, one in self._names.items() if one == first)
            raise SchemaError(
                f"{file}#{pointer} refers to nothing but itself",
                "write the schema there that is meant",
            ) from error

    def _load(self, file: str) -> Any:
        if file not in self._files:
            self._files[file] = None
            self._files[file] = read_schemas(file, self._read)
        return self._files[file]

    def _unused_name(self, file: str, pointer: str) -> str:
        source = _steps(pointer)[-1] if pointer else posixpath.basename(file).partition(".")[0]
        name = pascal_case(source)
        if not name.isidentifier() or name in _TAKEN or iskeyword(name):
            name = f"Schema{name}"
        wanted, number = name, 1
        while name in self._definitions:
            number += 1
            name = f"{wanted}{number}"
        return name

    def _rewritten(self, schema: Any, file: str) -> Any:
        """The schema with its references among the definitions."""
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not is_mapping(schema):
            raise SchemaError(f"{file} has {json.dumps(schema)[:60]} where a schema belongs")
        for key in _DYNAMIC:
            if key in schema:
                raise SchemaError(f'{file} has a "{key}"', 'write "$ref"')
        result: dict[str, Any] = {}
        if "$ref" in schema:
            result["$ref"] = self._reference(schema["$ref"], file)
        for key, value in schema.items():
            if key not in _KEPT or (key == "format" and value not in _FORMATS):
                continue
            result[key] = self._value(key, value, file)
        return _modern(result)

    def _value(self, key: str, value: Any, file: str) -> Any:
        if key in _SCHEMAS_BY_NAME and is_mapping(value):
            return {name: self._rewritten(one, file) for name, one in value.items()}
        if key in _LISTS_OF_SCHEMAS and is_list(value):
            return [self._rewritten(one, file) for one in value]
        if key == "items" and is_list(value):
            return [self._rewritten(one, file) for one in value]
        if key == "additionalProperties" and isinstance(value, bool):
            return value
        if key in _SCHEMAS:
            return self._rewritten(value, file)
        if key == "discriminator" and is_mapping(value):
            return self._discriminator(value, file)
        return value

    def _discriminator(self, value: Any, file: str) -> Any:
        """OpenAPI's: values of a property with the schemas that they stand for."""
        mapping = value.get("mapping")
        if not is_mapping(mapping):
            return value
        found: dict[str, str] = {}
        for constant, target in mapping.items():
            text = str(target)
            is_reference = "/" in text or "." in text
            reference = text if is_reference else f"#/components/schemas/{text}"
            found[constant] = self._reference(reference, file)
        return {**value, "mapping": found}

    def _reference(self, reference: Any, file: str) -> str:
        if not isinstance(reference, str):
            raise SchemaError(f"{file} has a $ref that is no text")
        path, _, fragment = reference.partition("#")
        if _REMOTE.match(path):
            raise SchemaError(
                f"{file} refers to {reference}, and nothing is fetched from a network",
                "keep a copy of that schema beside the file, and refer to the copy",
            )
        target = beside(file, unquote(path)) if path else file
        name = self._named(target, pointer_of(fragment, f"{file} refers to {reference}"))
        return f"{_DEFINITIONS}{name}"


def beside(file: str, path: str) -> str:
    """The name of a file, by its path from another one."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def pointer_of(fragment: str, subject: str) -> str:
    """The JSON pointer that a fragment is. Raises `SchemaError`."""
    pointer = unquote(fragment)
    if pointer and not pointer.startswith("/"):
        raise SchemaError(f"{subject}: #{fragment} is no JSON pointer", "write it as #/$defs/Name")
    return pointer


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def at_pointer(data: Any, pointer: str, file: str) -> Any:
    """What a pointer points at (RFC 6901)."""
    found = data
    passed = ""
    for step in _steps(pointer):
        if is_mapping(found) and step in found:
            found = found[step]
        elif is_list(found) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            names = list(found) if is_mapping(found) else []
            known = ", ".join(names[:10])
            raise SchemaError(
                f"{file}#{passed} has no {json.dumps(step, ensure_ascii=False)}",
                f"there are {known}" if known else None,
            )
        passed += f"/{step}"
    return found


def _modern(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the ways of older drafts and of OpenAPI 3.0 to say things replaced."""
    for bound, exclusive in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        if schema.get(exclusive) is True and bound in schema:
            schema[exclusive] = schema.pop(bound)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    if not _is_constant(schema.get("default")):
        del schema["default"]
    _open(schema)
    nullable = schema.pop("nullable", False) is True
    type_ = schema.get("type")
    if is_list(type_) and "null" in type_ and {"object", "array"}.intersection(type_):
        rest = [one for one in type_ if one != "null"]
        schema["type"] = rest[0] if len(rest) == 1 else rest
        nullable = True
    if not nullable:
        return schema
    description = schema.pop("description", None)
    either: dict[str, Any] = {"anyOf": [schema, {"type": "null"}]}
    return either if description is None else {**either, "description": description}


def _parts(schema: Any) -> Iterator[str]:
    """The definitions that are to fit the value that the schema is of."""
    rest = [schema]
    while rest:
        one = rest.pop()
        if is_mapping(one):
            if isinstance(reference := one.get("$ref"), str):
                yield reference.removeprefix(_DEFINITIONS)
            rest += [each for key in _OF_SAME_VALUE if is_list(one.get(key)) for each in one[key]]


def _is_constant(value: object) -> bool:
    """Whether a default needs no class: it would be a mapping where an object belongs."""
    return all(map(_is_constant, value)) if is_list(value) else not is_mapping(value)


def _open(schema: dict[str, Any]) -> None:
    """Say of an object which properties it has besides those that the schema names."""
    if schema.get("properties"):
        if schema.pop("patternProperties", None):
            # A name alone does not say which of the two a property is.
            schema["additionalProperties"] = True
        return
    is_bare = schema.get("type") == "object" and not _SAY_OF_PROPERTIES.intersection(schema)
    if is_bare or schema.get("additionalProperties") in (True, {}):
        schema.pop("properties", None)
        schema["additionalProperties"] = {}
