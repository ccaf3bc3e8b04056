"""The facts of the module of an entity: its classes, what it compares and its stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.python.annotations import (
    NONE,
    compared,
    document_id,
    either,
    encoder,
    entries_annotation,
    joined_annotation,
    needs_encoder,
    subscript,
)
from convexgen.facts.python.classes import (
    ClassFacts,
    FieldFacts,
    entity_classes,
    entity_description,
)
from convexgen.facts.python.encoders import EncoderFacts, constant, encoders, field_encoder
from convexgen.facts.python.filters import FilterFacts, filter_facts
from convexgen.facts.python.imports import Import, Module, module_of, statements
from convexgen.facts.python_text import literal
from convexgen.model.arguments import (
    argument_name,
    parameter_attribute,
    query_arguments,
    search_arguments,
)
from convexgen.model.classes import including_class, related_class
from convexgen.model.counting import documents_per_call
from convexgen.model.entities import (
    Direction,
    Entity,
    Query,
    SearchIndex,
    Unique,
    VectorIndex,
)
from convexgen.model.fields import EntityField
from convexgen.model.numbers import first_number, number_fields
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import System
from convexgen.model.types import NumberType
from convexgen.naming import (
    camel_case,
    python_attribute,
    python_method,
    python_module,
    query_method,
    snake_case,
)

# A parameter for a field that is called as one of a method's own has an underscore at its end.
_OWN_PARAMETERS = frozenset({"changes", "expected", "limit", "order", "search", "self", "vector"})


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """A parameter of a method for a field."""

    name: Code
    annotation: Code
    attribute: str
    """What the classes call the field."""
    wire: str
    """What the function calls the field."""
    encoder: Code | None
    """The function that encodes a value; None where it is sent as it is."""
    encoder_object: Code | None
    """What has such a function, where the entity's own module makes it."""
    may_lack: bool
    """Whether there are documents without the field."""
    may_be_null: bool
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A query of an index: equality, then bounds."""

    method: Code
    constant: Code
    function: str
    description: str
    equal: tuple[ParameterFacts, ...]
    bounds: tuple[ParameterFacts, ...]
    """One or none."""
    is_counted: bool
    where: FilterFacts | None
    """None where callers compare nothing besides."""
    has_windows: bool


@dataclass(frozen=True, slots=True)
class GetterFacts:
    """A query of the one that has some values, of which no two have the same."""

    method: Code
    constant: Code
    function: str
    description: str
    equal: tuple[ParameterFacts, ...]


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """A search of words or of vectors."""

    method: Code
    constant: Code
    function: str
    field: str
    is_sensitive: bool
    filters: tuple[ParameterFacts, ...]


@dataclass(frozen=True, slots=True)
class EntriesFacts:
    """A record whose entries are documents of their own."""

    attribute: str
    wire: str


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """A field that an update may add to."""

    attribute: str
    wire: str
    encoder: Code
    start: Code | None
    """What is added to in a new document that does not give it, unless it is 0."""


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """What an entity may come with."""

    attribute: str
    name: Code
    wire: str
    module: str
    """The module of the package that has their class."""
    type: Code
    is_many: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class RelatedFacts:
    """An entity with others."""

    including: Code
    """The class of it."""
    names: Code
    """The type of the names of the others."""
    relations: tuple[RelationFacts, ...]
    typed: tuple[Import, ...]
    """What type checkers import for it."""


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """The module of an entity."""

    module: Module
    name: Code
    table: str
    functions: str
    """The module of the functions."""
    argument: str
    """What the functions call an entity."""
    words: str
    """The name in words."""
    description: str
    has_key: bool
    """Whether fields tell entities apart, not their document IDs alone."""
    document_id: Code
    """The type of the document IDs."""
    keys: tuple[ParameterFacts, ...]
    classes: tuple[ClassFacts, ...]
    union: Code
    """Any of the variants."""
    variants: tuple[Code, ...]
    tag: str
    """The attribute that tells variants apart."""
    is_changeable: bool
    """Whether there is something that an update may change; if not, there is no update."""
    changeable: tuple[FieldFacts, ...]
    """That, where there is one."""
    creatable: tuple[FieldFacts, ...]
    """What one that is created may give besides; not the key."""
    numbers: tuple[NumberFacts, ...]
    expectable: tuple[FieldFacts, ...]
    """What a write may expect."""
    entries: tuple[EntriesFacts, ...]
    entry_fields: tuple[FieldFacts, ...]
    """The entries that may be written by themselves."""
    related: RelatedFacts | None
    """None where it comes with nothing."""
    getters: tuple[GetterFacts, ...]
    queries: tuple[QueryFacts, ...]
    searches: tuple[SearchFacts, ...]
    nearest: tuple[SearchFacts, ...]
    encoders: tuple[EncoderFacts, ...]
    documents_per_call: int | None
    """How many one call saves, where it is less than usual."""
    has_aliases: bool
    """Whether fields have the names of the spec as aliases."""
    has: StandardFunctions
    """The kinds of functions that there are."""


def entity_facts(entity: Entity, system: System, taken: frozenset[str]) -> EntityFacts:
    """The facts of the module of an entity."""
    module = module_of(taken)
    parameters = _Parameters(entity, module)
    has = entity.functions
    expects = has.write and bool(entity.changeable_fields)
    expectable = [field for field in entity.fields if field.name not in entity.key]
    return EntityFacts(
        module=module,
        name=identifier(entity.name),
        table=entity.table,
        functions="/".join([*system.convex.path, entity.module]),
        argument=camel_case(entity.name),
        words=snake_case(entity.name).replace("_", " "),
        description=entity_description(entity),
        has_key=entity.has_key,
        document_id=module.imports.name("._ids", document_id(entity.name)),
        keys=tuple(parameters.equal(entity.field(name), name) for name in entity.key),
        classes=entity_classes(entity, system, module),
        union=either(identifier(variant.name) for variant in entity.variants),
        variants=tuple(identifier(variant.name) for variant in entity.variants),
        tag=entity.tag_attribute,
        is_changeable=bool(entity.changeable_fields),
        changeable=tuple(
            _change(field, entity, module) for field in entity.changeable_fields if has.update
        ),
        creatable=tuple(
            _item(field, entity, module) for field in entity.creation_fields if has.save
        ),
        numbers=tuple(_number(field, module) for field in number_fields(entity)),
        expectable=tuple(_item(field, entity, module) for field in expectable if expects),
        entries=tuple(map(_entries, entity.row_fields)),
        entry_fields=tuple(
            FieldFacts(
                identifier(python_attribute(field.name)),
                entries_annotation(field, module),
            )
            for field in entity.row_fields
            if has.update
        ),
        related=_related(entity, system),
        getters=tuple(
            parameters.getter(one.function, one)
            for one in entity.unique_functions
            if one.function is not None
        ),
        queries=tuple(map(parameters.query, entity.query_functions)),
        searches=tuple(map(parameters.search, entity.search_functions)),
        nearest=tuple(map(parameters.search, entity.vector_functions)),
        encoders=encoders(entity, module),
        documents_per_call=documents_per_call(entity),
        has_aliases=system.has_aliases,
        has=has,
    )


class _Parameters:
    """The parameters of an entity's methods."""

    def __init__(self, entity: Entity, module: Module) -> None:
        self._entity = entity
        self._module = module

    def query(self, query: Query) -> QueryFacts:
        """A method over an index."""
        method = query_method(query.name)
        arguments = query_arguments(query, self._entity)
        equal = tuple(self.equal(self._entity.field(name), arguments[name]) for name in query.equal)
        bounds = tuple(
            self._bounds(self._entity.field(name), arguments[name])
            for name in query.compared[len(equal) :]
        )
        return QueryFacts(
            identifier(method),
            constant(method, "QUERY"),
            query.name,
            query.description or _description(query, self._entity, equal, bounds),
            equal,
            bounds,
            query.counted,
            filter_facts(query, self._entity, self._module),
            query.windows is not None,
        )

    def getter(self, function: str, unique: Unique) -> GetterFacts:
        """A method that finds the one with the values of unique fields."""
        method = python_method(function)
        fields = [self._entity.field(name) for name in unique.fields]
        equal = tuple(self._parameter(one, one.name, either(self._content(one))) for one in fields)
        values = " and ".join(f"`{one.name}`" for one in equal)
        return GetterFacts(
            identifier(method),
            constant(method, "QUERY"),
            function,
            f"The one with this {values}, or None.",
            equal,
        )

    def search(self, index: SearchIndex | VectorIndex) -> SearchFacts:
        """A method over an index of words or of vectors."""
        method = python_method(index.function)
        return SearchFacts(
            identifier(method),
            constant(method, "SEARCH"),
            index.function,
            self._entity.field(index.field).attribute,
            self._entity.field(index.field).sensitive,
            tuple(
                self._filter(self._entity.field(name), argument)
                for name, argument in search_arguments(index, self._entity).items()
            ),
        )

    def equal(self, field: EntityField, argument: str) -> ParameterFacts:
        """Of a field that has exactly one value."""
        null = [NONE] if field.nullable else []
        absent = [self._module.rt.UNSET] if self._entity.may_lack(field.name) else []
        return self._parameter(field, argument, either([*self._content(field), *null, *absent]))

    def _bounds(self, field: EntityField, argument: str) -> ParameterFacts:
        content = either(self._content(field))
        return self._filter(field, argument, subscript(self._module.rt.Range, content))

    def _filter(self, field: EntityField, argument: str, *more: Code) -> ParameterFacts:
        """Of a field that nothing need be said of, with more types."""
        found = [*self._content(field), *more]
        if self._entity.may_lack(field.name):
            found.append(self._module.rt.UNSET)
        found.append(self._module.rt.MISSING)
        if field.nullable:
            found.append(NONE)
        return self._parameter(field, argument, either(found))

    def _content(self, field: EntityField) -> list[Code]:
        return compared(field.types, self._module)

    def _parameter(self, field: EntityField, argument: str, annotation: Code) -> ParameterFacts:
        by_member = needs_encoder(field.type)
        return ParameterFacts(
            identifier(_parameter_name(field, argument)),
            annotation,
            field.attribute,
            argument,
            None if by_member else encoder(field.type, self._module),
            field_encoder(field) if by_member else None,
            self._entity.may_lack(field.name),
            self._entity.may_be_null(field.name),
            field.sensitive,
        )


