"""The base classes of entities and of the shapes inside them, and what their fields can say.

In Python and in JSON, fields have their Python names, and unknown ones are refused; answers of
Convex are read by wire names, and their unknown fields are ignored, so a client survives a newer
backend. A field that may be absent is `T | MISSING = MISSING`; None is Convex's null and nothing
else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticSerializationError

from .codec import GIVEN
from .convex_values import ConvexValue
from .errors import InvalidArgument
from .mismatches import NO_NAMES, as_python_writes, describe_mismatch, describe_unwritten
from .sentinels import MISSING, UNSET
from .strictness import require_exact
from .unknown_json import exact
from .updates import fields_of
from .wire import READ_ONLY, Wire, WireForm, give_aliases, is_never_sent, wire_name


def JsonName(name: str) -> Any:
    """Metadata of a field of a `JsonModel` that JSON calls otherwise than the camelCase of it."""
    return Field(validation_alias=name, serialization_alias=name)


_SET_BY_BACKEND = "is set by the backend: leave it out"


def _read_only() -> Any:
    return Field(default=MISSING, json_schema_extra=READ_ONLY)


def _system_field(name: str) -> Any:
    field: FieldInfo = _read_only()
    field.metadata.append(Wire(name))
    return field


def DocumentId() -> Any:
    """The default of the field for Convex's own `_id`: MISSING until saved, never sent."""
    return _system_field("_id")


def DocumentCreationTime() -> Any:
    """The default of the field for Convex's own `_creationTime`: MISSING until saved, never sent.

    Convex takes it from the start of the mutation; it is not the order of commits.
    """
    return _system_field("_creationTime")


def SetOnCreate() -> Any:
    """The default of a field that the first save sets: MISSING until then, sent only if given."""
    return Field(default=MISSING)


def SetOnWrite(*, keeps_given: bool = False) -> Any:
    """The default of a field that every save and update sets: MISSING until then, never sent.

    One that keeps what is given is sent if it is there.
    """
    return Field(default=MISSING) if keeps_given else _read_only()


def Kept() -> Any:
    """The default of a field that a save leaves as it is: MISSING until saved, sent only if given.

    Where nothing is stored, the functions have the default of the spec.
    """
    return Field(default=MISSING)


def Derived() -> Any:
    """The default of a field that follows from others: MISSING until saved, never sent."""
    return _read_only()


def Default(value: Any) -> Any:
    """The default of a field that is a list or a mapping: each entity has one of its own.

    To what pydantic writes into JSON Schemas, `$ref` and `$defs` in a default are parts of these.
    """
    if any(f'"{name}"' in json.dumps(value, default=str) for name in ("$ref", "$defs")):
        return Field(default_factory=partial(deepcopy, value))
    return Field(default=value)


class Shape(BaseModel):
    """An object inside an entity. Keyword-only; fields are checked when built and when assigned.

    With `validate_by_name=True`, fields have the names of the spec as aliases, unless they have
    others: by these JSON is read too, and written where it is asked for.
    """

    model_config = ConfigDict(
        validate_assignment=True,
        extra="forbid",
        # Fields are named by the spec, "model_name" is as good as any other.
        protected_namespaces=(),
        # Importing a package of many entities builds none of them.
        defer_build=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **arguments: Any) -> None:
        super().__pydantic_init_subclass__(**arguments)
        # Its class is put off by now. An adapter of a class that still says so would be put off as
        # well: FastAPI, which hands on the name of a body, silences what pydantic says of that
        # while it makes the adapter, and no longer. Classes of the runtime hand it to those of
        # the spec.
        if not cls.__module__.startswith(f"{__package__}."):
            cls.model_config["defer_build"] = False

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema = exact(handler(source), handler)
        if _has_aliases(cls):
            give_aliases(schema, cls)
        return schema

    if not TYPE_CHECKING:

        def __init__(self, /, **values: object) -> None:
            validator = self.__pydantic_validator__
            try:
                validator.validate_python(values, self_instance=self, context=GIVEN)
            except ValidationError as error:
                raise _as_written(error, type(self)) from None

        def __setattr__(self, name: str, value: object) -> None:
            if name in type(self).model_fields:
                validator = self.__pydantic_validator__
                try:
                    validator.validate_assignment(self, name, value, context=GIVEN)
                except ValidationError as error:
                    raise _as_written(error, type(self)) from None
            else:
                super().__setattr__(name, value)

        # To pydantic, objects of classes with an `__init__` of their own are made by calling it.
        __init__.__pydantic_base_init__ = True

    def __repr_args__(self) -> Any:
        """The fields that are there; those that are MISSING are left out."""
        arguments = super().__repr_args__()
        return [(name, value) for name, value in arguments if value is not MISSING]


