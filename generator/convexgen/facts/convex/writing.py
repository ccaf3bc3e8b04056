"""Facts of what a caller writes of an entity, and of what is stored of it.

Values that the backend sets, and those that stand where a caller leaves one out, are added to what
is given. Where only some variants have such fields, functions of the module tell these apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.fields import columns_of, defaulted, names_of, own_fields, set_by
from convexgen.facts.convex.validators import field_validator, is_chunked, present, validator
from convexgen.facts.typescript_text import array, literal, object_literal, string
from convexgen.guards import is_list, is_mapping
from convexgen.model.entities import Entity, Unique, Variant
from convexgen.model.fields import EntityField, Merge, Setter
from convexgen.model.numbers import is_int64, number_fields
from convexgen.model.places import place_at
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    AnyLiteralType,
    EnumType,
    Int64LiteralType,
    Int64Type,
    JsonType,
    ListType,
    RecordType,
    Type,
)
from convexgen.naming import camel_case, pascal_case


@dataclass(frozen=True, slots=True)
class SetterFacts:
    """A field that the backend sets."""

    name: Code
    is_revision: bool
    """Whether it counts the writes, as opposed to having the time of one."""
    is_set_once: bool
    """Whether writes after the creation leave what is there."""
    is_always_given: bool
    """Whether what a caller gives is stored instead, at every write."""


@dataclass(frozen=True, slots=True)
class DefaultFacts:
    """A field that a caller may leave out, and what is stored then."""

    name: Code
    value: Code


@dataclass(frozen=True, slots=True)
class InputFacts:
    """How what a caller writes differs from what is stored."""

    omitted: tuple[Code, ...]
    properties: tuple[tuple[Code, Code], ...]
    """What is given in another way: the fields with their validators."""


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One of the shapes that documents have."""

    tags: tuple[str, ...]
    input: InputFacts
    defaults: tuple[DefaultFacts, ...]
    setters: tuple[SetterFacts, ...]


@dataclass(frozen=True, slots=True)
class WritingFacts:
    """What a write adds to what is given."""

    differs: bool
    """Whether there are fields that a caller need not, or cannot, give as they are stored."""
    input: InputFacts
    set_by_backend: tuple[Code, ...]
    tells_time: bool
    """Whether the time of a write is stored."""
    immutable: tuple[Code, ...]
    created: tuple[Code, ...]
    """The fields of which the creation alone may give the value."""
    kept: tuple[Code, ...]
    """The fields that a save which does not give them leaves as they are."""
    defaults: tuple[DefaultFacts, ...]
    """Of the fields that all documents have."""
    setters: tuple[SetterFacts, ...]
    """Of the fields that all documents have."""
    fills_by_variant: bool
    """Whether some variants have defaults of their own."""
    completes_by_variant: bool
    """Whether the backend sets fields of some variants."""
    times_writes: bool
    """Whether the backend sets the time of every write."""
    counts_writes: bool
    has_unfilled_variants: bool
    """Whether some variants have no defaults of their own."""
    has_given_variants: bool
    """Whether some variants have neither defaults of their own nor fields that the backend sets."""

    @property
    def completes(self) -> bool:
        """Whether anything is added to what is given."""
        return bool(
            self.completes_by_variant or self.fills_by_variant or self.defaults or self.setters
        )


@dataclass(frozen=True, slots=True)
class GetterFacts:
    """The query of the one document that has some values."""

    function: Code
    arguments: Code
    """What the module in `model/` calls the validators of the values."""
    find: Code
    """The function there."""
    validators: tuple[tuple[Code, Code], ...]
    """By the fields, none of which is null."""


@dataclass(frozen=True, slots=True)
class UniqueFacts:
    """Fields of which no two documents have the same values."""

    function: Code
    index: Code
    fields: tuple[Code, ...]
    columns: tuple[Code, ...]
    """What the index has for them."""
    has_default: bool
    """Whether a write may fill one of them in."""
    is_changeable: bool
    """Whether an update may change one of them, or what one follows from."""
    is_derived: bool
    """Whether one of them follows from other fields."""
    sensitive: tuple[Code, ...]
    """Those whose values errors do not tell."""
    getter: GetterFacts | None
    """None where there is none of its name."""


@dataclass(frozen=True, slots=True)
class MergeFacts:
    """A field of which an update changes parts."""

    name: Code
    function: Code
    how: Code
    """A policy, or those of paths."""
    is_large: bool


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """The update of some fields."""

    fixed: tuple[Code, ...]
    """The fields that no update changes, or that it is given in another way."""
    chunked: tuple[tuple[Code, Code], ...]
    """These, with their validators: they may be larger than a document."""
    merges: tuple[MergeFacts, ...]
    increments: tuple[tuple[Code, Code], ...]
    """The numbers that it may add to, with the validators of what is added."""
    removes: bool
    """Whether it may make fields absent."""
    changes_unique: bool
    set_on_write: tuple[SetterFacts, ...]
    set_on_write_by_tags: tuple[tuple[SetterFacts, tuple[str, ...]], ...]
    """The fields that the backend sets in documents with some tags only."""


