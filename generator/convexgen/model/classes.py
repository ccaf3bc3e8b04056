"""The classes of a package, by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convexgen.model.entities import Entity
from convexgen.model.functions import Function
from convexgen.model.system import System
from convexgen.model.traversal import children
from convexgen.model.types import (
    EnumType,
    Field,
    InlineObjectType,
    LiteralType,
    Type,
    UnionType,
)
from convexgen.naming import CONVEX_TABLES, function_namespace, pascal_case, python_method

ENTITY_CLASSES = (
    *("{}Store", "Async{}Store", "{}Writes", "{}DocId"),
    *("{}Changes", "{}Creation", "{}Expected"),
    *("{}Input", "{}Key"),
)
"""The classes that belong to an entity, besides its own; the last two in TypeScript alone."""


def entity_classes(entity: Entity) -> tuple[str, ...]:
    """The classes of an entity, its own first; its variants have inputs in TypeScript."""
    return (
        entity.name,
        *(pattern.format(entity.name) for pattern in ENTITY_CLASSES),
        *(name for one in entity.variants for name in (one.name, f"{one.name}Input")),
        *_where_classes(entity),
        *((entries_class(entity.name),) if entity.row_fields else ()),
        *related_classes(entity),
        *(() if entity.functions.all else (whole_store_class(entity.name),)),
    )


def given_classes(entity: Entity) -> tuple[str, ...]:
    """Those of the mappings that methods take, in Python."""
    name, has = entity.name, entity.functions
    is_changeable = bool(entity.changeable_fields)
    return (
        *((f"{name}Changes",) if has.update and is_changeable else ()),
        *((f"{name}Expected",) if has.write and is_changeable else ()),
        *((f"{name}Creation",) if has.save and entity.creation_fields and entity.has_key else ()),
        *((entries_class(name),) if has.update and entity.row_fields else ()),
        *_where_classes(entity),
    )


def _where_classes(entity: Entity) -> tuple[str, ...]:
    return tuple(
        where_class(entity.name, one.name)
        for one in entity.query_functions
        if one.where is not None
    )


def related_classes(entity: Entity) -> tuple[str, ...]:
    """Those of an entity whose documents may come with others."""
    if not entity.relations or not entity.functions.read:
        return ()
    return (including_class(entity.name), related_class(entity.name))


def whole_store_class(entity: str) -> str:
    """In TypeScript, the class of a store whose type has some of its methods."""
    return f"All{entity}Store"


def including_class(entity: str) -> str:
    """The class of an entity with others: `ThreadIncluding`."""
    return f"{entity}Including"


def related_class(entity: str) -> str:
    """What these may be: `ThreadRelated`."""
    return f"{entity}Related"


def entries_class(entity: str) -> str:
    """The class of the entries of an entity, of its records whose entries are rows."""
    return f"{entity}Entries"


def where_class(entity: str, query: str) -> str:
    """The class of the conditions of a query: `TraceListTracesWhere`."""
    return f"{nested_class(entity, query)}Where"


def variant_class(entity: str, name: str, position: int) -> str:
    """The class of a variant, by the name of its object or, if it has none, by its tag.

    What leaves nothing of a name has its position.
    """
    own = nested_class(entity, name)
    return own if own != entity else f"{entity}{position + 1}"


def class_names(system: System) -> frozenset[str]:
    """The classes that a spec gives to the package."""
    fields = [
        *(field for shape in system.objects for field in shape.fields),
        *(field for entity in system.entities for _, field in entity.declared_fields),
        *(field for one in system.functions for field in (*one.arguments, *one.whole)),
    ]
    return frozenset((*_declared(system), *(one.name for one in objects_in(fields))))


def declared_classes(system: System) -> Iterator[str]:
    """What no object declared in place may be called: the other classes, and those of functions."""
    yield from _declared(system)
    for function in system.functions:
        module = functions_class(function.module)
        yield from (module, f"Async{module}", f"{function_class(function)}Arguments")


def _declared(system: System) -> Iterator[str]:
    yield from (enum.name for enum in system.enums)
    yield from (shape.name for shape in system.objects)
    yield from (name for entity in system.entities for name in entity_classes(entity))
    yield from map(table_id_class, system.outside_tables)


def table_id_class(table: str) -> str:
    """The class of the document IDs of a table that is no entity: `StorageId`, `ChannelsDocId`."""
    return CONVEX_TABLES.get(table) or f"{pascal_case(table)}DocId"


def nested_class(owner: str, field_name: str) -> str:
    """The class of something of its owner that is called so."""
    return f"{owner}{pascal_case(field_name)}"


def field_class(owner: str, field: Field) -> str:
    """The class of an object declared in place in a field of its owner."""
    return nested_class(owner, field.python or field.name)


def member_classes(union: UnionType, owner: str) -> tuple[str, ...]:
    """The classes of the members of a union, for those that are objects declared in place.

    They are called after the values of the tag, if there is one, else by their position: what is
    taken, or empty, has its position as well.
    """
    names: dict[str, None] = {}
    for position, member in enumerate(union.members):
        name = nested_class(owner, _tag_value(member, union.tag))
        if name in names or (union.tag is not None and name == owner):
            name = f"{name}{position + 1}"
        names[name] = None
    return tuple(names)


def _tag_value(member: Type, tag: str | None) -> str:
    fields = member.fields if isinstance(member, InlineObjectType) else ()
    for field in fields:
        if field.name != tag:
            continue
        match field.type:
            case LiteralType((first, *_)) | EnumType(_, (first, *_)):
                return first
            case _:
                pass
    return ""


def function_class(function: Function) -> str:
    """What the names of the classes for objects in a function start with: `UsageWeekly`."""
    namespace, method = function_namespace(function.module), python_method(function.method)
    return pascal_case(f"{namespace}_{method}")


def functions_class(module: str) -> str:
    """The class of the functions of a module, and after `Async` of those from asyncio."""
    return f"{pascal_case(function_namespace(module))}Functions"


def objects_in(fields: Iterable[Field]) -> Iterator[InlineObjectType]:
    """The objects declared in place in some fields, the innermost first."""
    for field in fields:
        yield from _in_type(field.type)


def _in_type(type_: Type) -> Iterator[InlineObjectType]:
    for inner in children(type_):
        yield from _in_type(inner)
    if isinstance(type_, InlineObjectType):
        yield type_
