"""The types a field can have, resolved: every name in them points at something that exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from convexgen.naming import python_path
from convexgen.patterns import Pattern


@dataclass(frozen=True, slots=True)
class StringType:
    """Valid Unicode text."""


@dataclass(frozen=True, slots=True)
class BooleanType:
    """True or false."""


@dataclass(frozen=True, slots=True)
class NullType:
    """The value null."""


@dataclass(frozen=True, slots=True)
class BytesType:
    """A string of bytes."""


@dataclass(frozen=True, slots=True)
class NumberType:
    """An IEEE 754 double."""


@dataclass(frozen=True, slots=True)
class IntegerType:
    """A whole number within ±2^53, held by Convex as a double."""


@dataclass(frozen=True, slots=True)
class Int64Type:
    """A whole number within ±2^63, held by Convex as an int64."""


@dataclass(frozen=True, slots=True)
class CommitTimeType(Int64Type):
    """An int64 in place of which functions may store the time of the commit, once that is known."""


@dataclass(frozen=True, slots=True)
class TimestampType:
    """A moment, held by Convex as milliseconds since the epoch, fractions being microseconds."""


@dataclass(frozen=True, slots=True)
class JsonType:
    """Any JSON value; what Convex cannot hold natively is stored in a tagged encoding."""

    definition: str | None = None
    """The definition of a JSON Schema that the value fits; None where it may be any."""


@dataclass(frozen=True, slots=True)
class AnyType:
    """Any Convex value."""

    beside: tuple[Type, ...] = ()
    """The other members of a union, all of which it takes in: the schema alone names them."""


@dataclass(frozen=True, slots=True)
class LiteralType:
    """One of some strings, declared in place; at least one, each once, in the order of the spec."""

    values: tuple[str, ...]
    is_open: bool = False
    """Whether other strings are values too, of which these are the ones that are known."""
    renamed: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """Values, each with what it was called before."""


@dataclass(frozen=True, slots=True)
class BooleanLiteralType:
    """One of some booleans, as `LiteralType` is of strings."""

    values: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class NumberLiteralType:
    """One of some finite doubles, as `LiteralType` is of strings."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Int64LiteralType:
    """One of some int64s, as `LiteralType` is of strings."""

    values: tuple[int, ...]


AnyLiteralType: TypeAlias = LiteralType | BooleanLiteralType | NumberLiteralType | Int64LiteralType


@dataclass(frozen=True, slots=True)
class EnumType:
    """A named enum of the spec."""

    name: str
    is_open: bool = field(default=False, kw_only=True)
    """See `LiteralType`."""
    listed: tuple[str, ...] = ()
    """Its values, where the field is the tag of a union and each of them tells of the object."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A named object of the spec."""

    name: str


@dataclass(frozen=True, slots=True)
class InlineObjectType:
    """An object declared in place. Objects are closed: other fields are refused."""

    fields: tuple[Field, ...]
    name: str = field(default="", compare=False)
    """What clients call its class, as soon as all names are known."""


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type."""

    element: Type


@dataclass(frozen=True, slots=True)
class ConstrainedType:
    """A type of an element, a key, a value or a member that not all of its values fit.

    A field has constraints of its own instead.
    """

    type: Type
    constraints: Constraints


@dataclass(frozen=True, slots=True)
class VectorType:
    """A list of so many doubles, which a vector index can be over."""

    dimensions: int


@dataclass(frozen=True, slots=True)
class RecordType:
    """An object whose keys are data: printable ASCII strings, document IDs, or either."""

    key: Type
    value: Type


@dataclass(frozen=True, slots=True)
class IdType:
    """The document ID (`_id`) of a document of an entity."""

    entity: str


@dataclass(frozen=True, slots=True)
class TableIdType:
    """The document ID of a document of a table that is no entity: Convex's own, or declared."""

    table: str


FunctionKind: TypeAlias = Literal["query", "mutation", "action"]


@dataclass(frozen=True, slots=True)
class FunctionHandleType:
    """A handle of a Convex function, which names it in data."""

    kind: FunctionKind | None = None
    """What it is of; None where it may be any. Convex does not check it."""


@dataclass(frozen=True, slots=True)
class RefType:
    """The key of an entity; `target` is the type of the key field."""

    entity: str
    target: Type


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A document of an entity: in the result of a function written by hand, nowhere else."""

    entity: str
    module: str
    """The one of the entity, which is called as the table unless the spec says otherwise."""


@dataclass(frozen=True, slots=True)
class InputType:
    """What is written of an entity: in arguments of functions written by hand, nowhere else."""

    entity: str
    module: str
    """See `DocumentType`."""


@dataclass(frozen=True, slots=True)
class UnionType:
    """One of two or more types; `null` is not among them, a field says it by `nullable`."""

    members: tuple[Type, ...]
    tag: str | None = None
    """The field of the members, all of them objects, whose value says which of them it is."""
    tag_attribute: str = ""
    """What Python calls that field; empty where there is no tag."""


Type: TypeAlias = (
    StringType
    | BooleanType
    | NullType
    | BytesType
    | NumberType
    | IntegerType
    | Int64Type
    | CommitTimeType
    | TimestampType
    | JsonType
    | AnyType
    | LiteralType
    | BooleanLiteralType
    | NumberLiteralType
    | Int64LiteralType
    | EnumType
    | ObjectType
    | InlineObjectType
    | ConstrainedType
    | ListType
    | VectorType
    | RecordType
    | IdType
    | TableIdType
    | FunctionHandleType
    | RefType
    | DocumentType
    | InputType
    | UnionType
)


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a value must be besides of its type; None where nothing is said."""

    min_length: int | None = None
    """In Unicode code points, as `max_length`."""
    max_length: int | None = None
    pattern: Pattern | None = None
    """Of the whole value."""
    minimum: int | float | None = None
    """A finite number. With it or `maximum`, the value is finite too."""
    maximum: int | float | None = None
    min_items: int | None = None
    max_items: int | None = None


UNCONSTRAINED = Constraints()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object: absent, null and a value are three different things."""

    name: str
    type: Type
    optional: bool = False
    nullable: bool = False
    description: str | None = None
    constraints: Constraints = UNCONSTRAINED
    deprecated: str | None = None
    """What to use instead, or empty where that is not said; None where it is not deprecated."""
    sensitive: bool = False
    """The value is kept out of representations and texts."""
    python: str | None = None
    """What Python calls it; None where that follows from the name."""
    renamed_from: str | None = field(default=None, compare=False)
    """What it was called before, where the spec says so."""

    @property
    def types(self) -> tuple[Type, ...]:
        """The types that its values may be of, each as it is declared."""
        return (self.type,)

    @property
    def attribute(self) -> str:
        """What Python calls it; of a path, the attributes on the way."""
        return self.python or python_path(self.name)
