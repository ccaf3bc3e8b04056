"""The names of classes that follow from where an object is: in place, or as a variant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from convexgen.model.classes import (
    declared_classes,
    field_class,
    function_class,
    member_classes,
)
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.functions import Function
from convexgen.model.paths import Objects, field_at
from convexgen.model.shapes import ObjectShape
from convexgen.model.system import System
from convexgen.model.types import (
    ConstrainedType,
    Field,
    InlineObjectType,
    ListType,
    RecordType,
    Type,
    UnionType,
)
from convexgen.naming import snake_case
from convexgen.reserved import PYTHON_TYPES, TYPESCRIPT_TYPES

_Field = TypeVar("_Field", bound=Field)


class InnerClasses:
    """What gives the names, none of which is one that is taken.

    They follow from where the object is, and have a number where that is the name of another class.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(map(snake_case, (*PYTHON_TYPES, *TYPESCRIPT_TYPES, *taken)))

    def of_fields(self, fields: Iterable[_Field], owner: str) -> tuple[_Field, ...]:
        """The fields of a class, with the names of the classes in them."""
        return tuple(
            replace(field, type=self._named(field.type, field_class(owner, field)))
            for field in fields
        )

    def of_object(self, shape: ObjectShape) -> ObjectShape:
        """A named object, with the names of the classes in it."""
        return replace(shape, fields=self.of_fields(shape.fields, shape.name))

    def of_function(self, function: Function) -> Function:
        """A function, with the names of the classes in what it takes and returns."""
        owner = function_class(function)
        arguments = self.of_fields(function.arguments, owner)
        whole = self.of_fields(function.whole, owner)
        given = None if function.input is None else whole[0]
        return replace(function, arguments=arguments, input=given, result=whole[-1])

    def of_variants(self, entity: Entity) -> Entity:
        """An entity, with the names of its variants, which have inputs in TypeScript."""
        variants = (replace(one, name=self._free(one.name, "Input")) for one in entity.variants)
        return replace(entity, variants=tuple(variants))

    def of_entity(self, entity: Entity) -> Entity:
        """An entity, with the names of the classes in its fields."""
        return replace(
            entity,
            shared_fields=self.of_fields(entity.shared_fields, entity.name),
            variants=tuple(
                replace(one, fields=self.of_fields(one.fields, one.name)) for one in entity.variants
            ),
        )

    def _named(self, type_: Type, name: str) -> Type:
        match type_:
            case InlineObjectType(fields):
                free = self._free(name)
                return InlineObjectType(self.of_fields(fields, free), free)
            case ListType(element):
                return ListType(self._named(element, name))
            case ConstrainedType(inner):
                return replace(type_, type=self._named(inner, name))
            case RecordType(key, value):
                return RecordType(key, self._named(value, name))
            case UnionType(members):
                names = member_classes(type_, name)
                named = tuple(map(self._named, members, names))
                return replace(type_, members=named)
            case _:
                return type_

    def _free(self, name: str, *endings: str) -> str:
        """The name, with a number where it, or it with an ending, is taken."""
        number = 1
        free = name
        while not self._taken.isdisjoint(_spelled(free, *endings)):
            number += 1
            free = f"{name}{number}"
        self._taken.update(_spelled(free, *endings))
        return free


def _spelled(name: str, *endings: str) -> list[str]:
    """By snake case: what differs in capitals alone is hard to tell apart."""
    return [snake_case(f"{name}{ending}") for ending in ("", *endings)]


def with_inner_classes(system: System) -> System:
    """The system, with a class for each variant, and for each object that is declared in place."""
    declared = [replace(entity, variants=()) for entity in system.entities]
    classes = InnerClasses(declared_classes(replace(system, entities=tuple(declared))))
    entities = [classes.of_variants(entity) for entity in system.entities]
    objects = tuple(map(classes.of_object, system.objects))
    fields = {shape.name: shape.fields for shape in objects}
    return replace(
        system,
        objects=objects,
        entities=tuple(_with_inner_fields(classes.of_entity(one), fields) for one in entities),
        functions=tuple(map(classes.of_function, system.functions)),
    )


def _with_inner_fields(entity: Entity, objects: Objects) -> Entity:
    """The entity, with the classes of its fields in those of objects in it."""
    if entity.has_any_fields:
        return entity
    found = (field_at(one.name, entity, objects) for one in entity.inner_fields)
    return replace(entity, inner_fields=tuple(one for one in found if isinstance(one, EntityField)))
