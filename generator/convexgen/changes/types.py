"""How types, and objects of fields, change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from convexgen.changes.change import TYPES_ONLY, Change, Place, Use
from convexgen.changes.describing import type_text
from convexgen.changes.fitting import Fitting, may_be_null
from convexgen.changes.pairs import pairs
from convexgen.diagnostics.display import quoted
from convexgen.model.fields import EntityField
from convexgen.model.tags import object_fields, tag_values
from convexgen.model.traversal import bare
from convexgen.model.types import (
    UNCONSTRAINED,
    AnyType,
    BooleanLiteralType,
    BooleanType,
    ConstrainedType,
    Constraints,
    EnumType,
    Field,
    InlineObjectType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    ObjectType,
    RecordType,
    StringType,
    Type,
    UnionType,
)
from convexgen.source.nodes import Path

_Text = LiteralType | EnumType
_Object = ObjectType | InlineObjectType
_KINDS_OF_MEMBERS = (
    LiteralType | EnumType,
    ObjectType | InlineObjectType,
    ListType,
    RecordType,
    NumberLiteralType,
    Int64LiteralType,
    BooleanLiteralType,
)
"""Of types that may be the same one, changed."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A field, and where it stands."""

    field: Field
    path: Path


Shape = Mapping[str, Placed]
"""The fields of an object, by their names."""


def shape_of(fields: Iterable[Field], path: Path) -> Shape:
    """Fields that stand in one mapping."""
    return {field.name: Placed(field, (*path, field.name)) for field in fields}


