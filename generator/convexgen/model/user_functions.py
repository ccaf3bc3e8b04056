"""The functions for users, as clients call them: with types that have what users see and write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from convexgen.model.access import AccessRules
from convexgen.model.arguments import parameter_attribute, query_arguments, search_arguments
from convexgen.model.classes import class_names, declared_classes
from convexgen.model.entities import DOCUMENT_ID, Entity, Query, SearchIndex
from convexgen.model.fields import EntityField
from convexgen.model.functions import Function, FunctionKind
from convexgen.model.inner_classes import InnerClasses
from convexgen.model.shapes import ObjectShape
from convexgen.model.system import System
from convexgen.model.types import (
    BooleanType,
    Field,
    IdType,
    InlineObjectType,
    IntegerType,
    ListType,
    LiteralType,
    ObjectType,
    RecordType,
    StringType,
    TimestampType,
    Type,
    UnionType,
)
from convexgen.model.visible import (
    has_list,
    may_be_given,
    restricted_fields,
    visible_counts,
    visible_queries,
    visible_searches,
)
from convexgen.naming import camel_case

PAGE_OPTIONS = "UserPageOptions"
_BOUNDS = ("gt", "gte", "lt", "lte")
_CREATION_TIME = "_creationTime"


def user_module(entity: Entity) -> str:
    """The module of the functions for users."""
    return f"viewer/{entity.module}"


def user_shapes(entity: Entity) -> tuple[str, ...]:
    """The classes of what users see and write of an entity, each of its shapes by itself."""
    whole = (
        *_seen_and_given(entity.name),
        _changes(entity),
        _page(entity),
        _offset_page(entity),
    )
    return (*whole, *(name for one in entity.variants for name in _seen_and_given(one.name)))


def _seen_and_given(name: str) -> tuple[str, str]:
    return f"User{name}", f"User{name}Input"


def _changes(entity: Entity) -> str:
    return f"User{entity.name}Changes"


def _page(entity: Entity) -> str:
    return f"User{entity.name}Page"


def _offset_page(entity: Entity) -> str:
    return f"User{entity.name}OffsetPage"


def with_user_functions(system: System) -> System:
    """The system, with the functions for users among those that clients call."""
    ruled = [entity for entity in system.entities if entity.has_user_functions]
    if not ruled:
        return system
    options = ObjectShape(
        PAGE_OPTIONS,
        (
            Field("numItems", IntegerType(), description="How many the page has at most."),
            Field(
                "cursor",
                StringType(),
                nullable=True,
                description="Where the page before ended; null for the first one.",
            ),
        ),
        "Which page is asked for.",
    )
    shapes = [options, *(one for each in ruled for one in _shapes(each))]
    functions = [one for each in ruled for one in _functions(each)]
    called = replace(
        system,
        objects=(*system.objects, *shapes),
        functions=(*system.functions, *functions),
    )
    # Those of the spec have their names.
    classes = InnerClasses((*class_names(system), *declared_classes(called)))
    return replace(
        called,
        objects=(*system.objects, *map(classes.of_object, shapes)),
        functions=(*system.functions, *map(classes.of_function, functions)),
    )


def _shapes(entity: Entity) -> Iterator[ObjectShape]:
    rules = _rules(entity)
    own = (
        Field(
            DOCUMENT_ID,
            IdType(entity.name),
            description="The ID of the document.",
            python="doc_id",
        ),
        Field(
            _CREATION_TIME,
            TimestampType(),
            description="When Convex created it.",
            python="creation_time",
        ),
    )
    for name, fields in _shapes_of_documents(entity):
        seen, given = _seen_and_given(name)
        visible = [
            replace(_plain(field), optional=field.optional or field.access is not None)
            for field in fields
        ]
        is_whole = name == entity.name
        text = (entity.description if is_whole else None) or f"What users see of {name}."
        yield ObjectShape(seen, (*own, *visible), text)
        if rules.create:
            written = [
                replace(_plain(field), optional=_may_be_left_out(field))
                for field in fields
                if not field.is_read_only and field.name not in rules.filled
            ]
            yield ObjectShape(given, tuple(written), f"What users write of {name}.")
    if rules.update and entity.changeable_fields:
        changed = [
            replace(_plain(field), optional=True)
            for field in entity.changeable_fields
            if field.name not in rules.filled
        ]
        yield ObjectShape(_changes(entity), tuple(changed), f"What users change of {entity.name}.")
    if has_list(entity) or visible_queries(entity):
        yield ObjectShape(
            _page(entity),
            (
                Field("page", ListType(_seen(entity))),
                Field("isDone", BooleanType(), description="Whether it is the last one."),
                Field("continueCursor", StringType(), description="Where the next one begins."),
            ),
            f"A page of {entity.name}, as users see it.",
        )
    if visible_counts(entity):
        yield ObjectShape(
            _offset_page(entity),
            (
                Field("page", ListType(_seen(entity))),
                Field("total", IntegerType(), description="How many there are in all."),
            ),
            f"What there is of {entity.name} from an offset on, as users see it.",
        )


def _shapes_of_documents(entity: Entity) -> Iterator[tuple[str, tuple[EntityField, ...]]]:
    """What documents may be, with all fields of each."""
    if not entity.variants:
        yield entity.name, entity.fields
    for one in entity.variants:
        yield one.name, (*entity.shared_fields, *one.fields)


def _seen(entity: Entity) -> Type:
    """What users see of a document."""
    return _one_of([_seen_and_given(name)[0] for name, _ in _shapes_of_documents(entity)], entity)


def _given(entity: Entity) -> Type:
    """What they write."""
    return _one_of([_seen_and_given(name)[1] for name, _ in _shapes_of_documents(entity)], entity)


def _one_of(names: Sequence[str], entity: Entity) -> Type:
    members = tuple(map(ObjectType, names))
    if len(members) == 1:
        return members[0]
    return UnionType(members, entity.tag, entity.tag_attribute)


def _may_be_left_out(field: EntityField) -> bool:
    return field.optional or field.default is not None or field.setter is not None


def _plain(field: EntityField) -> Field:
    return Field(
        field.name,
        field.type,
        field.optional,
        field.nullable,
        field.description,
        field.constraints,
        field.deprecated,
        field.sensitive,
        python=field.python,
    )


def _rules(entity: Entity) -> AccessRules:
    assert entity.rules is not None
    return entity.rules


def _functions(entity: Entity) -> Iterator[Function]:
    rules = _rules(entity)
    document = _result(_seen(entity))
    found = replace(document, nullable=True)
    key = tuple(_argument(entity.field(one)) for one in entity.key if one not in rules.filled)
    if rules.read:
        yield _query(entity, "getById", key, found, "The one with this key, or null.")
    if rules.read and entity.has_key:
        by_id = (Field("id", IdType(entity.name)),)
        text = "The one whose document has this ID, or null."
        yield _query(entity, "getByDocId", by_id, found, text)
    if has_list(entity):
        yield _paged(entity, "list", (), "All, for users who may read all.")
    for query in visible_queries(entity):
        yield _paged(
            entity, query.name, _compared(query, entity), query.description or "A page of them."
        )
    for query in visible_counts(entity):
        yield from _counts(query, key, entity)
    for index in visible_searches(entity):
        yield _search(index, entity, _result(ListType(_seen(entity))))
    if rules.create:
        argument = Field(camel_case(entity.name), _given(entity))
        # One that is there is never taken for a repetition where users do not see all of it.
        is_repeatable = entity.has_key and not restricted_fields(entity)
        text = "Creates one, which is the user's where it has an owner."
        yield _mutation(entity, "create", (argument,), document, text, again=is_repeatable)
    if rules.update and entity.changeable_fields:
        names = [one.name for one in entity.changeable_fields if one.optional]
        unset = Field("unset", ListType(LiteralType(tuple(names))), optional=True)
        arguments = (
            *key,
            Field("set", ObjectType(_changes(entity))),
            *([unset] if names else []),
            *([_unset_entries(entity)] if entity.row_fields else []),
        )
        yield _mutation(entity, "update", arguments, document, "Changes the fields named.")
    if rules.delete:
        removal = InlineObjectType(
            (Field("removed", BooleanType()), Field("isDone", BooleanType()))
        )
        yield _mutation(entity, "remove", key, _result(removal), "Deletes it with its cascades.")


def _counts(query: Query, key: tuple[Field, ...], entity: Entity) -> Iterator[Function]:
    """What there is for a query whose documents are counted."""
    compared = _compared(query, entity)
    number = _result(IntegerType())
    page = _result(ObjectType(_offset_page(entity)))
    offset = (Field("offset", IntegerType()), Field("limit", IntegerType()))
    name = query.name
    text = f"How many `{name}` finds."
    yield _query(entity, f"{name}Count", compared, number, text)
    text = f"What `{name}` finds from an offset on, with the total."
    yield _query(entity, f"{name}Page", (*compared, *offset, _order()), page, text)
    text = f"The position of one among those that `{name}` finds, or null."
    one = Field("key", InlineObjectType(key))
    position = replace(number, nullable=True)
    yield _query(entity, f"{name}Rank", (one, *compared, _order()), position, text)


def _order() -> Field:
    return Field("order", LiteralType(("asc", "desc")), optional=True)


def _unset_entries(entity: Entity) -> Field:
    """The names of entries that an update deletes, by the records."""
    names = tuple(
        Field(field.name, ListType(field.type.key), optional=True, python=field.python)
        for field in entity.row_fields
        if isinstance(field.type, RecordType)
    )
    return Field("unsetEntries", InlineObjectType(names), optional=True)


def _compared(query: Query, entity: Entity) -> tuple[Field, ...]:
    arguments = query_arguments(query, entity)
    equal = tuple(_given_values(query.equal, arguments, entity))
    if query.range is None:
        return equal
    field = entity.field(query.range)
    bounds = InlineObjectType(tuple(Field(one, field.type, optional=True) for one in _BOUNDS))
    return (*equal, Field(arguments[query.range], bounds, optional=True))


def _search(index: SearchIndex, entity: Entity, result: Field) -> Function:
    filters = _given_values(index.filters, search_arguments(index, entity), entity)
    arguments = (
        Field("search", StringType()),
        *(replace(one, optional=True) for one in filters),
        Field("limit", IntegerType(), optional=True),
    )
    text = f"Those whose `{index.field}` has the words of `search`, the best match first."
    return _query(entity, index.function, arguments, result, text)


def _given_values(
    names: tuple[str, ...], arguments: Mapping[str, str], entity: Entity
) -> Iterator[Field]:
    rules = _rules(entity)
    for name in names:
        if may_be_given(name, names, rules):
            field = _argument(entity.field(name))
            attribute = parameter_attribute(field, arguments[name])
            yield replace(
                field, name=arguments[name], optional=name in rules.filled, python=attribute
            )


def _argument(field: EntityField) -> Field:
    """A value to compare: where a field may be absent, one that is there."""
    return Field(
        field.name,
        field.type,
        nullable=field.nullable,
        sensitive=field.sensitive,
        python=field.python,
    )


def _paged(entity: Entity, name: str, arguments: tuple[Field, ...], description: str) -> Function:
    options = Field("paginationOpts", ObjectType(PAGE_OPTIONS))
    return _query(
        entity,
        name,
        (*arguments, _order(), options),
        _result(ObjectType(_page(entity))),
        description,
    )


def _query(
    entity: Entity, name: str, arguments: tuple[Field, ...], result: Field, description: str
) -> Function:
    return _function(FunctionKind.QUERY, entity, name, arguments, result, description, again=True)


def _mutation(
    entity: Entity,
    name: str,
    arguments: tuple[Field, ...],
    result: Field,
    description: str,
    *,
    again: bool = False,
) -> Function:
    kind = FunctionKind.MUTATION
    return _function(kind, entity, name, arguments, result, description, again=again)


def _function(
    kind: FunctionKind,
    entity: Entity,
    name: str,
    arguments: tuple[Field, ...],
    result: Field,
    description: str,
    *,
    again: bool,
) -> Function:
    return Function(
        f"{user_module(entity)}:{name}",
        kind,
        arguments,
        None,
        result,
        idempotent=again,
        description=description,
        is_generated=True,
    )


def _result(type_: Type) -> Field:
    return Field("returns", type_)
