"""The fields of an entity."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum

from convexgen.model.access import Policy
from convexgen.model.types import Field, Type


class Setter(StrEnum):
    """When, and to what, the backend sets a field by itself."""

    ON_CREATE = "on create"
    """To the time of the creation, unless the caller gives it then; kept ever after."""
    ON_CREATE_UNLESS_GIVEN = "on create, unless given"
    """As `ON_CREATE`, but what a later write gives is stored."""
    ON_WRITE = "on write"
    """To the time of every write: a caller cannot give it."""
    ON_WRITE_UNLESS_GIVEN = "on write, unless given"
    """To the time of every write that does not give it."""
    REVISION = "revision"
    """To the number of writes: a caller cannot give it."""

    @property
    def is_always_given(self) -> bool:
        """Whether any write may give it, and is obeyed."""
        return self in (Setter.ON_CREATE_UNLESS_GIVEN, Setter.ON_WRITE_UNLESS_GIVEN)

    @property
    def is_never_given(self) -> bool:
        """Whether no caller gives it."""
        return self in (Setter.ON_WRITE, Setter.REVISION)

    @property
    def is_set_once(self) -> bool:
        """Whether writes after the creation leave what is there."""
        return self in (Setter.ON_CREATE, Setter.ON_CREATE_UNLESS_GIVEN)


class Merge(StrEnum):
    """What an update does to the value that is there."""

    REPLACE = "replace"
    SHALLOW = "shallow"
    DEEP = "deep"


class OnDelete(StrEnum):
    """What becomes of an entity when one that it refers to is deleted."""

    CASCADE = "cascade"
    """It is deleted too."""
    RESTRICT = "restrict"
    """It stays, and so does the one referred to: the deletion is refused."""
    SET_NULL = "setNull"
    """It refers to nothing any more."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What fields do besides holding the key of an entity, or its document ID."""

    entity: str
    on_delete: OnDelete | None
    is_checked: bool
    """Whether a write is refused where the entity referred to is not there."""
    touch: str | None
    """The timestamp of the entity referred to that each write of this one sets."""
    is_by_id: bool = False
    """Whether it holds a document ID."""


@dataclass(frozen=True, slots=True)
class Link:
    """The fields by which an entity refers to another, in the order of the key of that."""

    fields: tuple[str, ...]
    reference: Reference
    name: str | None = None
    """That of a reference by several fields."""


@dataclass(frozen=True, slots=True)
class Default:
    """The value that is stored where a write of the whole entity gives none."""

    value: object
    """Plain data that fits the type of the field; null is None."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The place whose value each write puts into a field."""

    field: str
    """A field of the entity."""
    path: tuple[str, ...] = ()
    """The names that lead further, into the value of the field."""


@dataclass(frozen=True, slots=True)
class EntityField(Field):
    """A field of an entity."""

    setter: Setter | None = None
    merge: Merge = Merge.REPLACE
    merge_within: tuple[tuple[tuple[str, ...], Merge], ...] = ()
    """What it does to what is at paths in the value; what lies deeper than none follows above."""
    reference: Reference | None = None
    default: Default | None = None
    immutable: bool = False
    """No update has it, and a save of another value is a conflict."""
    large: bool = False
    """The value, which is JSON, may be larger than a document."""
    rows: bool = False
    """The entries of the record are documents of a table of their own."""
    derived: Derivation | None = None
    """No caller gives it: each write sets it."""
    kept: bool = False
    """A save that does not give it leaves what is there."""
    absent_last: bool = False
    """Indexes have documents without it after all others; Convex has them before."""
    access: Policy | None = None
    """Which users may see and write it; None where all may who may do so with the document."""
    merged: tuple[Type, ...] = dataclass_field(default=(), compare=False)
    """The types that it is the union of, where several objects have it: see `merge_fields`."""

    @property
    def types(self) -> tuple[Type, ...]:
        """The types that its values may be of, each as it is declared."""
        return self.merged or (self.type,)

    @property
    def index_column(self) -> str:
        """The column that indexes have for it, whose values are never absent where they matter."""
        return f"{self.name}OrLast" if self.absent_last else self.name

    @property
    def is_read_only(self) -> bool:
        """Whether no caller gives it, ever."""
        is_set = self.setter is not None and self.setter.is_never_given
        return is_set or self.derived is not None

    @property
    def is_changeable(self) -> bool:
        """Whether an update may name it, where it is neither of the key nor a tag."""
        is_set = self.setter is not None and not self.setter.is_always_given
        return not (is_set or self.immutable or self.derived is not None)