def _change(field: EntityField, entity: Entity, module: Module) -> FieldFacts:
    """What an update takes: an increment too where it is a number, entries where it has such."""
    if field.rows:
        name = identifier(field.attribute)
        return FieldFacts(name, entries_annotation(field, module))
    if field not in number_fields(entity):
        return _item(field, entity, module)
    number = Code("float" if isinstance(field.type, NumberType) else "int")
    return _item(field, entity, module, subscript(module.rt.Increment, number))


def _number(field: EntityField, module: Module) -> NumberFacts:
    start = first_number(field)
    encode = encoder(field.type, module)
    assert encode is not None
    return NumberFacts(field.attribute, field.name, encode, literal(start) if start else None)


def _item(field: EntityField, entity: Entity, module: Module, *more: Code) -> FieldFacts:
    declared = [one for _, one in entity.declared_fields if one.name == field.name]
    return FieldFacts(
        identifier(field.attribute),
        joined_annotation(field, declared, module, *more, absent="UNSET"),
    )


def _entries(field: EntityField) -> EntriesFacts:
    return EntriesFacts(field.attribute, field.name)


def _related(entity: Entity, system: System) -> RelatedFacts | None:
    if not entity.relations or not entity.functions.read:
        return None
    others: dict[str, set[str]] = {}
    relations: list[RelationFacts] = []
    for one in entity.relations:
        module = python_module(system.entity(one.entity).module)
        if one.entity != entity.name:
            others.setdefault(module, set()).add(one.entity)
        attribute = python_attribute(one.name)
        relations.append(
            RelationFacts(
                attribute,
                identifier(attribute),
                one.name,
                module,
                identifier(one.entity),
                one.is_many,
                one.description,
            )
        )
    return RelatedFacts(
        identifier(including_class(entity.name)),
        identifier(related_class(entity.name)),
        tuple(relations),
        tuple(
            one
            for module, names in sorted(others.items())
            for one in statements(f".{module}", {name: name for name in sorted(names)})
        ),
    )


def _description(
    query: Query,
    entity: Entity,
    equal: Sequence[ParameterFacts],
    bounds: Sequence[ParameterFacts],
) -> str:
    values = " and ".join(f"`{one.name}`" for one in equal)
    where = f"Those with this {values}" if values else "All"
    names: Sequence[str] = [one.name for one in bounds]
    if query.where is not None:
        ordered = map(entity.field, query.where.ordered[:1])
        names = [_parameter_name(field, argument_name(field.name)) for field in ordered]
    order = f"`{names[0]}`" if names else "creation"
    if query.where is not None:
        where = f"{where} that meet the conditions" if values else "Those that meet the conditions"
    down = " descending" if query.order is Direction.DESCENDING else ""
    return f"{where}, in the order of {order}{down}."


def _parameter_name(field: EntityField, argument: str) -> str:
    """The parameter for a field, beside those that the methods have themselves."""
    parameter = python_method(parameter_attribute(field, argument))
    return f"{parameter}_" if parameter in _OWN_PARAMETERS else parameter
