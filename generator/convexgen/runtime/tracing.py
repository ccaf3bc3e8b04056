"""Calls as spans of OpenTelemetry, by its conventions for clients of remote procedure calls.

Source: opentelemetry.io/docs/specs/semconv/rpc/rpc-spans. The package is imported when spans are
asked for, and never otherwise.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

from .call_events import CallEvent, OnCall

_PORTS = {"http": 80, "https": 443}


class TracerProvider(Protocol):
    """That of OpenTelemetry."""

    def get_tracer(self, instrumenting_module_name: str, /) -> Any:
        """A tracer of that name."""
        ...


def trace_calls(tracer_provider: TracerProvider | None = None) -> OnCall:
    """What makes a span of each call, for the `on_call` of a client.

    The spans are those of the provider, by default of the one that the program has set, and are in
    the span that is current where the call is made. Raises `ImportError` without OpenTelemetry.
    """
    trace: Any = import_module("opentelemetry.trace")
    tracer: Any = trace.get_tracer(__name__, tracer_provider=tracer_provider)
    client, failed = trace.SpanKind.CLIENT, trace.Status(trace.StatusCode.ERROR)

    def make_span(event: CallEvent) -> None:
        end = time.time_ns()
        span: Any = tracer.start_span(
            event.path,
            kind=client,
            # What samplers decide by is there from the beginning.
            attributes={
                "rpc.system.name": "convex",
                "rpc.method": event.path,
                **_server(event.url),
                "convex.function.kind": event.kind,
            },
            start_time=end - round(event.seconds * 1e9),
        )
        span.set_attributes(
            {
                "convex.attempts": event.attempts,
                "convex.request.size": event.bytes_sent,
                "convex.response.size": event.bytes_received,
            }
        )
        if event.request_id is not None:
            span.set_attribute("convex.request_id", event.request_id)
        if event.error is not None:
            span.set_attribute("error.type", event.error.__qualname__)
            span.set_status(failed)
        span.end(end)

    return make_span


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "server.address": parts.hostname or "",
        "server.port": parts.port or _PORTS[parts.scheme],
    }
