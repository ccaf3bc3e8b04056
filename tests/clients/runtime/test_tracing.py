"""Calls as spans of OpenTelemetry, by its SDK."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Generator, Sequence
from urllib.parse import urlsplit

import pytest
from convexgen.embedded import EmbeddedBackend
from loopback import closed_port_url
from mastra_convex import (
    AccessDenied,
    AsyncConvexStorage,
    ConvexStorage,
    NotFound,
    Thread,
    Unavailable,
    trace_calls,
)
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, StatusCode, TraceState
from opentelemetry.util._once import Once
from opentelemetry.util.types import Attributes
from page_examples import blocks
from project import ROOT

UNASKED = """
import sys
from mastra_convex import CallEvent, ConvexStorage, Unavailable, trace_calls
with ConvexStorage({url!r}, deploy_key="k", on_call=lambda event: None) as storage:
    try:
        storage.threads.get("t1")
    except Unavailable:
        print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
sys.modules["opentelemetry.trace"] = None
try:
    trace_calls()
except ImportError as error:
    print(error.name)
"""


@pytest.fixture(scope="module")
def backend() -> Generator[EmbeddedBackend, None, None]:
    with EmbeddedBackend.start(ROOT) as backend:
        yield backend


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def attributes_of(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_span_for_each_call(
    backend: EmbeddedBackend, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracer = provider.get_tracer("app")
    options = {"deploy_key": backend.admin_key, "on_call": trace_calls(provider)}
    with (
        ConvexStorage(backend.url, **options) as storage,
        tracer.start_as_current_span("request") as request,
    ):
        storage.threads.get("t1")
        storage.threads.delete("t1")
    reading, deleting, whole = exporter.get_finished_spans()
    assert (reading.name, deleting.name) == ("threads:getById", "threads:remove")
    server = urlsplit(backend.url)
    for span, kind in ((reading, "query"), (deleting, "mutation")):
        assert span.kind is SpanKind.CLIENT
        assert span.status.status_code is StatusCode.UNSET
        assert span.parent == request.get_span_context()
        # They lie in the span that they are part of.
        assert whole.start_time <= span.start_time < span.end_time <= whole.end_time
        attributes = attributes_of(span)
        assert attributes.pop("convex.request.size") > 0
        assert attributes.pop("convex.response.size") > 0
        assert attributes == {
            "rpc.system.name": "convex",
            "rpc.method": span.name,
            "server.address": server.hostname,
            "server.port": server.port,
            "convex.function.kind": kind,
            "convex.attempts": 1,
        }
    assert reading.end_time <= deleting.start_time


def test_tasks_have_spans_in_their_own(
    backend: EmbeddedBackend, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracer = provider.get_tracer("app")

    async def main() -> None:
        async with AsyncConvexStorage(
            backend.url, deploy_key=backend.admin_key, on_call=trace_calls(provider)
        ) as storage:

            async def read(number: int) -> None:
                with tracer.start_as_current_span(f"request {number}"):
                    await storage.threads.get(f"t{number}")

            await asyncio.gather(*map(read, range(8)))

    asyncio.run(main())
    spans = exporter.get_finished_spans()
    requests = {one.context.span_id for one in spans if one.name.startswith("request")}
    calls = [one for one in spans if one.name == "threads:getById"]
    assert len(calls) == 8
    assert {one.parent.span_id for one in calls if one.parent} == requests


def test_what_is_made_beside_is_in_the_span_of_who_asks(
    backend: EmbeddedBackend, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    options = {"deploy_key": backend.admin_key, "on_call": trace_calls(provider)}
    with (
        ConvexStorage(backend.url, **options) as storage,
        provider.get_tracer("app").start_as_current_span("load") as load,
    ):
        storage.threads.save_many(
            (Thread(thread_id=f"beside{number}", resource_id="r") for number in range(1001)),
            concurrency=2,
        )
    *batches, _ = exporter.get_finished_spans()
    assert len(batches) > 2
    assert all(one.parent == load.get_span_context() for one in batches)


def test_the_span_of_a_call_that_fails(
    backend: EmbeddedBackend, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    on_call = trace_calls(provider)
    with (
        ConvexStorage(closed_port_url(), deploy_key="k", on_call=on_call) as storage,
        pytest.raises(Unavailable),
    ):
        storage.threads.get("t1")
    with (
        ConvexStorage(backend.url, auth="no-token", on_call=on_call) as storage,
        pytest.raises(AccessDenied),
    ):
        storage.threads.get("t1")
    unavailable, denied = exporter.get_finished_spans()
    for span, kind, attempts in ((unavailable, "Unavailable", 0), (denied, "AccessDenied", 1)):
        assert span.status.status_code is StatusCode.ERROR
        # A message may have what was given.
        assert (span.status.description, span.events) == (None, ())
        assert attributes_of(span)["error.type"] == kind
        assert attributes_of(span)["convex.attempts"] == attempts


def test_the_request_of_a_function_that_failed(
    backend: EmbeddedBackend, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    options = {"deploy_key": backend.admin_key, "on_call": trace_calls(provider)}
    with (
        ConvexStorage(backend.url, **options) as storage,
        pytest.raises(NotFound) as caught,
    ):
        storage.threads.update("nobody", title="Oslo")
    (span,) = exporter.get_finished_spans()
    assert caught.value.request_id
    assert attributes_of(span)["convex.request_id"] == caught.value.request_id


def test_samplers_have_what_they_decide_by(backend: EmbeddedBackend) -> None:
    class Mutations(Sampler):
        """Samples these alone."""

        def should_sample(
            self,
            parent_context: Context | None,
            trace_id: int,
            name: str,
            kind: SpanKind | None = None,
            attributes: Attributes = None,
            links: Sequence[Link] | None = None,
            trace_state: TraceState | None = None,
        ) -> SamplingResult:
            is_mutation = (attributes or {}).get("convex.function.kind") == "mutation"
            return SamplingResult(Decision.RECORD_AND_SAMPLE if is_mutation else Decision.DROP)

        def get_description(self) -> str:
            return "mutations"

    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=Mutations())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    options = {"deploy_key": backend.admin_key, "on_call": trace_calls(provider)}
    with ConvexStorage(backend.url, **options) as storage:
        storage.threads.get("t1")
        storage.threads.delete("t1")
    assert [one.name for one in exporter.get_finished_spans()] == ["threads:remove"]


def test_nothing_is_imported_that_nobody_asks_for() -> None:
    program = UNASKED.format(url=closed_port_url())
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert found.stdout.splitlines() == ["[]", "opentelemetry.trace"]


def test_the_example_of_the_page(
    backend: EmbeddedBackend,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the provider that the program has set, also later."""
    (program,) = blocks("docs/python.md", "py spans")
    monkeypatch.setenv("CONVEX_URL", backend.url)
    monkeypatch.setenv("CONVEX_DEPLOY_KEY", backend.admin_key)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    app: dict[str, object] = {}
    trace.set_tracer_provider(provider)
    exec(program, app)
    reading, request = exporter.get_finished_spans()
    assert (reading.name, request.name) == ("threads:getById", "request")
    assert reading.parent == request.context