class TypeChanges:
    """How the types of an old version are not those of a new one."""

    def __init__(self, fitting: Fitting) -> None:
        self.fitting = fitting
        self._back = fitting.reversed()
        self._known: dict[tuple[str, str, Use], Sequence[Change]] = {}
        """Of named objects, which many fields may have."""

    # Objects

    def shapes(self, old: Shape, new: Shape, at: Place, use: Use, owner: str) -> Iterator[Change]:
        """How the fields of an object change; `at` is where they stand."""
        found = pairs(old, new, lambda one: one.field.renamed_from)
        for one in found.removed:
            yield self._removed(one, found.added, at, use, owner)
        for one in found.added:
            yield self._added(one, at, use, owner)
        for earlier, later in found.both:
            place = Place(earlier.path, later.path)
            if earlier.field.name != later.field.name:
                message = (
                    f"{owner}.{earlier.field.name} is called {owner}.{later.field.name}: documents "
                    "that are there have the old name"
                    if use.stored
                    else f"{owner}.{earlier.field.name} is called {owner}.{later.field.name}"
                )
                breaks = use.breaks(narrows=True, widens=True)
                yield place.change("field-renamed", message, breaks)
            yield from self.field(earlier.field, later.field, place, use, owner)

    def _removed(
        self, one: Placed, added: Sequence[Placed], at: Place, use: Use, owner: str
    ) -> Change:
        field = one.field
        use = _of_callers(field, use)
        breaks = use.breaks(narrows=True, widens=not field.optional) or TYPES_ONLY
        alike = [new.field.name for new in added if self._may_be(field, new.field)]
        place = Place(one.path, (*at.after, field.name))
        message = f"{owner}.{field.name} is gone"
        return place.change("field-removed", message, breaks, advice=renamed_to(alike, field.name))

    def _may_be(self, old: Field, new: Field) -> bool:
        """Whether a field that is gone may be one that is new, by what it holds."""
        return (
            self.fitting.takes_field(replace(old, optional=False), replace(new, optional=False))
            and bare(old.type) != AnyType()
        )

    def _added(self, one: Placed, at: Place, use: Use, owner: str) -> Change:
        place = Place((*at.before, one.field.name), one.path)
        name = f"{owner}.{one.field.name}"
        if one.field.optional:
            return place.change("field-added", f"{name} is new, and may be absent")
        use = use.unless_left_out(may_be_left_out=_may_be_left_out(one.field))
        return place.change(
            "required-field-added",
            f"{name} is new, and always there",
            use.breaks(narrows=True),
        )

    # Fields

    def field(self, old: Field, new: Field, at: Place, use: Use, owner: str) -> Iterator[Change]:
        """How a field changes, its options of entities aside."""
        name = f"{owner}.{new.name}"
        use = _of_callers(old, use)
        if old.optional != new.optional:
            if new.optional:
                breaks = use.breaks(widens=True) or TYPES_ONLY
                yield at.change("field-optional", f"{name} may be absent", breaks)
            else:
                given = use.unless_left_out(may_be_left_out=_may_be_left_out(new))
                breaks = given.breaks(narrows=True)
                yield at.change("field-required", f"{name} is always there", breaks or TYPES_ONLY)
        if may_be_null(old) != may_be_null(new):
            if may_be_null(new):
                breaks = use.breaks(widens=True) or TYPES_ONLY
                yield at.change("null-added", f"{name} may be null", breaks)
            else:
                breaks = use.breaks(narrows=True) or TYPES_ONLY
                yield at.change("null-removed", f"{name} is never null", breaks)
        if old.name == new.name and old.attribute != new.attribute:
            message = f"{name} is {new.attribute} in Python, and was {old.attribute}"
            yield at.change("name-changed", message, TYPES_ONLY)
        yield from _constraints(old.constraints, new.constraints, at, use, name)
        changes = tuple(self.type(old.type, new.type, at, use, name))
        yield from changes
        is_told = any(one.breaks_stored_data for one in changes)
        if use.stored and not is_told and not self.fitting.takes(old.type, new.type):
            yield self._changed(old.type, new.type, at, use, name)

    # Types

    def type(self, old: Type, new: Type, at: Place, use: Use, name: str) -> Iterator[Change]:
        """How a type changes."""
        yield from _constraints(_constraints_of(old), _constraints_of(new), at, use, name)
        earlier, later = bare(old), bare(new)
        match earlier, later:
            case ((LiteralType() | EnumType()), (LiteralType() | EnumType())):
                yield from self._enum(earlier, later, at, use, name)
            case ((ObjectType() | InlineObjectType()), (ObjectType() | InlineObjectType())):
                yield from self._object(earlier, later, at, use, name)
            case ListType(one), ListType(other):
                yield from self.type(one, other, at.inside("list"), use, f"{name}[]")
            case RecordType(key, value), RecordType(other_key, other_value):
                inner = at.inside("record")
                yield from self.type(key, other_key, inner.inside("keys"), use, f"{name}.keys()")
                values = inner.inside("values")
                yield from self.type(value, other_value, values, use, f"{name}{{}}")
            case UnionType(tag=str() as tag), UnionType(tag=other_tag) if tag == other_tag:
                yield from self._tagged(earlier, later, tag, at, use, name)
            case UnionType(tag=None), UnionType(tag=None):
                yield from self._untagged(earlier, later, at, use, name)
            case _:
                yield from self._other(earlier, later, at, use, name)

    def _other(self, old: Type, new: Type, at: Place, use: Use, name: str) -> Iterator[Change]:
        forth, back = self.fitting.takes(old, new), self._back.takes(new, old)
        if not forth:
            yield self._changed(old, new, at, use, name)
        elif not back:
            yield self._widened(old, new, at, use, name, is_read=_is_of_literals(old, new))

    def _changed(self, old: Type, new: Type, at: Place, use: Use, name: str) -> Change:
        message = f"{name} is {type_text(new)}, and was {type_text(old)}"
        widens = not self._back.takes(new, old)
        breaks = use.breaks(narrows=True, widens=widens) or TYPES_ONLY
        return at.change("type-changed", message, breaks)

    def _widened(
        self, old: Type, new: Type, at: Place, use: Use, name: str, *, is_read: bool
    ) -> Change:
        """`is_read` is whether clients read values of it that they do not know."""
        message = f"{name} is {type_text(new)}, and was {type_text(old)}"
        breaks = (not is_read and use.breaks(widens=True)) or TYPES_ONLY
        return at.change("type-widened", message, breaks)

    def _untagged(
        self, old: UnionType, new: UnionType, at: Place, use: Use, name: str
    ) -> Iterator[Change]:
        """How members change that are in both, and whether the others make a difference."""
        both = [
            (one, other)
            for one, other in _same_members(old.members, new.members)
            if self._tells(one, other, old, new)
        ]
        for one, other in both:
            yield from self.type(one, other, at.inside("union"), use, name)
        gone = set(old.members) - {one for one, _ in both}
        come = set(new.members) - {other for _, other in both}
        if not all(self.fitting.takes(one, new) for one in gone):
            yield self._changed(old, new, at, use, name)
        elif not all(self._back.takes(one, old) for one in come):
            # A union of one type and null is none to clients: it is that type, which may be null.
            known = [one for one in old.members if one != NullType()]
            is_read = NullType() not in come and (
                len(known) > 1 or all(_is_of_literals(known[0], one) for one in come)
            )
            yield self._widened(old, new, at, use, name, is_read=is_read)

    def _tells(self, one: Type, other: Type, old: UnionType, new: UnionType) -> bool:
        """Whether a change of a member is one of the union: no other member has its values."""
        return (self.fitting.takes(one, other) or not self.fitting.takes(one, new)) and (
            self._back.takes(other, one) or not self._back.takes(other, old)
        )

    def _enum(self, old: _Text, new: _Text, at: Place, use: Use, name: str) -> Iterator[Change]:
        if _name_of(old) != _name_of(new):
            yield at.change(
                "name-changed", f"{name} is {type_text(new)}, and was {type_text(old)}", TYPES_ONLY
            )
        if isinstance(old, EnumType) and isinstance(new, EnumType):
            # Said once of the enum, for whoever uses it.
            at, name = Place(("enums", old.name), ("enums", new.name)), new.name
        listed = Place((*at.before, _values_key(old)), (*at.after, _values_key(new)))
        earlier, later = self._values(old, before=True), self._values(new, before=False)
        narrows = use.breaks(narrows=True) or TYPES_ONLY
        if old.is_open != new.is_open:
            if new.is_open:
                yield at.change("enum-opened", f"{name} takes other values, too", TYPES_ONLY)
            else:
                yield at.change("enum-closed", f"{name} takes the values listed alone", narrows)
        renamed = {
            one: was
            for one, was in self._renamed(new).items()
            if one in later and was in earlier and one not in earlier and was not in later
        }
        for one, was in renamed.items():
            message = f"{name}: the value {quoted(was)} is {quoted(one)}"
            breaks = TYPES_ONLY if old.is_open and new.is_open else narrows
            place = _values_at(listed, earlier.index(was), later.index(one))
            yield place.change("enum-value-renamed", message, breaks, name=one)
        added = [one for one in later if one not in earlier and one not in renamed]
        removed = [one for one in earlier if one not in later and one not in renamed.values()]
        for one in added:
            message = f"{name} has the value {quoted(one)}"
            place = _values_at(listed, None, later.index(one))
            yield place.change("enum-value-added", message, TYPES_ONLY, name=one)
        asked = _renamed_value(removed, added)
        for one in removed:
            message = f"{name} has no value {quoted(one)}"
            breaks = TYPES_ONLY if new.is_open else narrows
            place = _values_at(listed, earlier.index(one), None)
            yield place.change("enum-value-removed", message, breaks, name=one, advice=asked)

    def _values(self, type_: _Text, *, before: bool) -> tuple[str, ...]:
        if isinstance(type_, LiteralType):
            return type_.values
        system = self.fitting.before if before else self.fitting.after
        return next(enum.values for enum in system.enums if enum.name == type_.name)

    def _renamed(self, type_: _Text) -> Mapping[str, str]:
        if isinstance(type_, LiteralType):
            return dict(type_.renamed)
        enums = self.fitting.after.enums
        return dict(next(enum.renamed for enum in enums if enum.name == type_.name))

    def _object(
        self, old: _Object, new: _Object, at: Place, use: Use, name: str
    ) -> Iterator[Change]:
        if _name_of(old) != _name_of(new):
            yield at.change(
                "name-changed", f"{name} is {type_text(new)}, and was {type_text(old)}", TYPES_ONLY
            )
        if isinstance(old, ObjectType) and isinstance(new, ObjectType):
            yield from self.named_objects(old.name, new.name, use)
            return
        before = ("objects", old.name) if isinstance(old, ObjectType) else (*at.before, "object")
        after = ("objects", new.name) if isinstance(new, ObjectType) else (*at.after, "object")
        place = Place(before, after)
        earlier = shape_of(object_fields(old, self.fitting.before) or (), before)
        later = shape_of(object_fields(new, self.fitting.after) or (), after)
        yield from self.shapes(earlier, later, place, use, name)

    def named_objects(self, old: str, new: str, use: Use) -> Sequence[Change]:
        """How a named object changes, wherever it is used so."""
        key = (old, new, use)
        if key not in self._known:
            place = Place(("objects", old), ("objects", new))
            earlier = shape_of(
                object_fields(ObjectType(old), self.fitting.before) or (), place.before
            )
            later = shape_of(object_fields(ObjectType(new), self.fitting.after) or (), place.after)
            self._known[key] = tuple(self.shapes(earlier, later, place, use, new))
        return self._known[key]

    def _tagged(
        self, old: UnionType, new: UnionType, tag: str, at: Place, use: Use, name: str
    ) -> Iterator[Change]:
        inner = at.inside("union")
        system = self.fitting.before
        waiting = {member: tag_values(member, tag, system) for member in old.members}
        for member in new.members:
            values = tag_values(member, tag, self.fitting.after)
            earlier = next((one for one in waiting if set(waiting[one]) & set(values)), None)
            if earlier is None:
                message = f"{name} may have {tag} {_listed(values)}"
                yield inner.change("variant-added", message, TYPES_ONLY, name=values[0])
                continue
            waiting.pop(earlier)
            yield from self.type(earlier, member, inner, use, f"{name} ({tag} {_listed(values)})")
        for values in waiting.values():
            message = f"{name} never has {tag} {_listed(values)}"
            breaks = use.breaks(narrows=True) or TYPES_ONLY
            yield inner.change("variant-removed", message, breaks, name=values[0])