def writing_facts(entity: Entity, system: System) -> WritingFacts:
    """The facts of what a write adds to what is given."""
    own = own_fields(entity)
    fields = (*entity.shared_fields, *own)
    return WritingFacts(
        differs=bool(
            set_by(fields, *Setter)
            or defaulted(fields)
            or entity.derived_fields
            or entity.columns
            or any(map(is_chunked, fields))
        ),
        input=_input(entity.shared_fields, entity, system),
        set_by_backend=names_of(
            [*set_by(entity.fields, *Setter), *_derived(entity.fields), *entity.columns]
        ),
        tells_time=any(not one.is_revision for one in _setters(fields)),
        immutable=names_of(
            field.name for field in entity.fields if field.immutable and field.setter is None
        ),
        created=names_of(set_by(entity.fields, Setter.ON_CREATE)),
        kept=names_of(field.name for field in entity.fields if field.kept and not field.rows),
        defaults=_defaults(entity.shared_fields),
        setters=_setters(entity.shared_fields),
        fills_by_variant=bool(defaulted(own)),
        completes_by_variant=bool(set_by(own, *Setter)),
        times_writes=any(not one.is_revision for one in _set_on_write(fields)),
        counts_writes=bool(set_by(fields, Setter.REVISION)),
        has_unfilled_variants=any(not defaulted(one.fields) for one in entity.variants),
        has_given_variants=any(
            not defaulted(one.fields) and not set_by(one.fields, *Setter) for one in entity.variants
        ),
    )


def variant_facts(variant: Variant, entity: Entity, system: System) -> VariantFacts:
    """The facts of a variant of an entity."""
    return VariantFacts(
        variant.values,
        _input((*entity.shared_fields, *variant.fields), entity, system),
        _defaults(variant.fields),
        _setters(variant.fields),
    )


def unique_facts(unique: Unique, entity: Entity, system: System) -> UniqueFacts:
    """The facts of fields that are unique."""
    fields = (*entity.shared_fields, *own_fields(entity))
    return UniqueFacts(
        function=identifier(f"expectUnique{'And'.join(map(pascal_case, unique.fields))}"),
        index=identifier(unique.index),
        fields=names_of(unique.fields),
        columns=columns_of(unique.fields, entity),
        has_default=any(one.name in unique.fields for one in defaulted(fields)),
        is_changeable=any(
            one.name in unique.fields for one in (*entity.changeable_fields, *entity.derived_fields)
        ),
        is_derived=any(one.name in unique.fields for one in entity.derived_fields),
        sensitive=names_of(name for name in unique.fields if entity.field(name).sensitive),
        getter=_getter(unique, entity, system),
    )


def _getter(unique: Unique, entity: Entity, system: System) -> GetterFacts | None:
    if unique.function is None:
        return None
    by = unique.function.removeprefix("get")
    return GetterFacts(
        identifier(unique.function),
        identifier(camel_case(by)),
        identifier(f"find{by}"),
        tuple(
            (identifier(name), validator(entity.field(name).type, system)) for name in unique.fields
        ),
    )


def update_facts(
    entity: Entity, unique: Sequence[UniqueFacts], system: System
) -> UpdateFacts | None:
    """The facts of the update; None where there is nothing to change but the key."""
    changeable = entity.changeable_fields
    if not changeable:
        return None
    tag = [] if entity.tag is None else [entity.tag]
    # The update of variants is of what is listed by field: columns of indexes are not.
    columns = () if entity.variants else entity.columns
    fixed = [
        *(entity.key if entity.has_key else ()),
        *tag,
        *set_by(entity.fields, *(one for one in Setter if not one.is_always_given)),
        *_derived(entity.fields),
        *columns,
        *(field.name for field in entity.fields if field.immutable),
    ]
    return UpdateFacts(
        fixed=names_of([*fixed, *(one.name for one in changeable if is_chunked(one))]),
        chunked=tuple(
            (identifier(one.name), present(one, system)) for one in changeable if is_chunked(one)
        ),
        merges=tuple(
            _merge(field, system) for field in changeable if field.merge is not Merge.REPLACE
        ),
        increments=tuple(
            (identifier(one.name), Code("v.int64()" if is_int64(one) else "v.number()"))
            for one in number_fields(entity)
        ),
        removes=any(field.optional for field in changeable),
        changes_unique=any(one.is_changeable for one in unique),
        set_on_write=_set_on_write(entity.shared_fields),
        set_on_write_by_tags=tuple(
            (setter, _tags_with(setter.name, entity))
            for setter in dict.fromkeys(_set_on_write(own_fields(entity)))
        ),
    )


