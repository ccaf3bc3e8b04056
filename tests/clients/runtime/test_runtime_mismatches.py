"""How errors of values that do not fit are made of others."""

from __future__ import annotations

import sys
from enum import StrEnum
from types import FrameType
from typing import Annotated, Any, Literal
from uuid import UUID

import numpy
import pytest
from convexgen.runtime.mismatches import common, describe_mismatch
from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError


def _refusal(type_: Any, value: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(type_).validate_python(value)
    return caught.value


def _as_text(value: Any) -> Any:
    return value


class _Status(StrEnum):
    LIVE = "live"


class _Item(BaseModel):
    mixed: Annotated[_Status, BeforeValidator(_as_text)] | Literal["low", "mid"]
    title: str = ""
    tags: list[str] = []


def test_fault_14_no_names_that_pydantic_gives_to_types_of_a_union() -> None:
    said = describe_mismatch(_refusal(_Item, {"mixed": 1.5}))
    assert said.startswith("mixed: Input should be 'live'")
    assert said.endswith("; mixed: Input should be 'low' or 'mid'")


def test_fault_14_what_is_of_another_type_is_refused_by_its_name() -> None:
    given = {"mixed": "low", "title": UUID(int=0), "tags": numpy.array("live")}
    assert describe_mismatch(_refusal(_Item, given)) == (
        "title: Input should be a valid string, found UUID; "
        "tags: Input should be a valid list, found numpy.ndarray"
    )


def _errors(number: int) -> tuple[ValidationError, ValidationError]:
    """Of lists of documents, each with text where there is none, by one schema and a larger one."""
    documents = [{"known": "text", "new": "text"}] * number
    one = _refusal(list[dict[str, int]], documents)
    wrong = [{"known": "text"}] * number
    return one, _refusal(list[dict[str, int | bool]], wrong)


def _calls(number: int) -> int:
    error, other = _errors(number)
    count = 0

    def see(frame: FrameType, event: str, what: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(see)
    try:
        common(error, other)
    finally:
        sys.setprofile(None)
    return count


def test_common_problems_are_those_at_places_without_further_steps() -> None:
    error, other = _errors(3)
    assert [problem["loc"] for problem in error.errors()] == [
        (number, name) for number in range(3) for name in ("known", "new")
    ]
    assert {len(problem["loc"]) for problem in other.errors()} == {3}
    found = common(error, other).errors()
    assert [problem["loc"] for problem in found] == [(number, "known") for number in range(3)]


def test_the_work_of_comparing_grows_with_the_errors_not_with_their_product() -> None:
    assert _calls(400) < 6 * _calls(100)
