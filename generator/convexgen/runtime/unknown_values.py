"""Values that the backend has and this package does not: it was generated from an older spec.

An enum or a literal may have got a value since, and a union a type. What holds one is read all
the same. The value says what it is, equals none that is known, and is written as it was read;
`is_known` tells it from those that are.

Where all values are known, nothing here runs: an answer is read first as if there were no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cached_property, partial
from operator import attrgetter
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import (
    CoreSchema,
    PydanticSerializationUnexpectedValue,
    SchemaSerializer,
    SchemaValidator,
    core_schema,
    to_json,
)

from .codec import UNKNOWN

_NO_NAME = "?"
"""The name of a member that an enum does not have: no member can be called so."""


class UnknownText(str):
    """A string that is none of those that a type lists."""

    __slots__ = ()


class UnknownNumber(float):
    """A number that is none of those that a type lists."""

    __slots__ = ()


class UnknownInt64(int):
    """An int64 that is none of those that a type lists."""

    __slots__ = ()


class UnknownBoolean(int):
    """A boolean that is not the one that a type lists. Python has no classes below `bool`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(bool(self))


@dataclass(frozen=True, repr=False)
class UnknownVariant:
    """A value of a union, or a document of a table of several shapes, of a kind not known here.

    It has the fields that all known ones have where they are of the same type here, and so the
    tag where there is one; `raw` is all of it, as Convex encodes it.
    """

    # pydantic asks a value of no type that it knows for this.
    __pydantic_serializer__ = SchemaSerializer(
        core_schema.any_schema(
            serialization=core_schema.plain_serializer_function_ser_schema(
                attrgetter("raw"),
            ),
        ),
    )

    # Of a union that has a tag, and of documents, a mapping: others may have any value.
    raw: Any
    _tag: str | None = field(compare=False)
    _shared: Mapping[str, Any] = field(compare=False)
    _never_sent: frozenset[str] = field(compare=False)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._shared:
            return self._shared[name]
        raise AttributeError(
            f"{name!r} is not known of this value: it is of a kind that the backend has and this "
            "package has not; generate it from the newer spec, or read `raw`"
        )

    def __repr__(self) -> str:
        # Any other field may be a sensitive one.
        if self._tag is None:
            return "UnknownVariant()"
        return f"UnknownVariant({self._tag}={str(self._shared[self._tag])!r})"

    def to_wire(self) -> dict[str, Any]:
        """The encoded fields by wire name, without what the backend sets itself."""
        excluded = self._never_sent
        return {name: one for name, one in self.raw.items() if name not in excluded}


_UNKNOWN = UnknownText | UnknownNumber | UnknownInt64 | UnknownBoolean | UnknownVariant


def is_known(value: object) -> bool:
    """Whether this package knows a value that was read, of an enum, a literal or a union.

    It does not where the backend is newer.
    """
    if isinstance(value, _UNKNOWN):
        return False
    return not isinstance(value, Enum) or value.name != _NO_NAME


def unknown_member(enum: type[StrEnum], value: str) -> StrEnum:
    """A member for a string that is none of an enum."""
    member = str.__new__(enum, value)
    member._value_ = str(value)
    member._name_ = _NO_NAME
    # As pickle would, an enum gives the member of a value, and there is none.
    vars(member)["__reduce_ex__"] = partial(_pickled, enum, str(value))
    return member


def _pickled(enum: type[StrEnum], value: str, protocol: object) -> tuple[Any, ...]:
    return unknown_member, (enum, value)


def opened(schema: CoreSchema) -> CoreSchema | None:
    """A schema that takes unknown values too; None where there can be none.

    Within a union, what is known goes first: an object of an older kind stays one.
    """
    opening = _Opening()
    changed = opening.of(schema)
    return cast("CoreSchema", changed) if opening.is_needed else None


# What holds no schemas, and serializers, which are of a class.
_KEPT = frozenset(
    {"cls", "config", "default", "discriminator", "expected", "members", "metadata"}
    | {"serialization"}
)

_OPEN = ":open"
"""The end of the names of schemas that take unknown values: others refer to those that do not."""


