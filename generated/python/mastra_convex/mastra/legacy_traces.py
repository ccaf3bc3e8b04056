# Copied by convexgen from schema/mastra/python/legacy_traces.py. Do not edit.
# fmt: off
# isort: skip_file

"""Traces, as the telemetry of Mastra 0.10 to 0.13 has them."""

from __future__ import annotations

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
from .going_on import cursor_after, is_last, parts, parts_async
from .pages import page_number
from .reading import reads


def _page(parts: list[PartOfTraces]) -> PaginatedTraces:
    traces = [one for part in parts for one in part.page.traces]
    return parts[-1].page.model_copy(update={"traces": traces})


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

    @reads("from_date", "to_date", "date_range")
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

        def read(seen: MastraLegacyTracesFunctions, before: PartOfTraces | None) -> PartOfTraces:
            return seen.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page_number(page),
                per_page=page_number(per_page),
                cursor=cursor_after(before),
            )

        return _page(parts(self.client, MastraLegacyTracesFunctions, read, is_last))


class AsyncLegacyTraces(AsyncStorage):
    """Traces, as the exporter of telemetry has them, from asyncio."""

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

    @reads("from_date", "to_date", "date_range")
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

        async def read(
            seen: AsyncMastraLegacyTracesFunctions, before: PartOfTraces | None
        ) -> PartOfTraces:
            return await seen.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page_number(page),
                per_page=page_number(per_page),
                cursor=cursor_after(before),
            )

        return _page(
            await parts_async(self.client, AsyncMastraLegacyTracesFunctions, read, is_last)
        )