def _same_members(old: Iterable[Type], new: Iterable[Type]) -> Iterator[tuple[Type, Type]]:
    """The members that two unions have both: by their names, else the only ones of their kind."""
    earlier, later = list(old), list(new)
    for one in tuple(earlier):
        if one in later:
            yield one, one
            earlier.remove(one)
            later.remove(one)
    for kind in _KINDS_OF_MEMBERS:
        ones = [one for one in earlier if isinstance(bare(one), kind)]
        others = [one for one in later if isinstance(bare(one), kind)]
        if len(ones) == len(others) == 1:
            yield ones[0], others[0]


def _is_of_literals(old: Type, new: Type) -> bool:
    """Whether literals became others of their kind, or all that there are."""
    match bare(old), bare(new):
        case (
            (LiteralType() | EnumType(), StringType())
            | (NumberLiteralType(), NumberLiteralType() | IntegerType() | NumberType())
            | (Int64LiteralType(), Int64LiteralType() | Int64Type())
            | (BooleanLiteralType(), BooleanLiteralType() | BooleanType())
        ):
            return True
        case _:
            return False


def renamed_to(candidates: Sequence[str], old: str) -> str | None:
    """What asks whether something is gone, or called otherwise."""
    if len(candidates) != 1:
        return None
    return f"if it is what {quoted(candidates[0])} is, write renamedFrom: {old} there"


