# Copied by convexgen from schema/mastra/python/legacy_tables.py. Do not edit.
# fmt: off
# isort: skip_file

"""Rows of the tables of Mastra 0.10 to 0.13, on those of today."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, cast

from .._functions import AsyncMastraLegacyTablesFunctions, MastraLegacyTablesFunctions
from .._runtime import (
    AsyncStorage,
    InvalidArgument,
    Json,
    Storage,
    Timestamp,
)
from .._runtime.calls import Encoder
from .._runtime.json_values import MAX_NESTING
from .batches import Batches, row_bytes
from .reading import reads

TRACES_TABLE = "mastra_traces"

_DATE: Encoder[datetime] = Encoder(Timestamp)


class LegacyTables(Storage):
    """Rows of the tables of Mastra, by their columns."""

    @cached_property
    def _legacy_tables(self) -> MastraLegacyTablesFunctions:
        return MastraLegacyTablesFunctions(self.client)

    def init(self) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    def create_table(self, *, table_name: str, schema: Json) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    def alter_table(self, *, table_name: str, schema: Json, if_not_exists: list[str]) -> None:
        """Nothing: the columns are those of the schema that is deployed."""

    def has_column(self, table: str, column: str) -> bool:
        """Whether a table of Mastra has a column."""
        return self._legacy_tables.has_column(table, column)

    def clear_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra; of one that is not there, there are none."""
        while not self._legacy_tables.clear_some(table_name=table_name):
            pass

    def drop_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra, which stays in the schema."""
        self.clear_table(table_name=table_name)

    def insert(self, *, table_name: str, record: dict[str, Any]) -> None:
        """Insert a row of a table of Mastra, by its columns, or replace the one with its key."""
        self.batch_insert(table_name=table_name, records=[record])

    @reads("records")
    def batch_insert(self, *, table_name: str, records: list[dict[str, Any]]) -> None:
        """Insert rows of a table of Mastra, or replace those with their keys.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        functions = self._legacy_tables
        rows = (_plain(record) for record in records)
        for step in Batches(rows, row_bytes, at_once=True):
            with step:
                if step.is_written:
                    functions.insert_rows(table_name=table_name, records=step.records)
                else:
                    functions.check_rows(table_name=table_name, records=step.records)

    def batch_trace_insert(self, *, records: list[dict[str, Any]]) -> None:
        """Insert spans, as the exporter of telemetry has them."""
        self.batch_insert(table_name=TRACES_TABLE, records=records)

    def load(self, *, table_name: str, keys: dict[str, Any]) -> dict[str, Any] | None:
        """The newest row of a table of Mastra that has some values, or None. Dates are text."""
        found = self._legacy_tables.load(table_name=table_name, keys=_plain(keys))
        return cast("dict[str, Any] | None", found)


class AsyncLegacyTables(AsyncStorage):
    """Rows of the tables of Mastra, by their columns, from asyncio."""

    @cached_property
    def _legacy_tables(self) -> AsyncMastraLegacyTablesFunctions:
        return AsyncMastraLegacyTablesFunctions(self.client)

    async def init(self) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    async def create_table(self, *, table_name: str, schema: Json) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    async def alter_table(self, *, table_name: str, schema: Json, if_not_exists: list[str]) -> None:
        """Nothing: the columns are those of the schema that is deployed."""

    async def has_column(self, table: str, column: str) -> bool:
        """Whether a table of Mastra has a column."""
        return await self._legacy_tables.has_column(table, column)

    async def clear_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra; of one that is not there, there are none."""
        while not await self._legacy_tables.clear_some(table_name=table_name):
            pass

    async def drop_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra, which stays in the schema."""
        await self.clear_table(table_name=table_name)

    async def insert(self, *, table_name: str, record: dict[str, Any]) -> None:
        """Insert a row of a table of Mastra, by its columns, or replace the one with its key."""
        await self.batch_insert(table_name=table_name, records=[record])

    @reads("records")
    async def batch_insert(self, *, table_name: str, records: list[dict[str, Any]]) -> None:
        """Insert rows of a table of Mastra, or replace those with their keys.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        functions = self._legacy_tables
        rows = (_plain(record) for record in records)
        for step in Batches(rows, row_bytes, at_once=True):
            with step:
                if step.is_written:
                    await functions.insert_rows(table_name=table_name, records=step.records)
                else:
                    await functions.check_rows(table_name=table_name, records=step.records)

    async def batch_trace_insert(self, *, records: list[dict[str, Any]]) -> None:
        """Insert spans, as the exporter of telemetry has them."""
        await self.batch_insert(table_name=TRACES_TABLE, records=records)

    async def load(self, *, table_name: str, keys: dict[str, Any]) -> dict[str, Any] | None:
        """The newest row of a table of Mastra that has some values, or None. Dates are text."""
        found = await self._legacy_tables.load(table_name=table_name, keys=_plain(keys))
        return cast("dict[str, Any] | None", found)


def _plain(value: Any, depth: int = 0) -> Json:
    """A record as JSON, with dates in ISO form, as Mastra writes them.

    The functions refuse what is no JSON.
    """
    if depth > MAX_NESTING:
        raise InvalidArgument(f"a record is nested over {MAX_NESTING} levels deep")
    kind: type[Any] = value.__class__
    if issubclass(kind, datetime):
        return _iso(value)
    if issubclass(kind, dict):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    if issubclass(kind, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    plain: Json = value
    return plain


def _iso(date: datetime) -> str:
    moment = _DATE.checked(date)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
