"""The types of functions that a function spec describes, which says no names of types."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, TypeAlias

from convexgen.model.functions import Function
from convexgen.model.system import System
from convexgen.model.types import (
    AnyLiteralType,
    AnyType,
    BooleanLiteralType,
    EnumType,
    Field,
    InlineObjectType,
    Int64LiteralType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    ObjectType,
    RecordType,
    Type,
    UnionType,
)

_Members: TypeAlias = frozenset[int]
"""The validators of which a type is the union, each by its number."""


def name_types(system: System, described: AbstractSet[str]) -> System:
    """The system in which these functions take and return its enums and objects.

    An object of a function is the named one that has the same validator, and so are literals: what
    was read of a document is what a function takes. One that says more than its validator, such as
    `timestamp`, `json` or a maximum, is not: the function may have other values, and reads them in
    another form. The first of several counts.
    """
    if not described:
        return system
    namer = _Namer(system)
    functions = (
        namer.function(function) if function.path in described else function
        for function in system.functions
    )
    return replace(system, functions=tuple(functions))


class _Namer:
    """Names what the system has names for."""

    def __init__(self, system: System) -> None:
        self._validators = _Validators(system)
        self._named: dict[_Members, EnumType | ObjectType] = {}
        for enum in system.enums:
            # One literal is the tag of an object, and no enum.
            if len(enum.values) > 1 and not enum.is_open:
                self._add(EnumType(enum.name))
        for shape in system.objects:
            if shape.fields:
                self._add(ObjectType(shape.name))

    def _add(self, type_: EnumType | ObjectType) -> None:
        self._named.setdefault(self._validators.members(type_), type_)

    def function(self, function: Function) -> Function:
        return replace(
            function,
            arguments=tuple(map(self._field, function.arguments)),
            input=None if function.input is None else self._field(function.input),
            result=self._field(function.result),
        )

    def _field(self, field: Field) -> Field:
        return replace(field, type=self._type(field.type))

    def _type(self, type_: Type) -> Type:
        match type_:
            case LiteralType():
                return self._name_of(type_)
            case InlineObjectType(fields):
                named = self._name_of(type_)
                if named is not type_:
                    return named
                return replace(type_, fields=tuple(map(self._field, fields)))
            case ListType(element):
                return replace(type_, element=self._type(element))
            case RecordType(key, value):
                return replace(type_, key=self._type(key), value=self._type(value))
            case UnionType(members):
                return replace(type_, members=tuple(map(self._type, members)))
            case _:
                return type_

    def _name_of(self, type_: LiteralType | InlineObjectType) -> Type:
        return self._named.get(self._validators.members(type_), type_)


class _Validators:
    """The validators of types, the same ones under the same numbers."""

    def __init__(self, system: System) -> None:
        self._numbers: dict[Any, int] = {}
        self._enums = {enum.name: enum for enum in system.enums}
        self._objects: dict[str, _Members] = {}
        # None refers to a later one.
        for shape in system.objects:
            self._objects[shape.name] = self._object(shape.fields)

    def members(self, type_: Type) -> _Members:
        """The validator of a type, without names; what says more has one of its own."""
        match type_:
            case EnumType() | ObjectType():
                return self._named(type_)
            case InlineObjectType(fields):
                return self._object(fields)
            case ListType(element):
                return self._of("list", self.members(element))
            case RecordType(key, value):
                return self._of("record", self.members(key), self.members(value))
            case UnionType(members):
                return self._union(map(self.members, members))
            case LiteralType() | BooleanLiteralType() | NumberLiteralType() | Int64LiteralType():
                return self._literals(type_)
            case AnyType():
                return self._of(AnyType())
            case _:
                return self._of(type_)

    def _named(self, type_: EnumType | ObjectType) -> _Members:
        if isinstance(type_, ObjectType):
            # One that is in itself has none, which a rule says.
            return self._objects.get(type_.name) or self._of("object", type_.name)
        enum = self._enums[type_.name]
        return self._literals(LiteralType(type_.listed or enum.values, enum.is_open))

    def _literals(self, type_: AnyLiteralType) -> _Members:
        if isinstance(type_, LiteralType) and type_.is_open:
            return self._of(type_)
        return self._union(self._of(type(type_), value) for value in type_.values)

    def _object(self, fields: Iterable[Field]) -> _Members:
        return self._of(
            "object",
            frozenset(
                (field.name, field.optional, field.constraints, self._present(field))
                for field in fields
            ),
        )

    def _present(self, field: Field) -> _Members:
        content = self.members(field.type)
        return self._union([content, self.members(NullType())]) if field.nullable else content

    def _union(self, members: Iterable[_Members]) -> _Members:
        found = frozenset[int]().union(*members)
        anything = self._of(AnyType())
        return anything if anything <= found else found

    def _of(self, *validator: object) -> _Members:
        return frozenset([self._numbers.setdefault(validator, len(self._numbers))])
