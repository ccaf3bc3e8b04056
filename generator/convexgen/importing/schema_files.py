"""A spec of what files of JSON Schemas and OpenAPI documents define."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convexgen.guards import is_list, is_mapping
from convexgen.importing.exported import ExportedSchema
from convexgen.importing.json_schemas import Place, SchemaTypes
from convexgen.importing.names import Known, Names, plural
from convexgen.importing.project import Drafted, Target, modules_of
from convexgen.importing.types import Said
from convexgen.json_schemas.bundle import at_pointer
from convexgen.json_schemas.files import SchemaError
from convexgen.naming import camel_case

_SECTIONS = ("/$defs", "/definitions")
_COMPONENTS = "/components/schemas"
_REFERENCES = ("responses", "requestBodies")


@dataclass(frozen=True, slots=True)
class DraftedSchemas:
    """The spec of some schemas."""

    drafted: Drafted
    notes: tuple[str, ...]
    """What it does not say, with its place."""
    kept: tuple[str, ...]
    """What the schemas themselves say, as types, with its place."""


def draft_schemas(
    files: Sequence[str],
    load: Callable[[str], Any],
    path: Callable[[str], str | None],
    target: Target,
    known: Known,
) -> DraftedSchemas:
    """The spec of the schemas in files.

    Objects that no other schema holds are entities, and so is what requests and answers of an
    OpenAPI document are: what others hold are objects. Raises SchemaError.
    """
    names = Names(known)
    types = SchemaTypes(load, names, path)
    entities: dict[str, dict[str, Said]] = {}
    tables: dict[str, str] = {}
    advice: dict[tuple[str, ...], Sequence[str]] = {}
    places = [place for file in files for place in _entities(file, load(file), types)]
    named: list[tuple[Place, str, str]] = []
    for place in places:
        table = _table(place.name, tables)
        name = known.entities.get(table) or names.take([place.name, f"{place.name}Entity"])
        tables[table] = name
        named.append((place, table, name))
    modules = modules_of(tables)
    for place, table, name in named:
        schema, where = types.resolved(
            at_pointer(load(place.file), place.pointer, place.file), place
        )
        content: dict[str, Said] = {"table": table}
        if modules[table] != table:
            content["module"] = modules[table]
        description = schema.get("description")
        if isinstance(description, str) and description.strip():
            content["description"] = " ".join(description.split())
        content["fields"] = types.documents(schema, where)
        entities[name] = content
        key = _key(content["fields"], name)
        if key is not None:
            advice["entities", name, "fields"] = (f"key: {key}, if no two have the same.",)
    return DraftedSchemas(
        Drafted(
            ExportedSchema((), validates=True),
            target,
            tables,
            entities,
            types.enums,
            types.objects,
            (),
            advice,
        ),
        tuple(dict.fromkeys(types.notes)),
        tuple(dict.fromkeys(types.kept)),
    )


def _entities(file: str, content: Any, types: SchemaTypes) -> Iterator[Place]:
    """The places of the schemas of a file that are entities."""
    if not is_mapping(content):
        raise SchemaError(f"{file} is neither a JSON Schema nor an OpenAPI document")
    root = Place(file, "")
    components = _below(content, _COMPONENTS)
    is_api = "openapi" in content or "swagger" in content
    sections = [_COMPONENTS] if components and is_api else []
    if not sections:
        if types.is_object(content, root):
            yield root
        sections = [section for section in _SECTIONS if _below(content, section)]
        if is_api and not sections:
            raise SchemaError(f"{file} has no schemas, which are under components: schemas")
    used = _used(content) if is_api else set[str]()
    for section in sections:
        schemas = _below(content, section)
        held = {
            one
            for name, schema in schemas.items()
            for one in _references(schema)
            if one != f"#{section}/{_escaped(name)}"
        }
        if not is_api:
            held |= set(_references({k: v for k, v in content.items() if k not in _DEFINITIONS}))
        for name, schema in schemas.items():
            reference = f"#{section}/{_escaped(name)}"
            place = Place(file, reference[1:])
            if (reference in used or reference not in held) and types.is_object(schema, place):
                yield place
            elif reference in used or reference not in held:
                types.notes.append(f"{place}: it is no object that documents have: it is left out")


_DEFINITIONS = frozenset({"$defs", "definitions"})


def _used(content: Mapping[str, Any]) -> set[str]:
    """What requests and answers are of, or lists of it."""
    components = content.get("components")
    others = [components.get(key) for key in _REFERENCES] if is_mapping(components) else []
    return {
        one
        for part in (content.get("paths"), content.get("webhooks"), *others)
        for one in _references(part)
    }


def _references(content: object) -> Iterator[str]:
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if is_mapping(one):
            reference = one.get("$ref")
            if isinstance(reference, str):
                yield reference
            waiting += one.values()
        elif is_list(one):
            waiting += one


def _below(content: Mapping[str, Any], pointer: str) -> Any:
    found: Any = content
    for step in pointer.split("/")[1:]:
        found = found.get(step) if is_mapping(found) else None
    return found if is_mapping(found) else {}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _table(name: str, taken: Mapping[str, str]) -> str:
    table = plural(camel_case(name))
    number = 2
    while table in taken:
        table = f"{plural(camel_case(name))}{number}"
        number += 1
    return table


def _key(fields: Said, entity: str) -> str | None:
    """A field that is called like a key, and may be one."""
    if not isinstance(fields, dict):
        return None
    for name in ("id", f"{camel_case(entity)}Id", "uuid", "slug"):
        said = fields.get(name)
        type_ = said.get("type") if isinstance(said, dict) and "optional" not in said else said
        if type_ in {"string", "int64"}:
            return name
    return None
