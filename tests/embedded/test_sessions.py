"""Sessions of the sync protocol, as the sources of Convex's backend have them.

Answers are kept by session and request, who calls is known when a message comes, and what is wrong
ends the socket that it came over: by a message when the client is at fault, by a close alone else.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script

PROJECT = Path(__file__).parent / "project"
DAY = 24 * 60 * 60 * 1000
"""In milliseconds."""

FATAL = "FatalError 1005"
INTERNAL = "1011"

SCENARIOS: dict[str, Any] = {
    "many": {"again": [True, True, True], "count": 1300},
    "another": [True, True],
    "together": {"bodies": ["once"], "results": 1, "failures": 8},
    "unnamed": ["first", "second"],
    "switched": [True, True, 21],
    "identities": [1, None, "ann"],
    "refused": {"ends": [["AuthError", 1005, 1, True]] * 3, "bodies": ["after"]},
    "expired": {
        "ends": {
            need: ["AuthError", 1005, False] for need in ("mutation", "action", "query", "update")
        },
        "bodies": ["other"],
    },
    "observed": [[1011], True, True],
    "forms": ["QueryUpdated", "QueryUpdated", True, True],
    "changes": [
        ["QueryUpdated 2", "QueryUpdated 5", "QueryUpdated 9"],
        ["QueryRemoved 2", "QueryUpdated 5", "QueryRemoved 7"],
    ],
    "queue": [1000, 1013, True],
    "npmClient": ["ann", "ann", True],
}

OTHER_ENDS = {
    "bytes": INTERNAL,
    "a timestamp ahead": INTERNAL,
    "a version that does not grow": INTERNAL,
    "a query that is not there": INTERNAL,
    "a query that is there": INTERNAL,
    "another base version of identities": INTERNAL,
    "a component's query": INTERNAL,
    "a component's mutation": INTERNAL,
    "a component's action": INTERNAL,
    "a component's query of who acts as a user": INTERNAL,
    "what is right": "fine",
}


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_sessions(run_node: Callable[..., Any], channel: str, scenario: str, expected: Any) -> None:
    assert run_node("sessions.mjs", scenario, channel) == expected


def test_what_ends_a_socket(run_node: Callable[..., Any], channel: str) -> None:
    ends = run_node("sessions.mjs", "violations", channel)
    assert ends == {name: OTHER_ENDS.get(name, FATAL) for name in ends}
    assert OTHER_ENDS.keys() <= ends.keys()
    assert len(ends) > 40


def test_answers_outlive_a_lost_socket(run_node: Callable[..., Any], channel: str) -> None:
    """The mutation that ran is made, and its answer is there for who asks again."""
    assert run_node("sessions.mjs", "lost", channel) == [["body 0"], True]


def run(backend: EmbeddedBackend, script: str, *arguments: str) -> Any:
    return run_script(script, *arguments, CONVEX_URL=backend.url, ADMIN_KEY=backend.admin_key)


def kill(backend: EmbeddedBackend) -> None:
    os.kill(backend.pid, signal.SIGKILL)
    backend.wait()


def test_answers_are_kept_for_14_days() -> None:
    session = str(uuid4())
    with EmbeddedBackend.start(PROJECT, is_controlled=True) as backend:
        first = run(backend, "sync.mjs", "oneMutation", session)
        backend.control("clock.advance", {"milliseconds": 13 * DAY})
        assert run(backend, "sync.mjs", "oneMutation", session) == first
        backend.control("clock.advance", {"milliseconds": 2 * DAY})
        again = run(backend, "sync.mjs", "oneMutation", session)
        assert again["bodies"] == ["once", "once"]
        assert again["answer"]["result"] != first["answer"]["result"]
        assert run(backend, "sync.mjs", "oneMutation", session) == again


def test_answers_outlive_a_kill(tmp_path: Path) -> None:
    """Of more than a thousand mutations, and of one that wrote nothing."""
    session, data = str(uuid4()), tmp_path / "data"
    with EmbeddedBackend.start(PROJECT, data=data) as backend:
        first = run(backend, "sessions.mjs", "before", session)
        kill(backend)
    for _ in range(2):
        with EmbeddedBackend.start(PROJECT, data=data) as backend:
            again = run(backend, "sessions.mjs", "after", session)
            assert again == {"kept": first, "stored": 1300}
            kill(backend)