def _derived(fields: Iterable[EntityField]) -> list[str]:
    return [field.name for field in fields if field.derived is not None]


def _merge(field: EntityField, system: System) -> MergeFacts:
    function = "mergeJson" if isinstance(field.type, JsonType) else "mergeObjects"
    how = string(field.merge.value)
    if field.merge_within:
        how = _policy((), {(): field.merge, **dict(field.merge_within)}, field, system)
    return MergeFacts(identifier(field.name), Code(function), how, field.large)


def _policy(
    path: tuple[str, ...],
    policies: Mapping[tuple[str, ...], Merge],
    field: EntityField,
    system: System,
) -> Code:
    """What a merge does to what is at a path, and within it."""
    size = len(path)
    names = dict.fromkeys(one[size] for one in policies if len(one) > size and one[:size] == path)
    here = policies.get(path) or _between(path, policies)
    place = place_at([field.type], path, system)
    is_json = place.steps_to_json == size > 0
    within = [
        array([string(name), _policy((*path, name), policies, field, system)]) for name in names
    ]
    if not within and not is_json:
        return string(here.value)
    properties = [("how", string(here.value))]
    if is_json:
        properties.append(("isJson", Code("true")))
    if within:
        properties.append(("within", array(within)))
    return object_literal(properties)


def _between(path: tuple[str, ...], policies: Mapping[tuple[str, ...], Merge]) -> Merge:
    """What a merge does to what is at a path between two that have a policy."""
    above = next(
        policies[path[:size]] for size in range(len(path) - 1, -1, -1) if path[:size] in policies
    )
    return Merge.DEEP if above is Merge.DEEP else Merge.SHALLOW


def _tags_with(name: str, entity: Entity) -> tuple[str, ...]:
    return tuple(
        value
        for variant in entity.variants
        if any(field.name == name for field in variant.fields)
        for value in variant.values
    )


def _input(fields: Sequence[EntityField], entity: Entity, system: System) -> InputFacts:
    """What only the backend sets is not a caller's to give; the rest may be left out."""
    may_be_given = set_by(fields, *(one for one in Setter if not one.is_never_given))
    with_default = defaulted(fields)
    properties = [(identifier(name), Code("v.optional(v.number())")) for name in may_be_given]
    properties += [
        (identifier(field.name), Code(f"v.optional({present(field, system)})"))
        for field in with_default
    ]
    chunked = [one for one in fields if is_chunked(one) and one.default is None]
    properties += [(identifier(one.name), field_validator(one, system)) for one in chunked]
    omitted = set_by(fields, *Setter)
    omitted += [field.name for field in (*with_default, *chunked) if not field.rows]
    omitted += [*_derived(fields), *entity.columns]
    return InputFacts(names_of(omitted), tuple(properties))


def _setters(fields: Iterable[EntityField]) -> tuple[SetterFacts, ...]:
    return tuple(
        SetterFacts(
            identifier(field.name),
            is_revision=field.setter is Setter.REVISION,
            is_set_once=field.setter.is_set_once,
            is_always_given=field.setter.is_always_given,
        )
        for field in fields
        if field.setter is not None
    )


def _set_on_write(fields: Iterable[EntityField]) -> tuple[SetterFacts, ...]:
    return tuple(one for one in _setters(fields) if not one.is_set_once)


def _defaults(fields: Iterable[EntityField]) -> tuple[DefaultFacts, ...]:
    return tuple(
        DefaultFacts(identifier(field.name), _default_value(field.default.value, field.type))
        for field in fields
        if field.default is not None
    )


def _default_value(value: object, type_: Type) -> Code:
    found = list(parts(bare(type_)))
    return literal(
        _stored_value(value, type_),
        bigint=any(isinstance(part, Int64Type | Int64LiteralType) for part in found),
        constant=any(isinstance(part, EnumType | AnyLiteralType) for part in found),
    )


def _stored_value(value: object, declared: Type) -> object:
    """Plain data as a document holds it: JSON in the form in which it is stored."""
    type_ = bare(declared)
    if isinstance(type_, JsonType):
        from convexgen.runtime.json_values import json_to_wire

        return json_to_wire(value)
    if isinstance(type_, ListType) and is_list(value):
        return [_stored_value(one, type_.element) for one in value]
    if isinstance(type_, RecordType) and is_mapping(value):
        return {key: _stored_value(one, type_.value) for key, one in value.items()}
    return value
