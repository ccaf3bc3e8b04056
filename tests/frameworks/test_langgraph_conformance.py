"""The kit by which LangGraph says what a checkpointer is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability
from savers_in_threads import Drive

TESTS = 81
"""How many the kit has."""


def test_all_of_it(drive: Drive) -> None:
    async def judge(saver: Any) -> Any:
        @checkpointer_test(name=type(saver).__name__)
        async def registered() -> AsyncGenerator[Any, None]:
            yield saver

        return await validate(registered)

    report = drive(judge)
    assert set(report.results) == {one.value for one in Capability}
    assert [failure for one in report.results.values() for failure in one.failures] == []
    assert sum(one.tests_passed for one in report.results.values()) == TESTS
    assert all(one.passed for one in report.results.values())