@dataclass(slots=True)
class _Opening:
    is_needed: bool = False
    definitions: list[Any] = field(default_factory=list[Any])

    def of(self, node: Any) -> Any:
        """The schema, or what has schemas inside, that takes unknown values."""
        kind: type[Any] = node.__class__
        if kind is dict:
            # Schemas by the names of fields, or by tags, have no type.
            if not isinstance(node.get("type"), str):
                return {name: self.of(one) for name, one in node.items()}
            return self._schema(node)
        if kind is list:
            return [self.of(one) for one in node]
        if kind is tuple:
            return tuple(self.of(one) for one in node)
        return node

    def _schema(self, node: Mapping[str, Any]) -> Any:
        unknown = node.get("metadata", {}).get(UNKNOWN)
        if unknown is not None:
            self.is_needed = True
        match node["type"]:
            case "definitions":
                closed = node["definitions"]
                self.definitions.extend(closed)
                self.definitions.extend([self._definition(one) for one in closed])
                return {
                    **node,
                    "schema": self.of(node["schema"]),
                    "definitions": self.definitions,
                }
            case "definition-ref":
                return {**node, "schema_ref": node["schema_ref"] + _OPEN}
            case "enum" if issubclass(node["cls"], StrEnum):
                self.is_needed = True
                return _either(node, _unknown_text(node["members"]))
            case "literal" if any(isinstance(one, str) for one in node["expected"]):
                self.is_needed = True
                return _either(node, _unknown_text(node["expected"]))
            case "tagged-union":
                self.is_needed = True
                return _either(node, self._inside(node), self._unknown_variant(node))
            case "union" if unknown is not None:
                return _either(node, self._inside(node), self._unknown_type(node))
            case _ if unknown is not None:
                return _either(node, {**unknown, "serialization": node["serialization"]})
            case "union":
                return _either(node, self._inside(node))
            case _:
                return self._inside(node)

    def _definition(self, node: Mapping[str, Any]) -> Any:
        content = {key: one for key, one in node.items() if key != "ref"}
        return {**self.of(content), "ref": node["ref"] + _OPEN}

    def _inside(self, node: Mapping[str, Any]) -> dict[str, Any]:
        return {key: one if key in _KEPT else self.of(one) for key, one in node.items()}

    def _unknown_type(self, union: Mapping[str, Any]) -> CoreSchema:
        choices = [_unnamed(one) for one in self.of(union["choices"])]
        read = _Variants(None, frozenset(), choices, self.definitions).read
        return core_schema.no_info_after_validator_function(
            read,
            core_schema.any_schema(),
            serialization=_written(UnknownVariant, attrgetter("raw")),
        )

    def _unknown_variant(self, union: Mapping[str, Any]) -> CoreSchema:
        discriminator: Any = union["discriminator"]
        tag = discriminator if isinstance(discriminator, str) else discriminator[-1][0]
        read = _Variants(
            cast("str", tag),
            frozenset(str(one) for one in union["choices"]),
            [self.of(one) for one in union["choices"].values()],
            self.definitions,
        ).read
        return core_schema.no_info_after_validator_function(
            read,
            core_schema.dict_schema(),
            serialization=_written(UnknownVariant, attrgetter("raw")),
        )


