# Copied by convexgen from schema/mastra/python/observability.py. Do not edit.
# fmt: off
# isort: skip_file

"""The spans of Mastra's traces, as its observability domain stores and lists them.

Each method is one call of a function, but for what is more than one transaction reads or writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, TypedDict

from .._functions import AsyncMastraObservabilityFunctions, MastraObservabilityFunctions
from .._objects import (
    CreateSpanRecord,
    DeletedTraces,
    FoundSpans,
    GetSpansResponse,
    GetStructureResponse,
    GetTraceResponse,
    LightSpanRecord,
    LightSpansPart,
    ListTracesLightResponse,
    ListTracesResponse,
    SpanKey,
    SpanPlace,
    SpansPart,
    SpanUpdate,
    TracesFilter,
    TracesOrder,
    TracesPage,
    TracesPagination,
    TraceSpan,
)
from .._runtime import MISSING, Integer, InvalidArgument
from .batches import Batches, Document, sent_bytes
from .going_on import (
    Listed,
    is_listed,
    of_one_moment,
    of_one_moment_async,
    parts,
    parts_async,
)
from .reading import reads

Strategy = Literal["realtime", "batch-with-updates", "insert-only"]


class ObservabilityStrategy(TypedDict):
    """How Mastra's exporters write spans."""

    preferred: Strategy
    supported: list[Strategy]


_STRATEGY: ObservabilityStrategy = {
    "preferred": "batch-with-updates",
    "supported": ["realtime", "batch-with-updates", "insert-only"],
}

_MAX_RECORDS = 250
"""How many spans a call writes: each reads of its trace, too."""

_MAX_BYTES = 2 * 1024 * 1024
"""How much JSON of spans a call writes, well below the 16 MiB of a transaction."""

_JSON = frozenset(
    {
        "attributes",
        "error",
        "input",
        "links",
        "metadata",
        "output",
        "request_context",
        "scope",
    }
)
"""The fields of spans that may be of any size."""


_Traces = Listed[TraceSpan, SpanKey, TracesPagination]
_LightTraces = Listed[LightSpanRecord, SpanKey, TracesPagination]


def _is_end(part: SpansPart | LightSpansPart) -> bool:
    return part.next is MISSING


def _after(before: SpansPart | LightSpansPart | None) -> SpanPlace | MISSING:
    return MISSING if before is None else before.next


def _is_all(part: FoundSpans) -> bool:
    return not part.pending


def _require_ids(records: Iterable[CreateSpanRecord]) -> None:
    """Raise `InvalidArgument` before the first of several transactions."""
    for one in records:
        for name, value in (("Span", one.span_id), ("Trace", one.trace_id)):
            if value == "":
                raise InvalidArgument(f"{name} ID is required for creating a span")


def _new(records: Iterable[CreateSpanRecord]) -> Batches[CreateSpanRecord]:
    """Raises `LimitExceeded` or `InvalidArgument` for a record that Convex does not take."""
    return Batches(records, _span_bytes, most=_MAX_RECORDS, most_bytes=_MAX_BYTES)


def _changes(records: Iterable[SpanUpdate]) -> Batches[SpanUpdate]:
    """Raises `LimitExceeded` or `InvalidArgument` for a record that Convex does not take."""
    return Batches(
        records, _span_bytes, most=_MAX_RECORDS, most_bytes=_MAX_BYTES, document_of=_span
    )


def _span_bytes(record: CreateSpanRecord | SpanUpdate) -> int:
    return sent_bytes(record, _span(record).name, json=_JSON)


def _span(record: CreateSpanRecord | SpanUpdate) -> Document:
    return Document("span", (record.trace_id, record.span_id))


def _require_depth(depth: int | MISSING) -> None:
    """Raises `InvalidArgument`."""
    if depth is not MISSING and depth < 0:
        raise InvalidArgument("depth must be >= 0")


def _branch(spans: Sequence[LightSpanRecord], span_id: str, depth: int | MISSING) -> list[str]:
    """The IDs of a span and of those below it, so many levels deep, in the order of the spans."""
    level = [one.span_id for one in spans if one.span_id == span_id]
    below: dict[str | None, list[str]] = {}
    for one in spans:
        below.setdefault(one.parent_span_id, []).append(one.span_id)
    found = dict.fromkeys(level)
    deep = 0
    while level and (depth is MISSING or deep < depth):
        children = [child for parent in level for child in below.get(parent, [])]
        level = [child for child in dict.fromkeys(children) if child not in found]
        found.update(dict.fromkeys(level))
        deep += 1
    return [one.span_id for one in spans if one.span_id in found]