class JsonModel(Shape):
    """An object inside a JSON value, of a type that a JSON Schema describes.

    Fields of stored values that the type does not know are kept, in `model_extra`, and written
    again.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        strict=True,
        # JSON Schemas have the patterns of ECMAScript: those of Python are nearer than Rust's.
        regex_engine="python-re",
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return require_exact(handler(source), handler)

    if not TYPE_CHECKING:
        # To type checkers, this would make every attribute one that can be set.
        def __setattr__(self, name: str, value: object) -> None:
            unknown = self.model_extra
            super().__setattr__(name, value)
            # A model without extra fields forgets them where it checks an assignment.
            object.__setattr__(self, "__pydantic_extra__", unknown)

    @model_serializer(mode="wrap")
    def _with_unknown_fields(
        self,
        handler: SerializerFunctionWrapHandler,
    ) -> dict[str, Any]:
        known: dict[str, Any] = handler(self)
        return {**known, **(self.model_extra or {})}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        if handler.mode == "serialization":
            handler.resolve_ref_schema(found).pop("additionalProperties", None)
        return found


class Entity(Shape):
    """A document of a table. See `Shape`."""

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            field = type(self).model_fields.get(name)
            if field is not None and is_never_sent(field):
                raise InvalidArgument(f"{type(self).__name__}.{name} {_SET_BY_BACKEND}")
            super().__setattr__(name, value)

    def to_wire(self) -> dict[str, Any]:
        """The encoded fields by wire name, without what the backend sets itself.

        Raises `InvalidArgument` if a value was changed in place to one that does not fit, and for
        a value of what the backend sets, except where it was read.
        """
        require_written(self)
        entity = type(self)
        try:
            wire: dict[str, Any] = _wire_form(entity).write(self)
            return wire
        except PydanticSerializationError as error:
            raise InvalidArgument(
                f"{entity.__name__} does not fit its fields: {describe_unwritten(error)}",
            ) from None

    @classmethod
    def changes_to_wire(cls, changes: Mapping[str, object]) -> dict[str, Any]:
        """The arguments `set` and `unset` of an update, from values by Python name.

        `unset` names the fields whose value is UNSET and is left out if there are none. Raises
        `InvalidArgument` for names that are not fields, for fields that the backend sets itself,
        for values that do not fit and for UNSET where the field cannot be absent.
        """
        return _fields(cls.__name__, cls).changes_to_wire(changes)

    @classmethod
    def expected_to_wire(cls, expected: Mapping[str, object] | None) -> dict[str, Any]:
        """The arguments `expected` and `expectedAbsent` of an update, from values by Python name.

        UNSET, or MISSING as read from an entity, expects that the field is absent. Raises
        `InvalidArgument` as `changes_to_wire` does.
        """
        return _fields(cls.__name__, cls).expected_to_wire(expected)


class AnyFieldsEntity(Entity):
    """A document that may have any fields. See `Entity`."""

    fields: dict[str, ConvexValue]
    """All but `_id` and `_creationTime`, by the names that Convex has for them."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: object) -> object:
        """A document of Convex, which is the only form with an `_id`, as what the class has."""
        given: Any = value
        document: dict[str, object] = given if isinstance(value, dict) else {}
        if "_id" not in document:
            return given
        gathered = {name: document[name] for name in ("_id", "_creationTime") if name in document}
        others = {name: one for name, one in document.items() if name not in gathered}
        return gathered | {"fields": others}