@dataclass(frozen=True)
class _Variants:
    """What is known of a union: its objects, by the values of their tag if it has one."""

    tag: str | None
    known: frozenset[str]
    choices: Sequence[Any]
    definitions: Sequence[Any]

    def read(self, raw: Any) -> UnknownVariant:
        """One that is not known. Raises `ValueError` for all others."""
        if self.tag is None:
            return UnknownVariant(raw, None, self._shared(raw), self._never_sent)
        kind = raw.get(self.tag)
        if not isinstance(kind, str) or kind in self.known:
            raise ValueError("this is no object of an unknown kind")
        tag = self._tag_name
        shared = {**self._shared(raw), tag: UnknownText(kind)}
        return UnknownVariant(raw, tag, shared, self._never_sent)

    def _shared(self, raw: Any) -> Mapping[str, Any]:
        """What it has of the fields that all of them have, by Python name."""
        if not self._fields or not isinstance(raw, dict):
            return {}
        found = self._validator.validate_json(to_json(raw), strict=True)
        return {name: found[wire] for name, wire in self._names.items() if wire in found}

    @cached_property
    def _models(self) -> list[Mapping[str, Any]]:
        """The schemas of the objects; none where other types are among them."""
        by_name = {one["ref"]: one for one in self.definitions}
        models: list[Mapping[str, Any]] = []
        for choice in self.choices:
            node = choice
            while node["type"] != "model":
                is_reference = node["type"] == "definition-ref"
                node = by_name[node["schema_ref"]] if is_reference else node.get("schema")
                if node is None:
                    return []
            models.append(node)
        return models

    @cached_property
    def _first_fields(self) -> Mapping[str, Any]:
        inside = self._models[0]["schema"]
        while "fields" not in inside:
            inside = inside["schema"]
        fields: Mapping[str, Any] = inside["fields"]
        return fields

    @cached_property
    def _tag_name(self) -> str:
        fields = self._first_fields.items()
        return next(name for name, one in fields if one["validation_alias"] == self.tag)

    @cached_property
    def _fields(self) -> Mapping[str, Any]:
        """The schemas of the fields that all of them have alike, by Python name."""
        classes: list[type[BaseModel]] = [model["cls"] for model in self._models]
        if not classes:
            return {}
        first, *others = classes
        return {
            name: self._first_fields[name]
            for name, one in first.model_fields.items()
            if all(
                name in other.model_fields
                and other.model_fields[name].annotation == one.annotation
                and other.model_fields[name].metadata == one.metadata
                for other in others
            )
        }

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name: one["validation_alias"] for name, one in self._fields.items()}

    @cached_property
    def _never_sent(self) -> frozenset[str]:
        if not self._names:
            return frozenset()
        model = cast("type[BaseModel]", self._models[0]["cls"])
        return frozenset(
            wire
            for name, wire in self._names.items()
            if model.model_fields[name].json_schema_extra == {"readOnly": True}
        )

    @cached_property
    def _validator(self) -> SchemaValidator:
        # A kind that is not known may have a field of the name with another type.
        fields = {
            self._names[name]: core_schema.typed_dict_field(
                core_schema.with_default_schema(one["schema"], on_error="omit"), required=False
            )
            for name, one in self._fields.items()
        }
        schema: CoreSchema
        schema = core_schema.typed_dict_schema(fields, extra_behavior="ignore")
        if self.definitions:
            schema = core_schema.definitions_schema(schema, list(self.definitions))
        return SchemaValidator(schema, _use_prebuilt=False)


def _unnamed(choice: Any) -> Any:
    """The schema of a union's choice, which may have a name for errors."""
    kind: type[Any] = choice.__class__
    return choice[0] if kind is tuple else choice


def _unknown_text(expected: Sequence[Any]) -> CoreSchema:
    kinds: set[type[Any]] = {type(one) for one in expected if isinstance(one, str)}
    enum: Any = kinds.pop() if len(kinds) == 1 else str
    if issubclass(enum, StrEnum):
        return core_schema.no_info_after_validator_function(
            partial(unknown_member, enum),
            core_schema.str_schema(strict=True),
            serialization=_written(enum, str),
        )
    return core_schema.no_info_after_validator_function(
        UnknownText,
        core_schema.str_schema(strict=True),
        serialization=_written(UnknownText, str),
    )


def _written(kind: type[Any], write: Callable[[Any], Any]) -> Any:
    """How an unknown value is written: only what was read, nothing else that a program gives."""

    def write_unknown(value: Any) -> Any:
        if isinstance(value, kind) and not is_known(value):
            return write(value)
        raise PydanticSerializationUnexpectedValue(f"{value!r} is not known")

    return core_schema.plain_serializer_function_ser_schema(write_unknown)


def _either(*choices: Any) -> CoreSchema:
    return core_schema.union_schema(list(choices), mode="left_to_right")
