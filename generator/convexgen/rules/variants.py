"""Rules on entities whose documents are of several shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from convexgen.diagnostics.display import quoted
from convexgen.model.entities import Entity, Variant
from convexgen.model.fields import EntityField, Merge, Setter
from convexgen.model.kinds import holding_checks, holding_json, kind
from convexgen.model.system import System
from convexgen.model.traversal import bare, parts
from convexgen.model.types import (
    AnyType,
    IntegerType,
    JsonType,
    NumberLiteralType,
    Type,
)
from convexgen.rules.places import variant_path
from convexgen.rules.rule import Finding, Rule
from convexgen.source.nodes import Path
from convexgen.source.source import Part

_OPTIONS: dict[str, Callable[[EntityField], object]] = {
    "revision": lambda field: field.setter is Setter.REVISION,
    "given": lambda field: field.setter is not None and field.setter.is_always_given,
    "set": lambda field: field.setter,
    "merge": lambda field: (field.merge, field.merge_within),
    "large": lambda field: field.large,
    "immutable": lambda field: field.immutable,
    "from": lambda field: field.derived,
    "python": lambda field: field.attribute,
    "absent": lambda field: field.absent_last,
    "access": lambda field: field.access,
    "onDelete": lambda field: (
        (field.reference.entity, field.reference.on_delete)
        if field.reference and field.reference.on_delete
        else None
    ),
    "check": lambda field: (
        field.reference.entity if field.reference and field.reference.is_checked else None
    ),
    "touch": lambda field: (
        (field.reference.entity, field.reference.touch)
        if field.reference and field.reference.touch
        else None
    ),
}
"""Those that the functions know of a field by its name, whichever variant has it."""


_NEED_TAG: dict[str, Callable[[EntityField], object]] = {
    # Its entries have an empty default.
    "rows": lambda field: field.rows,
    "set": lambda field: field.setter,
    "default": lambda field: field.default,
    "keep": lambda field: field.kept,
    "immutable": lambda field: field.immutable,
    "large": lambda field: field.large,
    "from": lambda field: field.derived,
    "absent": lambda field: field.absent_last,
    "merge": lambda field: field.merge is not Merge.REPLACE or field.merge_within,
    "onDelete": lambda field: field.reference and field.reference.on_delete,
    "check": lambda field: field.reference and field.reference.is_checked,
    "touch": lambda field: field.reference and field.reference.touch,
}
"""Those that functions follow by the variant that a document is of."""


def _own_fields(entity: Entity) -> Iterator[tuple[Variant, EntityField, Path]]:
    for variant in entity.variants:
        for field in variant.fields:
            yield variant, field, (*variant_path(entity, variant), field.name)


def check_fields_differ(system: System) -> Iterator[Finding]:
    """Fields of variants that are fields of all documents, or another's attribute in Python."""
    for entity in system.entities:
        shared: Path = ("entities", entity.name, "fields")
        owners: dict[str, tuple[Variant | None, str, Path]] = {
            field.attribute: (None, field.name, (*shared, field.name))
            for field in entity.shared_fields
        }
        for variant, field, path in _own_fields(entity):
            attribute = field.attribute
            owner, name, place = owners.setdefault(attribute, (variant, field.name, path))
            if owner is variant or (owner is not None and name == field.name):
                continue  # those of one object are compared by another rule
            yield Finding(
                f"{quoted(field.name)} is a field of every {entity.name} already"
                if name == field.name
                else f"{quoted(field.name)} and {quoted(name)} of {entity.name} are both "
                f"{attribute} in Python",
                path,
                Part.KEY,
                "remove one of them"
                if name == field.name
                else 'rename one of them, or give it another name in Python by "python"',
                (("the other is", place),),
            )