def _renamed_value(removed: Sequence[str], added: Sequence[str]) -> str | None:
    if len(removed) != 1 or len(added) != 1:
        return None
    return f"if it is what {quoted(added[0])} is, write renamedValues: {{new: old}} for these two"


def _values_key(type_: _Text) -> str:
    return "values" if isinstance(type_, EnumType) else "enum"


def _values_at(listed: Place, before: int | None, after: int | None) -> Place:
    """Where a value stands in the lists of both versions, or these where it is in none."""
    return Place(
        listed.before if before is None else (*listed.before, before),
        listed.after if after is None else (*listed.after, after),
    )


def _listed(values: Sequence[str]) -> str:
    return " or ".join(map(quoted, values))


def _name_of(type_: _Text | _Object) -> str | None:
    return type_.name if isinstance(type_, EnumType | ObjectType) else None


def _of_callers(field: Field, use: Use) -> Use:
    """What is done with the values of a field: no caller gives some."""
    is_read_only = isinstance(field, EntityField) and field.is_read_only
    return replace(use, given=False) if is_read_only else use


def _may_be_left_out(field: Field) -> bool:
    """Whether a write need not give a field."""
    if not isinstance(field, EntityField):
        return field.optional
    return (
        field.optional
        or field.default is not None
        or field.setter is not None
        or field.derived is not None
    )


def _constraints_of(type_: Type) -> Constraints:
    return type_.constraints if isinstance(type_, ConstrainedType) else UNCONSTRAINED


_LOW = ("min_length", "minimum", "min_items")
_HIGH = ("max_length", "maximum", "max_items")


def _constraints(
    old: Constraints, new: Constraints, at: Place, use: Use, name: str
) -> Iterator[Change]:
    if old == new:
        return
    if _is_within(old, new):
        yield at.change("constraint-loosened", f"{name} takes values that it refused before")
    else:
        breaks = replace(use, stored=False).breaks(narrows=True)
        message = f"{name} refuses values that it took before"
        yield at.change("constraint-tightened", message, breaks)


def _is_within(old: Constraints, new: Constraints) -> bool:
    """Whether what the old constraints take, the new ones do."""
    if new.pattern not in (None, old.pattern):
        return False
    for bounds, sign in ((_LOW, 1), (_HIGH, -1)):
        for bound in bounds:
            was, is_ = getattr(old, bound), getattr(new, bound)
            if is_ is not None and (was is None or sign * was < sign * is_):
                return False
    bounded = old.minimum is not None or old.maximum is not None
    return bounded or (new.minimum is None and new.maximum is None)
