"""The WebSocket sync protocol, message by message."""

from collections.abc import Callable
from typing import Any

import pytest
from node_scripts import run_script

SCENARIOS: dict[str, Any] = {
    "versions": {
        "modifications": [["QueryUpdated"], ["QueryUpdated"], ["QueryRemoved"], []],
        "versions": [[1, 0], [2, 0], [3, 0], [3, 1]],
        "areChained": True,
    },
    "answers": {
        "answers": [
            ["ActionResponse", 2, False, "CONFLICT"],
            ["MutationResponse", 0, True, None],
            ["MutationResponse", 1, False, "CONFLICT"],
        ],
        "effectFollowsAnswer": True,
        "isLastATransition": "Transition",
        "hasTimestamp": "string",
    },
    "duplicates": {
        "bodies": ["once", "another session"],
        "isSameAnswer": True,
        "successes": [True, False, True, False],
    },
    "errors": {
        "types": ["QueryUpdated", "QueryFailed", "QueryUpdated"],
        "mentions": True,
        "kept": "string",
    },
    "chunks": {
        "/api/1.48.0/sync": [6_000_000, 2],
        "/api/1.27.0/sync": [6_000_000],
        "/api/sync": [6_000_000],
    },
    "identities": [
        None,
        {
            "givenName": "Ann",
            "issuer": "https://issuer",
            "role": "chef",
            "subject": "ann",
            "tokenIdentifier": "https://issuer|ann",
        },
        {"issuer": "i", "subject": "bob", "tokenIdentifier": "i|bob"},
        None,
    ],
    "journals": [["a", "b"], ["b"], ["b"], ["b", "c"]],
    "events": "MutationResponse",
    "stress": {"distinct": 300, "isMonotonic": True},
}


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_messages(run_node: Callable[..., Any], channel: str, scenario: str, expected: Any) -> None:
    assert run_node("sync.mjs", scenario, channel) == expected


def test_silent_clients_are_pinged() -> None:
    """By a message and by WebSocket's own ping, until they are gone."""
    assert run_script("pings.mjs") == ["Ping", "ping of WebSocket"] * 2


def test_only_a_touched_range_runs_again(run_node: Callable[..., Any], channel: str) -> None:
    assert run_node("sync.mjs", "ranges", channel) == {
        "count": 2,
        "value": ["votes 6"],
        "logLines": [f"[LOG] 'top' '{channel}'"],
    }