def check_options_agree(system: System) -> Iterator[Finding]:
    """Fields of one name in several variants that functions treat differently."""
    for entity in system.entities:
        first: dict[str, tuple[EntityField, Path]] = {}
        for _, field, path in _own_fields(entity):
            other, place = first.setdefault(field.name, (field, path))
            for option, said in _OPTIONS.items():
                if said(field) != said(other):
                    yield Finding(
                        f"the fields {quoted(field.name)} of two objects of {entity.name} differ "
                        f"in {quoted(option)}",
                        path,
                        Part.KEY,
                        "say the same of both, or rename one of them",
                        (("the other is", place),),
                    )
                    break


_WHOLE, _INT64, _ANY = "whole", "int64", "any"


def _confused(type_: Type) -> Iterator[str]:
    """What a type has that an update may take for that of another one."""
    if isinstance(type_, AnyType | JsonType):
        yield _ANY
    for part in map(bare, parts(type_)):
        if isinstance(part, IntegerType | NumberLiteralType):
            yield _WHOLE
        elif kind(part) == "int64":
            yield _INT64


def check_types_together(system: System) -> Iterator[Finding]:
    """Fields of one name in several variants whose values an update cannot tell apart."""
    for entity in system.entities:
        if not entity.is_written:
            continue
        shared = {field.name for field in entity.shared_fields}
        declared: dict[str, tuple[Type, set[str]]] = {}
        for _, field, path in _own_fields(entity):
            first, seen = declared.setdefault(field.name, (field.type, set()))
            seen.update(_confused(field.type))
            if field.name in shared or field.type == first:
                continue
            if {_WHOLE, _INT64} <= seen:
                problem = "whole numbers and int64s are both int in Python"
            elif _ANY in seen:
                problem = "json and any take in the other types"
            else:
                continue
            yield Finding(
                f"{quoted(field.name)} has another type in another object of {entity.name}, and an "
                f"update cannot tell which is meant: {problem}",
                path,
                advice="give both the same type, or rename one of them",
            )


def check_untagged(system: System) -> Iterator[Finding]:
    """Fields of variants that no tag tells apart, of which functions would have to know whose."""
    checks, json = holding_checks(system), holding_json(system)
    for entity in system.entities:
        if entity.tag is not None:
            continue
        vectors = {field.name for field in entity.untagged_vectors}
        for _, field, path in _own_fields(entity):
            option = next((name for name, said in _NEED_TAG.items() if said(field)), None)
            if option is not None:
                yield Finding(
                    f"{quoted(option)} is for fields of objects that a tag tells apart",
                    path,
                    Part.KEY,
                    'give the union a "tag", or declare the field in "fields"',
                )
            elif field.name not in vectors and checks.is_in(field):
                yield _unknown_type(field, path, "has more to it than Convex checks")
            elif json.is_in(field):
                yield _unknown_type(field, path, "is stored in a form of its own")


def _unknown_type(field: EntityField, path: Path, problem: str) -> Finding:
    return Finding(
        f"a value of {quoted(field.name)} {problem}, and no tag says whose field it is",
        path,
        advice='give the union a "tag", or the field a plain type, such as number',
    )


def check_shapes_differ(system: System) -> Iterator[Finding]:
    """Variants of the same fields, which nothing tells apart."""
    for entity in system.entities:
        seen: dict[frozenset[tuple[str, Type, bool, bool]], Variant] = {}
        for variant in entity.variants if entity.tag is None else ():
            shape = frozenset(
                (field.name, field.type, field.optional, field.nullable) for field in variant.fields
            )
            first = seen.setdefault(shape, variant)
            if first is not variant:
                yield Finding(
                    "the union has the same object twice",
                    ("entities", entity.name, "union", variant.position),
                    advice="keep one of the two",
                )


RULES = (
    Rule("colliding-name", check_fields_differ),
    Rule("variant-options", check_options_agree),
    Rule("ambiguous-union", check_types_together),
    Rule("variant-options", check_untagged),
    Rule("duplicate-union-member", check_shapes_differ),
)