class MastraObservability(MastraObservabilityFunctions):
    """The spans of Mastra's traces."""

    observability_strategy: ObservabilityStrategy = _STRATEGY
    tracing_strategy: ObservabilityStrategy = _STRATEGY

    @reads("records")
    def batch_create_spans(self, *, records: list[CreateSpanRecord]) -> None:
        """Stores some spans, all or none; more than a transaction writes are several.

        What is wrong is found before.
        """
        _require_ids(records)
        for step in _new(records):
            with step:
                if step.is_written:
                    super().batch_create_spans(records=step.records)
                else:
                    self.check_spans(records=step.records)

    @reads("records")
    def batch_update_spans(self, *, records: list[SpanUpdate]) -> None:
        """Changes some spans, all or none; more than a transaction writes are several.

        Raises `NotFound`. What is wrong is found before.
        """
        for step in _changes(records):
            with step:
                if step.is_written:
                    super().batch_update_spans(records=step.records)
                else:
                    self.check_span_updates(records=step.records)

    @reads("trace_ids")
    def batch_delete_traces(
        self,
        *,
        trace_ids: list[str],
        organization_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
    ) -> None:
        """Deletes traces, or what belongs to a tenant of them."""
        part = DeletedTraces(is_done=False)
        while not part.is_done:
            part = self.delete_traces(
                trace_ids=trace_ids,
                organization_id=organization_id,
                resource_id=resource_id,
                from_=part.next,
            )

    def dangerously_clear_all(self) -> None:
        """Deletes all spans."""
        is_done = False
        while not is_done:
            is_done = self.clear()

    def get_trace(self, *, trace_id: str) -> GetTraceResponse | None:
        """The spans of a trace, the first started first."""

        def read(seen: MastraObservabilityFunctions, before: SpansPart | None) -> SpansPart:
            return seen.read_trace(trace_id=trace_id, after=_after(before))

        found = parts(self._client, MastraObservabilityFunctions, read, _is_end)
        spans = [span for part in found for span in part.spans]
        return GetTraceResponse(trace_id=trace_id, spans=spans) if spans else None

    def get_structure(self, *, trace_id: str) -> GetStructureResponse | None:
        """The spans of a trace without what is large, the first started first."""

        def read(
            seen: MastraObservabilityFunctions, before: LightSpansPart | None
        ) -> LightSpansPart:
            return seen.read_structure(trace_id=trace_id, after=_after(before))

        found = parts(self._client, MastraObservabilityFunctions, read, _is_end)
        spans = [span for part in found for span in part.spans]
        return GetStructureResponse(trace_id=trace_id, spans=spans) if spans else None

    def get_trace_light(self, *, trace_id: str) -> GetStructureResponse | None:
        """As `get_structure`, by its former name."""
        return self.get_structure(trace_id=trace_id)

    @reads("trace_id", "span_ids")
    def get_spans(self, *, trace_id: str, span_ids: list[str]) -> GetSpansResponse:
        """Some spans of a trace; those that are not there are left out."""
        keys = [SpanKey(trace_id=trace_id, span_id=span_id) for span_id in span_ids]
        if not keys:
            return GetSpansResponse(trace_id=trace_id, spans=[])

        def read(seen: MastraObservabilityFunctions, before: FoundSpans | None) -> FoundSpans:
            return seen.read_spans(keys=keys if before is None else before.pending)

        found = parts(self._client, MastraObservabilityFunctions, read, _is_all)
        spans = [span for part in found for span in part.spans]
        return GetSpansResponse(trace_id=trace_id, spans=spans)

    @reads("trace_id", "span_id", "depth")
    def get_branch(
        self, *, trace_id: str, span_id: str, depth: Integer | MISSING = MISSING
    ) -> GetTraceResponse | None:
        """A span and those below it, the first started first."""
        _require_depth(depth)
        with of_one_moment(self._client, MastraObservability) as seen:
            structure = seen.get_structure(trace_id=trace_id)
            span_ids = _branch(structure.spans, span_id, depth) if structure else []
            found = seen.get_spans(trace_id=trace_id, span_ids=span_ids)
        spans = found.spans
        return GetTraceResponse(trace_id=trace_id, spans=spans) if spans else None

    @reads("mode")
    def list_traces(
        self,
        *,
        mode: Literal["page", "delta"] | MISSING = MISSING,
        filters: TracesFilter | MISSING = MISSING,
        pagination: TracesPage | MISSING = MISSING,
        order_by: TracesOrder | MISSING = MISSING,
        after: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> ListTracesResponse:
        """A page of the traces that meet conditions, by their roots, and how many there are."""
        if mode == "delta" or after is not MISSING or limit is not MISSING:
            return super().list_traces(mode=mode, after=after, limit=limit)

        def read(seen: MastraObservabilityFunctions, before: _Traces | None) -> _Traces:
            if before is not None and before.pending:
                part = seen.read_trace_spans(keys=before.pending)
                return replace(before, items=part.spans, pending=part.pending)
            found = seen.find_traces(
                filters=filters,
                pagination=pagination,
                order_by=order_by,
                cursor=MISSING if before is None else before.cursor,
                counted=MISSING if before is None else before.page.total,
            )
            return _Traces(found.spans, found.pending, found.cursor, found.pagination)

        found = parts(self._client, MastraObservabilityFunctions, read, is_listed)
        spans = [span for part in found for span in part.items]
        return ListTracesResponse(spans=spans, pagination=found[-1].page)

    @reads("mode")
    def list_traces_light(
        self,
        *,
        mode: Literal["page", "delta"] | MISSING = MISSING,
        filters: TracesFilter | MISSING = MISSING,
        pagination: TracesPage | MISSING = MISSING,
        order_by: TracesOrder | MISSING = MISSING,
        after: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> ListTracesLightResponse:
        """As `list_traces`, with what a list shows of each."""
        if mode == "delta" or after is not MISSING or limit is not MISSING:
            return super().list_traces_light(mode=mode, after=after, limit=limit)

        def read(seen: MastraObservabilityFunctions, before: _LightTraces | None) -> _LightTraces:
            if before is not None and before.pending:
                part = seen.read_light_spans(keys=before.pending)
                return replace(before, items=part.spans, pending=part.pending)
            found = seen.find_light_traces(
                filters=filters,
                pagination=pagination,
                order_by=order_by,
                cursor=MISSING if before is None else before.cursor,
                counted=MISSING if before is None else before.page.total,
            )
            return _LightTraces(found.spans, found.pending, found.cursor, found.pagination)

        found = parts(self._client, MastraObservabilityFunctions, read, is_listed)
        spans = [span for part in found for span in part.items]
        return ListTracesLightResponse(spans=spans, pagination=found[-1].page)


class AsyncMastraObservability(AsyncMastraObservabilityFunctions):
    """The spans of Mastra's traces, from asyncio."""

    observability_strategy: ObservabilityStrategy = _STRATEGY
    tracing_strategy: ObservabilityStrategy = _STRATEGY

    @reads("records")
    async def batch_create_spans(self, *, records: list[CreateSpanRecord]) -> None:
        """Stores some spans, all or none; more than a transaction writes are several.

        What is wrong is found before.
        """
        _require_ids(records)
        for step in _new(records):
            with step:
                if step.is_written:
                    await super().batch_create_spans(records=step.records)
                else:
                    await self.check_spans(records=step.records)

    @reads("records")
    async def batch_update_spans(self, *, records: list[SpanUpdate]) -> None:
        """Changes some spans, all or none; more than a transaction writes are several.

        Raises `NotFound`. What is wrong is found before.
        """
        for step in _changes(records):
            with step:
                if step.is_written:
                    await super().batch_update_spans(records=step.records)
                else:
                    await self.check_span_updates(records=step.records)

    @reads("trace_ids")
    async def batch_delete_traces(
        self,
        *,
        trace_ids: list[str],
        organization_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
    ) -> None:
        """Deletes traces, or what belongs to a tenant of them."""
        part = DeletedTraces(is_done=False)
        while not part.is_done:
            part = await self.delete_traces(
                trace_ids=trace_ids,
                organization_id=organization_id,
                resource_id=resource_id,
                from_=part.next,
            )

    async def dangerously_clear_all(self) -> None:
        """Deletes all spans."""
        is_done = False
        while not is_done:
            is_done = await self.clear()

    async def get_trace(self, *, trace_id: str) -> GetTraceResponse | None:
        """The spans of a trace, the first started first."""

        async def read(
            seen: AsyncMastraObservabilityFunctions, before: SpansPart | None
        ) -> SpansPart:
            return await seen.read_trace(trace_id=trace_id, after=_after(before))

        found = await parts_async(self._client, AsyncMastraObservabilityFunctions, read, _is_end)
        spans = [span for part in found for span in part.spans]
        return GetTraceResponse(trace_id=trace_id, spans=spans) if spans else None

    async def get_structure(self, *, trace_id: str) -> GetStructureResponse | None:
        """The spans of a trace without what is large, the first started first."""

        async def read(
            seen: AsyncMastraObservabilityFunctions, before: LightSpansPart | None
        ) -> LightSpansPart:
            return await seen.read_structure(trace_id=trace_id, after=_after(before))

        found = await parts_async(self._client, AsyncMastraObservabilityFunctions, read, _is_end)
        spans = [span for part in found for span in part.spans]
        return GetStructureResponse(trace_id=trace_id, spans=spans) if spans else None

    async def get_trace_light(self, *, trace_id: str) -> GetStructureResponse | None:
        """As `get_structure`, by its former name."""
        return await self.get_structure(trace_id=trace_id)

    @reads("trace_id", "span_ids")
    async def get_spans(self, *, trace_id: str, span_ids: list[str]) -> GetSpansResponse:
        """Some spans of a trace; those that are not there are left out."""
        keys = [SpanKey(trace_id=trace_id, span_id=span_id) for span_id in span_ids]
        if not keys:
            return GetSpansResponse(trace_id=trace_id, spans=[])

        async def read(
            seen: AsyncMastraObservabilityFunctions, before: FoundSpans | None
        ) -> FoundSpans:
            return await seen.read_spans(keys=keys if before is None else before.pending)

        found = await parts_async(self._client, AsyncMastraObservabilityFunctions, read, _is_all)
        spans = [span for part in found for span in part.spans]
        return GetSpansResponse(trace_id=trace_id, spans=spans)

    @reads("trace_id", "span_id", "depth")
    async def get_branch(
        self, *, trace_id: str, span_id: str, depth: Integer | MISSING = MISSING
    ) -> GetTraceResponse | None:
        """A span and those below it, the first started first."""
        _require_depth(depth)
        async with of_one_moment_async(self._client, AsyncMastraObservability) as seen:
            structure = await seen.get_structure(trace_id=trace_id)
            span_ids = _branch(structure.spans, span_id, depth) if structure else []
            found = await seen.get_spans(trace_id=trace_id, span_ids=span_ids)
        spans = found.spans
        return GetTraceResponse(trace_id=trace_id, spans=spans) if spans else None

    @reads("mode")
    async def list_traces(
        self,
        *,
        mode: Literal["page", "delta"] | MISSING = MISSING,
        filters: TracesFilter | MISSING = MISSING,
        pagination: TracesPage | MISSING = MISSING,
        order_by: TracesOrder | MISSING = MISSING,
        after: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> ListTracesResponse:
        """A page of the traces that meet conditions, by their roots, and how many there are."""
        if mode == "delta" or after is not MISSING or limit is not MISSING:
            return await super().list_traces(mode=mode, after=after, limit=limit)

        async def read(seen: AsyncMastraObservabilityFunctions, before: _Traces | None) -> _Traces:
            if before is not None and before.pending:
                part = await seen.read_trace_spans(keys=before.pending)
                return replace(before, items=part.spans, pending=part.pending)
            found = await seen.find_traces(
                filters=filters,
                pagination=pagination,
                order_by=order_by,
                cursor=MISSING if before is None else before.cursor,
                counted=MISSING if before is None else before.page.total,
            )
            return _Traces(found.spans, found.pending, found.cursor, found.pagination)

        found = await parts_async(self._client, AsyncMastraObservabilityFunctions, read, is_listed)
        spans = [span for part in found for span in part.items]
        return ListTracesResponse(spans=spans, pagination=found[-1].page)

    @reads("mode")
    async def list_traces_light(
        self,
        *,
        mode: Literal["page", "delta"] | MISSING = MISSING,
        filters: TracesFilter | MISSING = MISSING,
        pagination: TracesPage | MISSING = MISSING,
        order_by: TracesOrder | MISSING = MISSING,
        after: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> ListTracesLightResponse:
        """As `list_traces`, with what a list shows of each."""
        if mode == "delta" or after is not MISSING or limit is not MISSING:
            return await super().list_traces_light(mode=mode, after=after, limit=limit)

        async def read(
            seen: AsyncMastraObservabilityFunctions, before: _LightTraces | None
        ) -> _LightTraces:
            if before is not None and before.pending:
                part = await seen.read_light_spans(keys=before.pending)
                return replace(before, items=part.spans, pending=part.pending)
            found = await seen.find_light_traces(
                filters=filters,
                pagination=pagination,
                order_by=order_by,
                cursor=MISSING if before is None else before.cursor,
                counted=MISSING if before is None else before.page.total,
            )
            return _LightTraces(found.spans, found.pending, found.cursor, found.pagination)

        found = await parts_async(self._client, AsyncMastraObservabilityFunctions, read, is_listed)
        spans = [span for part in found for span in part.items]
        return ListTracesLightResponse(spans=spans, pagination=found[-1].page)