def require_written(value: object) -> None:
    """Raise `InvalidArgument` for a value of what the backend sets, except where it was read.

    `value` is an entity, or what holds some.
    """
    match value:
        case Entity():
            entity = type(value)
            fields = _fields(entity.__name__, entity)
            if not any(_is_there(value, name) for name in fields.ids):
                for name in sorted(fields.never_sent):
                    if _is_there(value, name):
                        raise InvalidArgument(f"{entity.__name__}.{name} {_SET_BY_BACKEND}")
        case BaseModel():
            for name in type(value).model_fields:
                require_written(getattr(value, name))
        case dict():
            for one in cast("dict[object, object]", value).values():
                require_written(one)
        case list():
            for one in cast("list[object]", value):
                require_written(one)
        case _:
            pass


def holds_entities(schema: object) -> bool:
    """Whether values of a schema of pydantic may hold entities."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            given = cast("dict[str, object]", node)
            kind = given.get("cls")
            if isinstance(kind, type) and issubclass(kind, Entity):
                return True
            waiting.extend(given.values())
        elif isinstance(node, list | tuple):
            waiting.extend(cast("Sequence[object]", node))
    return False


class Variants:
    """The classes of an entity whose documents are of several shapes, for updates of any of them.

    An update names fields of any variant; whether the document is one that has them is for the
    functions to say.
    """

    def __init__(self, name: str, *variants: type[Entity]) -> None:
        self.name = name
        self.classes = variants

    def changes_to_wire(self, changes: Mapping[str, object]) -> dict[str, Any]:
        """See `Entity.changes_to_wire`."""
        return _fields(self.name, *self.classes).changes_to_wire(changes)

    def expected_to_wire(self, expected: Mapping[str, object] | None) -> dict[str, Any]:
        """See `Entity.expected_to_wire`."""
        return _fields(self.name, *self.classes).expected_to_wire(expected)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What is known of an entity's fields beyond what pydantic knows."""

    owner: str
    wire_names: Mapping[str, str]
    may_be_absent: set[str]
    never_sent: set[str]
    ids: set[str]
    """Those of Convex's own `_id`: an entity that has one was read."""
    partial: type[Shape]

    def changes_to_wire(self, changes: Mapping[str, object]) -> dict[str, Any]:
        for name in changes:
            if name in self.never_sent:
                raise InvalidArgument(f"{self.owner}.{name} {_SET_BY_BACKEND}")
        values, unset = self._encode(changes, "removed")
        return {"set": values, "unset": unset} if unset else {"set": values}

    def expected_to_wire(self, expected: Mapping[str, object] | None) -> dict[str, Any]:
        fields = fields_of(expected, "expected")
        if not fields:
            return {}
        given = {name: UNSET if one is MISSING else one for name, one in fields.items()}
        values, absent = self._encode(given, "absent")
        arguments: dict[str, Any] = {"expected": values}
        if absent:
            arguments["expectedAbsent"] = absent
        return arguments

    def _encode(
        self, values: Mapping[str, object], participle: str
    ) -> tuple[dict[str, Any], list[str]]:
        """The encoded values by wire name, and the wire names of the fields that are UNSET."""
        owner = self.owner
        without: list[str] = []
        given: dict[str, object] = {}
        for name, value in values.items():
            if name not in self.wire_names:
                known = ", ".join(self.wire_names)
                raise InvalidArgument(
                    f"{owner} has no field {name!r}; its fields are {known}",
                )
            if value is UNSET:
                if name not in self.may_be_absent:
                    raise InvalidArgument(
                        f"{owner}.{name} cannot be {participle}: it is not optional"
                    )
                without.append(self.wire_names[name])
            elif value is MISSING:
                raise InvalidArgument(
                    f"{owner}.{name} is MISSING, which says nothing here: leave the name out to "
                    "keep the field, or write UNSET to remove it"
                )
            else:
                given[name] = value
        try:
            changed = self.partial(**given)
            encoded: dict[str, Any] = _wire_form(self.partial).write(changed)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False):
                name = str(problem["loc"][0])
                if given.get(name, MISSING) is None:
                    advice = (
                        ": write UNSET to say that it is absent"
                        if name in self.may_be_absent
                        else ""
                    )
                    raise InvalidArgument(
                        f"{owner}.{name} cannot be null, which is None{advice}"
                    ) from error
            raise InvalidArgument(f"{owner}: {describe_mismatch(error)}") from error
        except PydanticSerializationError as error:
            raise InvalidArgument(
                f"{owner} does not fit its fields: {describe_unwritten(error)}",
            ) from None
        return encoded, without


