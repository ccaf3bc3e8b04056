"""What the options of a field say about its values: constraints and defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.guards import is_list, is_mapping
from convexgen.model.fields import Default
from convexgen.model.traversal import bare
from convexgen.model.types import (
    UNCONSTRAINED,
    BooleanLiteralType,
    BooleanType,
    ConstrainedType,
    Constraints,
    EnumType,
    Int64LiteralType,
    Int64Type,
    IntegerType,
    JsonType,
    ListType,
    LiteralType,
    NullType,
    NumberLiteralType,
    NumberType,
    RecordType,
    RefType,
    StringType,
    Type,
    UnionType,
    VectorType,
)
from convexgen.pattern_matching import Steps, TooManySteps, matches
from convexgen.patterns import Pattern, PatternError, read_pattern
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.surface.entities import EntityFieldSpec, EntitySpec
from convexgen.spec.surface.spec import Spec
from convexgen.spec.surface.types import FieldSpec, TypeSpec

_SAFE_INTEGER = 2**53
_INT64 = 2**63

_TEXTS = (StringType,)
_NUMBERS = (NumberType, IntegerType, Int64Type)
_COLLECTIONS = (ListType, RecordType)
_OPTIONS: dict[str, tuple[str, tuple[type[Type], ...], str]] = {
    "minLength": ("min_length", _TEXTS, "strings"),
    "maxLength": ("max_length", _TEXTS, "strings"),
    "pattern": ("pattern", _TEXTS, "strings"),
    "min": ("minimum", _NUMBERS, "number, integer and int64"),
    "max": ("maximum", _NUMBERS, "number, integer and int64"),
    "minItems": ("min_items", _COLLECTIONS, "lists and records"),
    "maxItems": ("max_items", _COLLECTIONS, "lists and records"),
}
# `check_valid_field_name` in crates/convex/sync_types/src/identifier.rs of the Convex backend.
_MOST_STEPS = 1_000_000
"""For the patterns of all defaults of a spec: a second, and more than any needs that is meant."""
_RECORD_KEY = re.compile(r"[ -#%-~][ -~]{0,1023}")
_PAIRS = (("minLength", "maxLength"), ("min", "max"), ("minItems", "maxItems"))


@dataclass(frozen=True, slots=True)
class ResolvedField:
    """A type as a field has it."""

    type: Type
    optional: bool = False
    nullable: bool = False
    constraints: Constraints = UNCONSTRAINED


def resolve_constraints(spec: TypeSpec, type_: Type, path: Path, report: Report) -> Constraints:
    """The constraints of a type; none where there is a problem, which is reported."""
    target = type_.target if isinstance(type_, RefType) else type_
    given = {
        option: getattr(spec, attribute)
        for option, (attribute, _, _) in _OPTIONS.items()
        if getattr(spec, attribute) is not None
    }
    if not given:
        return UNCONSTRAINED
    found = len(report.diagnostics)
    for option in given:
        _, types, words = _OPTIONS[option]
        if not isinstance(target, types):
            report.error(
                "constraint-needs-type",
                f"{quoted(option)} is for {words} only",
                (*path, option),
                part=Part.KEY,
                advice=f"remove {quoted(option)}, or change the type",
            )
    _check_bounds(given, target, path, report)
    if len(report.diagnostics) > found:
        return UNCONSTRAINED
    for low, high in _PAIRS:
        if low in given and high in given and given[low] > given[high]:
            report.error(
                "empty-range",
                f"no value fits: {quoted(low)} is {given[low]}, {quoted(high)} {given[high]}",
                (*path, high),
                advice=f"make {quoted(high)} at least {given[low]}",
            )
    return Constraints(
        spec.min_length,
        spec.max_length,
        _pattern(spec, path, report),
        spec.minimum,
        spec.maximum,
        spec.min_items,
        spec.max_items,
    )


def _check_bounds(given: dict[str, object], type_: Type, path: Path, report: Report) -> None:
    for option in ("min", "max"):
        bound = given.get(option)
        if not isinstance(bound, int | float) or not isinstance(type_, _NUMBERS):
            continue
        if isinstance(bound, float) and not math.isfinite(bound):
            problem = "a bound is a finite number"
        elif not isinstance(type_, NumberType) and isinstance(bound, float):
            problem = "a bound of whole numbers is a whole number"
        elif not _is_within(bound, type_):
            problem = "the bound lies outside the type"
        else:
            continue
        report.error("constraint-value", problem, (*path, option), advice="change it, or remove it")


def _is_within(number: float, type_: Type) -> bool:
    if isinstance(type_, Int64Type):
        return -_INT64 <= number < _INT64
    return isinstance(number, float) or -_SAFE_INTEGER <= number <= _SAFE_INTEGER


def _pattern(spec: TypeSpec, path: Path, report: Report) -> Pattern | None:
    if spec.pattern is None:
        return None
    try:
        return read_pattern(spec.pattern)
    except PatternError as error:
        report.word_error(
            "pattern-dialect",
            error.message,
            (*path, "pattern"),
            offset=error.offset,
            length=error.length,
            advice=error.advice,
        )
        return None


def deprecation(spec: FieldSpec | EntitySpec) -> str | None:
    """What to use instead, or empty where that is not said; None where it is not deprecated."""
    if isinstance(spec.deprecated, str):
        return spec.deprecated
    return "" if spec.deprecated is True else None


class DefaultResolver:
    """Fits defaults to the types of their fields."""

    def __init__(self, spec: Spec, report: Report) -> None:
        self._enums = {name: enum.values for name, enum in spec.enums.items()}
        self._steps = Steps(_MOST_STEPS)
        self._report = report

    def resolve(self, spec: EntityFieldSpec, field: ResolvedField, path: Path) -> Default | None:
        """The default of a field, if it has one that fits."""
        if "default" not in spec.model_fields_set or path in self._report.unresolved:
            return None
        place = (*path, "default")
        try:
            return self._resolve(spec, field, place)
        except TooManySteps:
            return self._refused(
                "whether the pattern matches the default takes too long to tell",
                place,
                "shorten the default, or repeat nothing that repeats something itself",
            )

    def _resolve(self, spec: EntityFieldSpec, field: ResolvedField, place: Path) -> Default | None:
        if spec.default is None:
            if field.nullable or field.type in (NullType(), JsonType()):
                return Default(None)
            return self._refused(
                "null is not a value of the field", place, "add | null to its type"
            )
        if not self._fits(spec.default, field.type):
            if isinstance(spec.default, str) and _is_open_enum(field.type):
                return self._refused(
                    "the default is none of the values that the enum lists", place, "list it there"
                )
            return self._refused(
                "the default is not a value of the type",
                place,
                _defaults_of(field.type, spec.default),
            )
        if not _satisfies(spec.default, field.constraints, self._steps):
            return self._refused(
                "the default breaks a constraint of its field", place, "change one"
            )
        return Default(_as(spec.default, field.type))

    def _refused(self, problem: str, path: Path, advice: str) -> Default | None:
        self._report.error("default-value", problem, path, advice=advice)
        return None

    def _fits(self, value: object, type_: Type) -> bool:
        match type_:
            case StringType():
                return isinstance(value, str)
            case BooleanType():
                return isinstance(value, bool)
            case NullType():
                return value is None
            case NumberType():
                return _is_number(value)
            case IntegerType() | Int64Type():
                return isinstance(value, int) and _is_number(value) and _is_within(value, type_)
            case LiteralType(values):
                return value in values
            case BooleanLiteralType(constants):
                return isinstance(value, bool) and value in constants
            case NumberLiteralType(constants):
                return _is_number(value) and value in constants
            case Int64LiteralType(constants):
                return isinstance(value, int) and _is_number(value) and value in constants
            case EnumType(name):
                return value in self._enums[name]
            case JsonType(None):
                return _is_json(value)
            case _:
                return self._fits_parts(value, type_)

    def _fits_parts(self, value: object, type_: Type) -> bool:
        """Whether a value is of a type that is made of others."""
        match type_:
            case RefType(_, target):
                return self._fits(value, target)
            case ConstrainedType(inner, constraints):
                return self._fits(value, inner) and _satisfies(value, constraints, self._steps)
            case ListType(element):
                return is_list(value) and all(self._fits(one, element) for one in value)
            case VectorType(dimensions):
                return is_list(value) and len(value) == dimensions and all(map(_is_number, value))
            case RecordType(key, inner):
                # Nobody can know a document ID beforehand.
                return is_mapping(value) and all(
                    _RECORD_KEY.fullmatch(name) and self._fits(name, key) and self._fits(one, inner)
                    for name, one in value.items()
                )
            case UnionType(members):
                return any(self._fits(value, member) for member in members)
            case _:
                return False


def _defaults_of(type_: Type, default: object) -> str:
    """What may be the default of a type, where this is none."""
    if isinstance(type_, RecordType) and is_mapping(default):
        return "keys of records are printable ASCII, and start with no $"
    if isinstance(type_, Int64Type) and isinstance(default, str):
        return "write the number alone, such as 0"
    return (
        "there are defaults of strings, numbers, booleans, enums and json, and of "
        "lists and records of them"
    )


def _is_open_enum(type_: Type) -> bool:
    target = bare(type_)
    return isinstance(target, EnumType | LiteralType) and target.is_open


def _as(value: object, declared: Type) -> object:
    """Whole numbers stand for doubles as well."""
    type_ = bare(declared)
    if isinstance(type_, NumberType) and isinstance(value, int):
        return float(value)
    if isinstance(type_, ListType) and is_list(value):
        return [_as(one, type_.element) for one in value]
    if isinstance(type_, VectorType) and is_list(value):
        return [_as(one, NumberType()) for one in value]
    if isinstance(type_, RecordType) and is_mapping(value):
        return {key: _as(one, type_.value) for key, one in value.items()}
    return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _is_json(value: object) -> bool:
    if is_mapping(value):
        return _all_json(value.values())
    if is_list(value):
        return _all_json(value)
    return not isinstance(value, float) or math.isfinite(value)


def _all_json(values: Iterable[object]) -> bool:
    return all(_is_json(value) for value in values)


def _satisfies(value: object, constraints: Constraints, steps: Steps) -> bool:
    """Whether a value is within the constraints. Raises TooManySteps."""
    if isinstance(value, str):
        pattern = constraints.pattern
        if pattern is not None and not matches(pattern.python, value, steps):
            return False
        return _is_between(len(value), constraints.min_length, constraints.max_length)
    if is_list(value) or is_mapping(value):
        return _is_between(len(value), constraints.min_items, constraints.max_items)
    if isinstance(value, int | float):
        return _is_between(value, constraints.minimum, constraints.maximum)
    return True


def _is_between(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
