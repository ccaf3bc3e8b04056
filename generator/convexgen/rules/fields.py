"""Rules on fields, types and enums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from convexgen.diagnostics.display import is_hidden, quoted
from convexgen.model.fields import EntityField, Merge, Setter
from convexgen.model.kinds import Holding, holding_checks, kind
from convexgen.model.places import place_at
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts, schema_parts
from convexgen.model.types import (
    AnyType,
    ConstrainedType,
    EnumType,
    Field,
    InlineObjectType,
    InputType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    RecordType,
    StringType,
    TimestampType,
    Type,
    UnionType,
    VectorType,
)
from convexgen.rules.limits import (
    ARRAY_ELEMENTS,
    DOCUMENT_NESTING,
    OBJECT_ENTRIES,
    PARTS,
    SYSTEM_FIELDS,
    VALUE_NESTING,
)
from convexgen.rules.places import (
    constraint_places,
    entity_fields,
    field_places,
    shapes,
    type_places,
)
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_MERGED_TYPES = (JsonType, RecordType, ObjectType, InlineObjectType)
_ENTERED_TYPES = (*_MERGED_TYPES, AnyType)
_DOUBLES = (NumberType, IntegerType, TimestampType, NumberLiteralType)


def check_contradicting_options(system: System) -> Iterator[Finding]:
    """Options that leave nothing for one another to say."""
    for field, path in entity_fields(system):
        if field.default is not None and field.optional:
            yield Finding(
                f"{quoted(field.name)} has a default, so it is never absent",
                (*path, "default"),
                Part.KEY,
                'remove "default", or the "?" of the type',
            )


def check_keys(system: System) -> Iterator[Finding]:
    """Keys with options that a key cannot have."""
    for entity in system.entities:
        for name in entity.key:
            field = next((one for one in entity.shared_fields if one.name == name), None)
            if field is None:
                continue
            path: Path = ("entities", entity.name, "fields", name)
            if field.sensitive:
                yield Finding(
                    f"{quoted(name)} is part of the key, which errors and logs name",
                    (*path, "sensitive"),
                    Part.KEY,
                    "use a key that may be seen",
                )
            if field.default is not None:
                yield Finding(
                    f"{quoted(name)} is part of the key, which every write gives",
                    (*path, "default"),
                    Part.KEY,
                    'remove "default"',
                )
            if field.setter is not None and field.setter.is_never_given:
                option = "revision" if field.setter is Setter.REVISION else "set"
                yield Finding(
                    f"{quoted(name)} is part of the key, which every write gives",
                    (*path, option),
                    Part.KEY,
                    f"remove {quoted(option)}",
                )


def check_merges(system: System) -> Iterator[Finding]:
    """`merge` on what has no entries."""
    for field, path in entity_fields(system):
        if field.merge is not Merge.REPLACE and not isinstance(field.type, _MERGED_TYPES):
            yield Finding(
                f"{quoted(field.name)} has no entries to merge",
                (*path, "merge"),
                Part.KEY,
                "merge is for json, records and objects",
            )
            continue
        for names, how in field.merge_within:
            place: Path = (*path, "merge", ".".join(names))
            found = place_at([field.type], names, system)
            if "" in names or not found.types:
                before = ".".join([field.name, *names[: found.steps]])
                yield Finding(
                    f"{quoted(before)} has no {quoted(names[found.steps])}"
                    if not found.types
                    else "the path has an empty name",
                    place,
                    Part.KEY,
                    "a path leads through fields of objects, entries of records, and json",
                )
            elif not any(isinstance(type_, _ENTERED_TYPES) for type_ in found.types):
                yield Finding(
                    f"{quoted('.'.join([field.name, *names]))} has no entries to merge",
                    place,
                    Part.KEY,
                    "merge is for json, records and objects",
                )
            outer = _replaced_above(field, names)
            if outer is not None and how is not Merge.REPLACE:
                yield Finding(
                    f"{quoted('.'.join([field.name, *outer]))} is replaced, and all that is in it",
                    place,
                    Part.KEY,
                    "let it be merged, shallow at least",
                )


def _replaced_above(field: EntityField, names: Sequence[str]) -> tuple[str, ...] | None:
    """The path of what is replaced with what is at another path in it, if anything is."""
    policies = {(): field.merge, **dict(field.merge_within)}
    for size in range(len(names)):
        above = tuple(names[:size])
        if policies.get(above) is Merge.REPLACE:
            return above
    return None


def check_large_fields(system: System) -> Iterator[Finding]:
    """`large` on what is neither JSON nor text nor a list."""
    for field, path in entity_fields(system):
        if not field.large:
            continue
        type_ = field.type
        if field.rows and isinstance(type_, RecordType):
            type_ = bare(type_.value)
        if not isinstance(type_, JsonType | StringType | ListType):
            yield Finding(
                f"{quoted(field.name)} is neither json nor a string nor a list, and nothing else "
                "may be larger than a document",
                (*path, "large"),
                Part.KEY,
                'make the type json, or remove "large"',
            )


def check_field_numbers(system: System) -> Iterator[Finding]:
    """Entities and objects with too many fields."""
    for shape in shapes(system):
        allowed = OBJECT_ENTRIES - (SYSTEM_FIELDS if shape.entity is not None else 0)
        shared = shape.entity.shared_fields if shape.entity and shape.variant else ()
        number = len(shape.fields) + len(shared)
        if number > allowed:
            reason = ", _id and _creationTime among them" if shape.entity is not None else ""
            yield Finding(
                f"there are {number} fields, and Convex allows {OBJECT_ENTRIES} in an "
                f"object{reason}",
                shape.path,
                Part.KEY,
                "move some into an object or a record",
            )
    for function in system.functions:
        if len(function.arguments) > OBJECT_ENTRIES:
            yield Finding(
                f"there are {len(function.arguments)} arguments, and Convex allows "
                f"{OBJECT_ENTRIES} entries in an object, which they are",
                ("functions", function.path, "args"),
                Part.KEY,
                "move some into an object or a record",
            )


def check_parts(system: System) -> Iterator[Finding]:
    """Types that are too long where the objects in them are written out, as in validators.

    Of objects that have each other, the first one is told of that is too long.
    """
    counts: dict[str, int] = {}
    for shape in system.objects:
        counts[shape.name] = 1 + _parts_of(shape.fields, counts)
        yield from _too_many_parts(counts, shape.name, ("objects", shape.name))
    for entity in system.entities:
        fields = [*entity.shared_fields, *(f for one in entity.variants for f in one.fields)]
        counts[entity.name] = 1 + _parts_of(fields, counts)
        yield from _too_many_parts(counts, entity.name, ("entities", entity.name))
    for function in system.functions:
        counts[function.path] = 1 + _parts_of([*function.arguments, *function.whole], counts)
        yield from _too_many_parts(counts, function.path, ("functions", function.path))


def _parts_of(fields: Iterable[Field], counts: Mapping[str, int]) -> int:
    """How many types some fields have, with those of the objects that are counted."""
    found = 0
    for field in fields:
        for part in schema_parts(field.type):
            match part:
                case ObjectType(name) | InputType(name):
                    found += counts.get(name, 1)
                case _:
                    found += 1
    return found


def _too_many_parts(counts: dict[str, int], name: str, path: Path) -> Iterator[Finding]:
    if counts[name] > PARTS:
        yield Finding(
            f"{quoted(name)} has {counts[name]:,} parts where all objects in it are written out, "
            f"as Convex stores them, and {PARTS:,} are allowed",
            path,
            Part.KEY,
            "use json for some of them, or make entities of them",
        )
        counts[name] = 1


def check_nesting(system: System) -> Iterator[Finding]:
    """Fields of entities whose values are nested deeper than documents can be."""
    named = _object_depths(system)
    for field, path in entity_fields(system):
        depth = 1 + _depth(field.type, named)
        if depth > DOCUMENT_NESTING:
            yield Finding(
                f"{quoted(field.name)} makes documents {depth} levels deep, and Convex allows "
                f"{DOCUMENT_NESTING}",
                path,
                advice="use json, which is stored in an encoding of its own where it is too deep",
            )


def check_value_nesting(system: System) -> Iterator[Finding]:
    """Arguments and results of functions that are nested deeper than values can be."""
    named = _object_depths(system)
    for function in system.functions:
        path: Path = ("functions", function.path)
        # The arguments are in an object.
        values = [
            *((one.type, 1, (*path, "args", one.name)) for one in function.arguments),
            *((one.type, 0, (*path, one.name)) for one in function.whole),
        ]
        for type_, outer, place in values:
            depth = outer + _depth(type_, named)
            if depth > VALUE_NESTING:
                yield Finding(
                    f"the value is {depth} levels deep, and Convex allows {VALUE_NESTING}",
                    place,
                    advice="use json, which is encoded where it is too deep",
                )


def _object_depths(system: System) -> dict[str, int]:
    """The levels of the named objects, which come in an order that dependencies allow."""
    named: dict[str, int] = {}
    for shape in system.objects:
        named[shape.name] = 1 + max(
            (_depth(field.type, named) for field in shape.fields), default=0
        )
    return named


def _depth(type_: Type, named: dict[str, int]) -> int:
    """The levels of lists, records and objects; nothing is known of `json` and `any`."""
    match type_:
        case ConstrainedType(inner):
            return _depth(inner, named)
        case ListType(element):
            return 1 + _depth(element, named)
        case VectorType():
            return 1
        case RecordType(_, value):
            return 1 + _depth(value, named)
        case InlineObjectType(fields):
            return 1 + max((_depth(field.type, named) for field in fields), default=0)
        case UnionType(members):
            return max(_depth(member, named) for member in members)
        case ObjectType(name):
            return named.get(name, 0)
        case _:
            return 0


def check_item_numbers(system: System) -> Iterator[Finding]:
    """Bounds of lists and records past what Convex holds."""
    for place in constraint_places(system):
        if isinstance(place.type, ListType):
            most, what = ARRAY_ELEMENTS, "elements in a list"
        else:
            most, what = OBJECT_ENTRIES, "entries in a record"
        for option, bound in (
            ("minItems", place.constraints.min_items),
            ("maxItems", place.constraints.max_items),
        ):
            if bound is not None and bound > most:
                yield Finding(
                    f"Convex allows {most:,} {what}",
                    (*place.path, option),
                    advice="lower it, or make an entity of what there is more of",
                )


def check_unions(system: System) -> Iterator[Finding]:
    """Unions in which a value does not show which member it is."""
    checks = holding_checks(system)
    for place in field_places(system):
        for part in parts(place.field.type):
            if not isinstance(part, UnionType):
                continue
            doubles = [member for member in part.members if isinstance(bare(member), _DOUBLES)]
            open_ones = [
                member for member in part.members if isinstance(member, AnyType | JsonType)
            ]
            if len(doubles) > 1 and not _are_numbers_alone(doubles):
                yield Finding(
                    "number, integer, timestamp and literals of numbers are all doubles in Convex: "
                    "a value does not show which of them it is",
                    place.path,
                    advice="keep one of them",
                )
            elif _has_two_kinds_of_ints(part):
                yield Finding(
                    "integer and int64 are both int in Python: a value does not show which of them "
                    "it is",
                    place.path,
                    advice="keep int64, or write number | int64",
                )
            elif (shared := _checked_kind(part, checks)) is not None:
                yield Finding(
                    f"several members are {_KINDS[shared]}, and one of them has constraints: the "
                    "functions cannot tell whether these hold of a value",
                    place.path,
                    advice="give the union of the objects a tag"
                    if shared == "object"
                    else "keep one of them",
                )
            elif open_ones:
                word = "json" if isinstance(open_ones[0], JsonType) else "any"
                yield Finding(
                    f"{word} takes in the other members of the union",
                    place.path,
                    advice=f"write {word} alone",
                )


def _are_numbers_alone(doubles: Iterable[Type]) -> bool:
    """Whether all are one kind to a reader, of which some values are named besides."""
    return all(isinstance(bare(one), NumberType | NumberLiteralType) for one in doubles)


def _has_two_kinds_of_ints(union: UnionType) -> bool:
    """Whether there are ints in Python that may be doubles as well as int64s in Convex."""
    members = [bare(member) for member in union.members]
    constants = [one.values for one in members if isinstance(one, NumberLiteralType)]
    wholes = {value for values in constants for value in values if value.is_integer()}
    for member in members:
        if isinstance(member, Int64Type) and wholes:
            return True
        if isinstance(member, Int64LiteralType) and wholes.intersection(member.values):
            return True
    kinds = {kind(member) for member in members}
    return "int64" in kinds and any(isinstance(member, IntegerType) for member in members)


_KINDS = {
    "string": "strings",
    "number": "numbers",
    "int64": "int64s",
    "boolean": "booleans",
    "list": "lists",
    "object": "objects or records",
}


def _checked_kind(union: UnionType, checks: Holding) -> str | None:
    """The kind that several members are of, one of them with more than its validator says."""
    if union.tag is not None:
        return None
    kinds = [kind(member) for member in union.members]
    checked = (
        shared
        for member, shared in zip(union.members, kinds, strict=True)
        if kinds.count(shared) > 1 and checks.is_in(Field("", member))
    )
    return next(checked, None)


def check_objects_have_fields(system: System) -> Iterator[Finding]:
    """Objects without fields; documents without any still have their IDs."""
    for shape in shapes(system):
        if not shape.fields and shape.entity is None:
            yield Finding(
                "the object has no fields, so that {} is its only value",
                shape.path,
                Part.KEY,
                "use record<string, …> if its keys are not known",
            )


def _value_lists(system: System) -> Iterator[tuple[tuple[str, ...], Path]]:
    """The values of all enums, with and without a name."""
    for enum in system.enums:
        yield enum.values, ("enums", enum.name, "values")
    for place in type_places(system):
        if isinstance(place.type, LiteralType):
            yield place.type.values, (*place.path, "enum")


def check_enum_duplicates(system: System) -> Iterator[Finding]:
    """Enums that have a value twice."""
    for values, path in _value_lists(system):
        seen: set[str] = set()
        for position, value in enumerate(values):
            if value in seen:
                yield Finding(
                    f"the value {quoted(value)} is there twice",
                    (*path, position),
                    advice="remove it here",
                )
            seen.add(value)


def check_enum_values(system: System) -> Iterator[Finding]:
    """Values of enums that nobody can see or tell apart."""
    for values, path in _value_lists(system):
        for position, value in enumerate(values):
            if value and not value.strip():
                yield Finding(
                    f"the value {quoted(value)} has no characters that show", (*path, position)
                )
            elif any(is_hidden(character) for character in value):
                yield Finding(
                    f"the value {quoted(value)} has characters that do not show",
                    (*path, position),
                    advice="remove them",
                )


def check_unused(system: System) -> Iterator[Finding]:
    """Enums and objects that no field and no function has."""
    used: set[str] = set()
    fields: list[Field] = [field for entity in system.entities for field in entity.fields]
    fields.extend(field for shape in system.objects for field in shape.fields)
    for function in system.functions:
        fields.extend((*function.arguments, *function.whole))
    for field in fields:
        used.update(
            part.name
            for part in schema_parts(field.type)
            if isinstance(part, EnumType | ObjectType)
        )
    declared = [
        *(("enums", enum.name) for enum in system.enums),
        *(("objects", shape.name) for shape in system.objects),
    ]
    for group, name in declared:
        if name not in used:
            yield Finding(f"no field is of the type {name}", (group, name), Part.KEY, "remove it")


RULES = (
    Rule("contradicting-options", check_contradicting_options),
    Rule("key-options", check_keys),
    Rule("merge-needs-entries", check_merges),
    Rule("large-option", check_large_fields),
    Rule("too-many-fields", check_field_numbers),
    Rule("too-many-fields", check_parts),
    Rule("document-nesting", check_nesting),
    Rule("value-nesting", check_value_nesting),
    Rule("constraint-value", check_item_numbers),
    Rule("ambiguous-union", check_unions),
    Rule("empty-object", check_objects_have_fields),
    Rule("duplicate-enum-value", check_enum_duplicates),
    Rule("enum-value", check_enum_values),
    Rule("unused-type", check_unused),
)
