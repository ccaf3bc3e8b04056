"""What a condition may say of a field, by its type."""

from __future__ import annotations

from enum import Enum, auto

from convexgen.model.fields import EntityField
from convexgen.model.kinds import kind
from convexgen.model.traversal import bare
from convexgen.model.types import (
    AnyType,
    DocumentType,
    EnumType,
    InlineObjectType,
    InputType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    ObjectType,
    RecordType,
    StringType,
    Type,
    UnionType,
    VectorType,
)

_NO_VALUES = (
    AnyType,
    DocumentType,
    InlineObjectType,
    InputType,
    JsonType,
    ListType,
    ObjectType,
    RecordType,
    VectorType,
)


class Comparison(Enum):
    """The conditions that a field takes, besides that it is absent or null."""

    EQUAL = auto()
    """One of some values."""
    ORDERED = auto()
    """The same, or within bounds."""
    TEXT = auto()
    """The same, or text that contains other text."""
    LIST = auto()
    """One of some lists, or one that contains elements."""
    JSON = auto()
    """Any of these, of what is at a path."""


def comparison_of(field: EntityField) -> Comparison | None:
    """The conditions that a field takes; None where there are none."""
    type_ = bare(field.type)
    match type_:
        case JsonType():
            return Comparison.JSON
        case ListType(element):
            return Comparison.LIST if _are_plain(element) else None
        case _ if not _are_plain(type_):
            return None
        case _:
            members = _members(type_)
            if any(map(_is_text, members)):
                return Comparison.TEXT
            kinds = {kind(one) for one in members}
            is_ordered = kinds & {"string", "number", "int64"}
            return Comparison.ORDERED if is_ordered else Comparison.EQUAL


def _is_text(type_: Type) -> bool:
    """Whether a value may be any text, as opposed to some texts and to identifiers."""
    match type_:
        case LiteralType(_, is_open) | EnumType(is_open=is_open):
            return is_open
        case _:
            return isinstance(type_, StringType)


def _are_plain(type_: Type) -> bool:
    """Whether the values of a type are no lists, objects or JSON."""
    return not any(isinstance(one, _NO_VALUES) for one in _members(bare(type_)))


def _members(type_: Type) -> tuple[Type, ...]:
    if not isinstance(type_, UnionType):
        return () if isinstance(type_, NullType) else (type_,)
    return tuple(one for member in type_.members for one in _members(bare(member)))
