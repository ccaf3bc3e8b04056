"""Entities as tables of Apache Arrow, and from there of pandas and polars.

The columns follow from the types of the fields, not from the values, so that an empty table has
them too. None of these packages is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from pydantic_core import to_json

from .entities import Entity, JsonModel, Shape
from .errors import InvalidArgument
from .sentinels import MISSING

_NOTHING = (MISSING, None, type(None))
_OPERATION = "make a table"


@dataclass(frozen=True, slots=True)
class _Column:
    """The type of Arrow of a field, and what a value of the field is there."""

    type: Any
    convert: Callable[[Any], Any]


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

    What is absent is null. Objects are structs, and what Arrow has no type for is JSON text. Raises
    `InvalidArgument` for what are no entities, and `ImportError` without the package.
    """
    arrow: Any = import_module("pyarrow")
    columns = _columns(item, arrow)
    values: dict[str, list[Any]] = {name: [] for name in columns}
    for entity in entities:
        for name, column in columns.items():
            values[name].append(column.convert(entity))
    schema = arrow.schema([(name, column.type) for name, column in columns.items()])
    return arrow.table(values, schema=schema)


def pandas_frame(table: Any) -> Any:
    """A `pandas.DataFrame` of the table, whose columns have the types of Arrow."""
    pandas: Any = import_module("pandas")
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def polars_frame(table: Any) -> Any:
    """A `polars.DataFrame` of the table."""
    polars: Any = import_module("polars")
    return polars.from_arrow(table)


def _columns(item: Any, arrow: Any) -> dict[str, _Column]:
    classes = [one for one in _alternatives(item) if one not in _NOTHING]
    if not classes or not all(isinstance(one, type) and issubclass(one, Entity) for one in classes):
        raise InvalidArgument(
            "a table has entities, and these come with others: leave `include` out", _OPERATION
        )
    declared: dict[str, list[Any]] = {}
    for entity in classes:
        entity.model_rebuild()
        for name, field in entity.model_fields.items():
            declared.setdefault(name, []).append(field.annotation)
    return {name: _of_fields(name, types, arrow) for name, types in declared.items()}


def _of_fields(name: str, types: list[Any], arrow: Any) -> _Column:
    """The column of a field, which each variant may have with another type."""
    column = _native(types, arrow)
    if column is None:
        # As the JSON of the entity has it, which says how bytes and int64s are written.
        return _Column(arrow.string(), lambda owner: _json_text(owner, name))
    convert = _or_none(column.convert)
    return _Column(column.type, lambda owner: convert(getattr(owner, name, None)))


def _json_text(owner: Any, name: str) -> str | None:
    value = getattr(owner, name, None)
    if value is None or value is MISSING:
        return None
    if isinstance(owner, Shape):
        value = owner.model_dump(mode="json", include={name}, by_alias=False)[name]
    return to_json(value).decode()


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value is MISSING else convert(value)


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
    return _Column(plain[annotation], _same) if annotation in plain else None


def _same(value: Any) -> Any:
    return value


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
    columns = {
        name: _of_fields(name, [field.annotation], arrow)
        for name, field in shape.model_fields.items()
    }
    return _Column(
        arrow.struct([(name, column.type) for name, column in columns.items()]),
        lambda owner: {name: column.convert(owner) for name, column in columns.items()},
    )
