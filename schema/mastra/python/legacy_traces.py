"""Traces, as the telemetry of Mastra 0.10 to 0.13 has them."""

from __future__ import annotations

from functools import cached_property

from .._functions import AsyncMastraLegacyTracesFunctions, MastraLegacyTracesFunctions
from .._objects import PaginatedTraces, PartOfTraces, StorageDateRange, TelemetryTrace
from .._runtime import (
    MISSING,
    AsyncStorage,
    Integer,
    InvalidArgument,
    Json,
    Storage,
    Timestamp,
)
from .reading import reads


class _Found:
    """What is found of a page that is read in several parts."""

    def __init__(self) -> None:
        self._items: list[TelemetryTrace] = []
        self.cursor: str | None = None

    def add(self, part: PartOfTraces) -> PaginatedTraces | None:
        """Adds a part, and gives the page where it is the last one."""
        self._items += part.page.traces
        self.cursor = part.cursor
        if self.cursor is not None:
            return None
        return part.page.model_copy(update={"traces": self._items})


def _dates(
    start: Timestamp | MISSING, end: Timestamp | MISSING, dates: StorageDateRange | MISSING
) -> StorageDateRange:
    """The dates of a page, which 0.10 gives by themselves, and versions since then in a range."""
    if dates is MISSING:
        return StorageDateRange(start=start, end=end)
    if start is not MISSING or end is not MISSING:
        raise InvalidArgument("dates are fromDate and toDate, or else dateRange: both are given")
    return dates


class LegacyTraces(Storage):
    """Traces, as the exporter of telemetry has them."""

    @cached_property
    def _legacy_traces(self) -> MastraLegacyTracesFunctions:
        return MastraLegacyTracesFunctions(self.client)

    def get_traces(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
    ) -> list[TelemetryTrace]:
        """What `get_traces_paginated` finds between two dates, without the total."""
        found = self.get_traces_paginated(
            name=name,
            scope=scope,
            page=page,
            per_page=per_page,
            attributes=attributes,
            filters=filters,
            from_date=from_date,
            to_date=to_date,
        )
        return found.traces

    @reads("date_range")
    def get_traces_paginated(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedTraces:
        """A page of the traces that meet all conditions, the last started first.

        Dates are those of 0.10, or else, as since then, those of a range.
        """
        dates = _dates(from_date, to_date, date_range)
        found = _Found()
        while True:
            part = self._legacy_traces.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                cursor=found.cursor,
            )
            whole = found.add(part)
            if whole is not None:
                return whole


class AsyncLegacyTraces(AsyncStorage):
    """Traces, as the exporter of telemetry has them, from asyncio."""

    @cached_property
    def _legacy_traces(self) -> AsyncMastraLegacyTracesFunctions:
        return AsyncMastraLegacyTracesFunctions(self.client)

    async def get_traces(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
    ) -> list[TelemetryTrace]:
        """What `get_traces_paginated` finds between two dates, without the total."""
        found = await self.get_traces_paginated(
            name=name,
            scope=scope,
            page=page,
            per_page=per_page,
            attributes=attributes,
            filters=filters,
            from_date=from_date,
            to_date=to_date,
        )
        return found.traces

    @reads("date_range")
    async def get_traces_paginated(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedTraces:
        """A page of the traces that meet all conditions, the last started first.

        Dates are those of 0.10, or else, as since then, those of a range.
        """
        dates = _dates(from_date, to_date, date_range)
        found = _Found()
        while True:
            part = await self._legacy_traces.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                cursor=found.cursor,
            )
            whole = found.add(part)
            if whole is not None:
                return whole
