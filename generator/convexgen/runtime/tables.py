"""Entities as tables of Apache Arrow, and from there of pandas and polars.

The columns follow from the types of the fields, not from the values, so that an empty table has
them too: only where the backend is newer, and has a value that the type of a column does not hold,
the whole column is JSON text. None of these packages is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from .entities import Entity, JsonModel, Shape, type_of_values
from .errors import InvalidArgument
from .number_values import MAX_INT64, MIN_INT64
from .sentinels import MISSING
from .unknown_values import UnknownVariant, is_known
from .wire import WireForm, wire_name

_NOTHING = (MISSING, None, type(None))
_OPERATION = "make a table"


@dataclass(frozen=True, slots=True)
class _Column:
    """The type of Arrow of a field, and what a value of the field is there.

    `convert` raises `_NotHeldError` for a value that is not known and none of the type.
    """

    type: Any
    convert: Callable[[Any], Any]


class _NotHeldError(Exception):
    """A value that the package does not know is none of a column's type."""


class Tabular:
    """What finds entities, as tables of them."""

    def _item_type(self) -> Any:
        raise NotImplementedError

    def _items(self) -> Iterable[Any]:
        raise NotImplementedError

    def to_arrow(self) -> Any:
        """All that are found, as a `pyarrow.Table`: a row each, and a column for each field.

        What is absent is null, objects are structs, and what Arrow has no type for is JSON text.
        Raises `ImportError` where the package is not installed.
        """
        return arrow_table(self._item_type(), self._items())

    def to_pandas(self) -> Any:
        """The same as a `pandas.DataFrame`, whose columns have the types of Arrow."""
        return pandas_frame(self.to_arrow())

    def to_polars(self) -> Any:
        """The same as a `polars.DataFrame`."""
        return polars_frame(self.to_arrow())


class AsyncTabular:
    """What finds entities, as tables of them; see `Tabular`."""

    def _item_type(self) -> Any:
        raise NotImplementedError

    async def _items(self) -> list[Any]:
        raise NotImplementedError

    async def to_arrow(self) -> Any:
        """See `Tabular.to_arrow`."""
        return arrow_table(self._item_type(), await self._items())

    async def to_pandas(self) -> Any:
        """See `Tabular.to_pandas`."""
        return pandas_frame(await self.to_arrow())

    async def to_polars(self) -> Any:
        """See `Tabular.to_polars`."""
        return polars_frame(await self.to_arrow())


def arrow_table(item: Any, entities: Iterable[Any]) -> Any:
    """A `pyarrow.Table` with a row for each entity, and a column for each field of their type.

    What is absent is null. Objects are structs, and what Arrow has no type for is JSON text, as is
    a column with a value that is not known here and that its type does not hold. Raises
    `InvalidArgument` for what are no entities, and `ImportError` without the package.
    """
    arrow: Any = import_module("pyarrow")
    fields = _fields(item)
    columns = {name: _of_fields(name, fields[name], arrow) for name in fields}
    rows = list(entities)
    values: dict[str, list[Any]] = {}
    for name, column in columns.items():
        try:
            values[name] = [column.convert(row) for row in rows]
        except _NotHeldError:
            columns[name] = text = _json_column(name, fields[name], arrow)
            values[name] = [text.convert(row) for row in rows]
    types = {name: column.type for name, column in columns.items()}
    # Of dictionaries in structs that are null, Arrow makes arrays that polars panics on.
    plain = [(name, _without_dictionaries(type_, arrow)) for name, type_ in types.items()]
    return arrow.table(values, schema=arrow.schema(plain)).cast(arrow.schema(list(types.items())))


def pandas_frame(table: Any) -> Any:
    """A `pandas.DataFrame` of the table, whose columns have the types of Arrow."""
    pandas: Any = import_module("pandas")
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def polars_frame(table: Any) -> Any:
    """A `polars.DataFrame` of the table."""
    polars: Any = import_module("polars")
    return polars.from_arrow(table)


def _fields(item: Any) -> dict[str, list[FieldInfo]]:
    """The fields of each name, which each variant may have with another type."""
    classes = [one for one in _alternatives(item) if one not in _NOTHING]
    if not classes or not all(isinstance(one, type) and issubclass(one, Entity) for one in classes):
        raise InvalidArgument(
            "a table has entities, and these come with others: leave `include` out", _OPERATION
        )
    declared: dict[str, list[FieldInfo]] = {}
    for entity in classes:
        entity.model_rebuild()
        for name, field in entity.model_fields.items():
            declared.setdefault(name, []).append(field)
    return declared


def _of_fields(name: str, fields: Sequence[FieldInfo], arrow: Any) -> _Column:
    column = _native([field.annotation for field in fields], arrow)
    if column is None:
        return _json_column(name, fields, arrow)
    convert = _or_none(column.convert)
    of_unknown = _of_unknown(name, fields)

    def of_owner(owner: Any) -> Any:
        if not isinstance(owner, UnknownVariant):
            return convert(getattr(owner, name, None))
        value, form = of_unknown(owner)
        if form is None and value is not None:
            raise _NotHeldError
        return convert(value)

    return _Column(column.type, of_owner)


def _json_column(name: str, fields: Sequence[FieldInfo], arrow: Any) -> _Column:
    """A column of the JSON that entities have, which says how bytes and int64s are written."""
    of_unknown = _of_unknown(name, fields)

    def text(owner: Any) -> str | None:
        if isinstance(owner, UnknownVariant):
            value, form = of_unknown(owner)
            if form is not None:
                value = form.dump_python(value, mode="json")
            return None if value is None else to_json(value).decode()
        value = getattr(owner, name, None)
        if value is None or value is MISSING:
            return None
        dumped = owner.model_dump(mode="json", include={name}, by_alias=False)
        return to_json(dumped[name]).decode()

    return _Column(arrow.string(), text)


