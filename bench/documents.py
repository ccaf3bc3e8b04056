"""The documents that are encoded and decoded, as a program writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

COUNT = 100
"""How many there are of each kind: the documents of one call."""

_MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def thread(number: int) -> dict[str, Any]:
    """The fields of a `Thread`, by Python name: five, with a small object."""
    return {
        "thread_id": f"thread-{number:08}",
        "resource_id": f"user-{number % 10}",
        "title": f"Trip no. {number} from Oslo to Bergen, by train",
        "metadata": {"topic": "travel", "turns": number, "tags": ["train", "fjord"], "open": True},
        "created_at": _MOMENT + timedelta(seconds=number),
    }


def trace(number: int) -> dict[str, Any]:
    """The fields of a `Trace`, by Python name: 24, a call of a model with its messages."""
    started = _MOMENT + timedelta(milliseconds=250 * number)
    return {
        "trace_id": f"{number // 10:032x}",
        "span_id": f"{number:016x}",
        "parent_span_id": f"{number - 1:016x}",
        "name": "llm: 'travel-model'",
        "span_type": "model_generation",
        "kind": 3,
        "is_event": False,
        "thread_id": f"thread-{number:08}",
        "resource_id": f"user-{number % 10}",
        "run_id": f"run-{number // 5}",
        "environment": "production",
        "service_name": "travel-agent",
        "tags": ["train", "fjord", "v2"],
        "entity_type": "agent",
        "entity_id": "travel-agent",
        "entity_name": "Travel agent",
        "attributes": {
            "model": "travel-model",
            "parameters": {"temperature": 0.2, "maxOutputTokens": 1024, "seed": 7},
            "usage": {
                "inputTokens": 512 + number,
                "outputTokens": 128,
                "totalTokens": 640 + number,
            },
            "streaming": True,
        },
        "metadata": {"region": "eu-north-1", "attempt": 1, "cached": None},
        "status": {"code": "ok", "message": ""},
        "input": {
            "messages": [
                {"role": "system", "content": "You plan trips by train in the Nordic countries."},
                {"role": "user", "content": "When does the next train to Bergen leave?"},
            ]
        },
        "output": {
            "text": "The next one leaves at 14:25 from platform 3 and takes six and a half hours.",
            "toolCalls": [{"name": "timetable", "args": {"from": "Oslo S", "to": "Bergen"}}],
        },
        "started_at": started,
        "ended_at": started + timedelta(milliseconds=187.5),
        "created_at": started,
    }