@cache
def _fields(owner: str, *entities: type[Entity]) -> _Fields:
    """The fields of an entity, which are those of all the classes that its documents have."""
    declared: dict[str, list[FieldInfo]] = {}
    for entity in entities:
        entity.model_rebuild()
        for name, field in entity.model_fields.items():
            declared.setdefault(name, []).append(field)
    optional: dict[str, Any] = {}
    wire_names: dict[str, str] = {}
    for name, fields in declared.items():
        first = fields[0]
        partial_field = copy(first)
        partial_field.default = MISSING
        partial_field.default_factory = None
        # To expect a value of such a field is to send it.
        partial_field.json_schema_extra = None
        annotation: Any = first.annotation
        if any(_differ(first, other) for other in fields):
            annotation = type_of_values(fields)
            partial_field.metadata = [Wire(wire_name(name, first))]
        optional[name] = (annotation, partial_field)
        wire_names[name] = wire_name(name, first)
    is_hidden = any(one.model_config.get("hide_input_in_errors") for one in entities)
    partial = create_model(
        f"{owner}Changes",
        __base__=Shape,
        __cls_kwargs__={"hide_input_in_errors": is_hidden},
        **optional,
    )
    return _Fields(
        owner,
        wire_names,
        {name for name, fields in declared.items() if any(map(_may_be_absent, fields))},
        {name for name, fields in declared.items() if any(map(is_never_sent, fields))},
        {name for name, wire in wire_names.items() if wire == "_id"},
        partial,
    )


def _is_there(entity: Entity, name: str) -> bool:
    return getattr(entity, name) is not MISSING


@cache
def _wire_form(shape: type[Shape]) -> WireForm:
    return WireForm(shape)


def _differ(left: FieldInfo, right: FieldInfo) -> bool:
    """Whether two fields of one name have values of different types."""
    return left.annotation != right.annotation or left.metadata != right.metadata


def type_of_values(fields: Iterable[FieldInfo]) -> Any:
    """The type of the values of any of some fields, which are there."""
    members: list[Any] = []
    for field in fields:
        alternatives = get_args(field.annotation)
        there: Any = field.annotation
        if MISSING in alternatives:
            there = _either(one for one in alternatives if one is not MISSING)
        members.append(Annotated[(there, *field.metadata)] if field.metadata else there)
    return _either(members)


def _either(types: Iterable[Any]) -> Any:
    """The union of some types."""
    union, *others = types
    for one in others:
        union = union | one
    return union


def _as_written(error: ValidationError, shape: type[Shape]) -> ValidationError:
    hidden = bool(shape.model_config.get("hide_input_in_errors"))
    return as_python_writes(error, _optional_of(shape), names_by_alias(shape), hidden=hidden)


@cache
def names_by_alias(type_: Any) -> Mapping[str, str]:
    """What fields are called in Python, by the names of the spec where these are aliases."""
    if not (isinstance(type_, type) and issubclass(type_, Shape)) or not _has_aliases(type_):
        return NO_NAMES
    return {wire_name(name, field): name for name, field in type_.model_fields.items()}


def _has_aliases(shape: type[Shape]) -> bool:
    settings = shape.model_config
    return bool(settings.get("validate_by_name")) and not settings.get("alias_generator")


@cache
def _optional_of(shape: type[Shape]) -> frozenset[str]:
    return frozenset(name for name, one in shape.model_fields.items() if _may_be_absent(one))


def _may_be_absent(field: FieldInfo) -> bool:
    return MISSING in get_args(field.annotation)