def _of_unknown(
    name: str, fields: Sequence[FieldInfo]
) -> Callable[[UnknownVariant], tuple[Any, TypeAdapter[Any] | None]]:
    """What reads a field of documents of a kind that is not known here.

    It gives the value and its type, which is that of a kind that is known; where it is none of
    these, what Convex has encoded, without a type; None where nothing is there.
    """

    # When there is such a document, which is hardly ever: they take as long as many rows.
    @cache
    def forms() -> list[tuple[str, WireForm, TypeAdapter[Any]]]:
        known = [(wire_name(name, field), type_of_values([field])) for field in fields]
        return [(wire, WireForm(type_), TypeAdapter[Any](type_)) for wire, type_ in known]

    def read(document: UnknownVariant) -> tuple[Any, TypeAdapter[Any] | None]:
        encoded = None
        for wire, form, adapter in forms():
            encoded = document.raw.get(wire)
            if encoded is not None:
                with suppress(ValidationError):
                    return form.read(to_json(encoded)), adapter
        return encoded, None

    return read


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        if value is None or value is MISSING:
            return None
        if isinstance(value, UnknownVariant):
            raise _NotHeldError
        return convert(value)

    return converted


def _alternatives(annotation: Any) -> list[Any]:
    """The types that a value may have, without what is said of them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if isinstance(annotation, NewType):
        return _alternatives(annotation.__supertype__)
    if origin is None or origin in (list, dict, Literal):
        return [annotation]
    if origin in (Union, UnionType):
        return [one for member in get_args(annotation) for one in _alternatives(member)]
    return [annotation]


def _native(annotations: Iterable[Any], arrow: Any) -> _Column | None:
    """The column of values of any of the types; None where Arrow has no one type for them."""
    types = [
        one
        for annotation in annotations
        for one in _alternatives(annotation)
        if one not in _NOTHING
    ]
    columns = [_of_type(one, arrow) for one in types]
    first = columns[0] if columns else None
    if first is None:
        return None
    for other in columns:
        if other is None or other.type != first.type:
            return _text_of(types, arrow)
    return first


def _text_of(types: list[Any], arrow: Any) -> _Column | None:
    """The column of text, where all are text, listed or not."""
    if all(one is str or _lists_text(one) for one in types):
        return _Column(arrow.string(), str)
    return None


def _lists_text(annotation: Any) -> bool:
    if get_origin(annotation) is Literal:
        return all(isinstance(one, str) for one in get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, StrEnum)


def _of_type(annotation: Any, arrow: Any) -> _Column | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if _lists_text(annotation):
        return _Column(arrow.dictionary(arrow.int32(), arrow.string()), str)
    if origin is list:
        return _list(arguments[0], arrow)
    if origin is dict:
        return _map(arguments[1], arrow)
    if origin is Literal:
        kinds: set[Any] = {type(one) for one in arguments}
        return _of_type(kinds.pop(), arrow) if len(kinds) == 1 else None
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Shape):
        # What has a JSON Schema may hold itself.
        return None if issubclass(annotation, JsonModel) else _struct(annotation, arrow)
    plain: Mapping[type, Any] = {
        str: arrow.string(),
        bool: arrow.bool_(),
        int: arrow.int64(),
        float: arrow.float64(),
        bytes: arrow.binary(),
        datetime: arrow.timestamp("us", tz="UTC"),
    }
    kind = cast("type[Any]", annotation)
    return _Column(plain[kind], lambda value: _held(value, kind)) if kind in plain else None


def _held(value: Any, kind: type[Any]) -> Any:
    """The value itself, or the one of the column's type that equals what is not known."""
    if is_known(value):
        return value
    if kind is int and not _is_int64(value):
        raise _NotHeldError
    return kind(value)


def _is_int64(value: float) -> bool:
    return float(value).is_integer() and MIN_INT64 <= value <= MAX_INT64


def _without_dictionaries(type_: Any, arrow: Any) -> Any:
    """The type of Arrow with text itself, where there are dictionaries of texts."""
    is_a = arrow.types
    if is_a.is_dictionary(type_):
        return type_.value_type
    if is_a.is_struct(type_):
        fields = [(one.name, _without_dictionaries(one.type, arrow)) for one in type_]
        return arrow.struct(fields)
    if is_a.is_map(type_):
        return arrow.map_(type_.key_type, _without_dictionaries(type_.item_type, arrow))
    if is_a.is_list(type_):
        return arrow.list_(_without_dictionaries(type_.value_type, arrow))
    return type_


def _list(item: Any, arrow: Any) -> _Column | None:
    column = _native([item], arrow)
    if column is None:
        return None
    convert = _or_none(column.convert)
    return _Column(arrow.list_(column.type), lambda values: [convert(one) for one in values])


def _map(item: Any, arrow: Any) -> _Column | None:
    column = _native([item], arrow)
    if column is None:
        return None
    convert = _or_none(column.convert)
    return _Column(
        arrow.map_(arrow.string(), column.type),
        lambda values: [(key, convert(one)) for key, one in values.items()],
    )


def _struct(shape: type[Shape], arrow: Any) -> _Column:
    shape.model_rebuild()
    columns = {name: _of_fields(name, [field], arrow) for name, field in shape.model_fields.items()}
    return _Column(
        arrow.struct([(name, column.type) for name, column in columns.items()]),
        lambda owner: {name: column.convert(owner) for name, column in columns.items()},
    )
