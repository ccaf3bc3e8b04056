"""Names in the styles of Python and TypeScript."""

from __future__ import annotations

import keyword

import pytest
from convexgen.naming import (
    MODEL_ATTRIBUTES,
    camel_case,
    enum_members,
    index_function,
    pascal_case,
    python_attribute,
    python_identifier,
    query_method,
    snake_case,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

IDENTIFIERS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,63}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("threadId", "thread_id"),
        ("getURLFor", "get_url_for"),
        ("metadata2", "metadata2"),
        ("HTTPServer2Foo", "http_server2_foo"),
        ("userID", "user_id"),
        ("WorkflowRun", "workflow_run"),
        ("already_snake", "already_snake"),
        ("by_threadId_and_createdAt", "by_thread_id_and_created_at"),
        ("a", "a"),
        ("ABC", "abc"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("name", "pascal", "camel"),
    [
        ("threadId", "ThreadId", "threadId"),
        ("by_threadId_and_createdAt", "ByThreadIdAndCreatedAt", "byThreadIdAndCreatedAt"),
        ("a-b c", "ABC", "aBC"),
        ("", "", ""),
    ],
)
def test_pascal_and_camel_case(name: str, pascal: str, camel: str) -> None:
    assert pascal_case(name) == pascal
    assert camel_case(name) == camel
    assert index_function(name) == camel


@pytest.mark.parametrize(
    ("wire_name", "expected"),
    [
        ("threadId", "thread_id"),
        ("class", "class_"),
        ("from", "from_"),
        ("json", "json_"),
        ("copy", "copy_"),
        ("modelConfig", "model_config_"),
        ("modelId", "model_id"),
        ("list", "list_"),
        ("datetime", "datetime_"),
        ("type", "type"),
        ("id", "id"),
        ("match", "match"),
    ],
)
def test_python_attribute(wire_name: str, expected: str) -> None:
    assert python_attribute(wire_name) == expected


def test_attributes_of_models_are_those_of_pydantic() -> None:
    assert sorted(MODEL_ATTRIBUTES) == sorted(
        name
        for name in {*dir(BaseModel), *dir(type(BaseModel))}
        if not name.startswith("_") and hasattr(BaseModel, name)
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("getThreadsByResourceId", "by_resource_id"),
        ("findByName", "by_name"),
        ("listRunsByTwo_Words", "by_two_words"),
        ("byThreadId", "by_thread_id"),
        ("newest", "newest"),
        ("getNewest", "get_newest"),
        ("nearby", "nearby"),
        ("by", "by"),
        ("lambda", "lambda_"),
    ],
)
def test_query_method(name: str, expected: str) -> None:
    assert query_method(name) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("pending", "tool-call", "inProgress"), ("PENDING", "TOOL_CALL", "IN_PROGRESS")),
        (("2fa", "+", "", "é", " "), ("VALUE_2FA", "VALUE", "EMPTY", "VALUE_2", "VALUE_3")),
        (("a-b", "a b", "A_B", "a-b_2"), ("A_B", "A_B_2", "A_B_3", "A_B_2_2")),
    ],
)
def test_enum_members(values: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert enum_members(values) == expected


@given(IDENTIFIERS)
def test_what_python_is_given_is_usable(name: str) -> None:
    for result in (python_attribute(name), python_identifier(name), query_method(name)):
        assert result.isidentifier()
        assert not keyword.iskeyword(result)
    assert python_attribute(name) not in MODEL_ATTRIBUTES


@given(IDENTIFIERS)
def test_snake_case_of_snake_case_is_itself(name: str) -> None:
    assert snake_case(snake_case(name)) == snake_case(name)


@given(st.lists(st.text(), unique=True))
def test_enum_members_are_different_identifiers(values: list[str]) -> None:
    members = enum_members(values)
    assert len(set(members)) == len(values)
    assert all(member.isidentifier() and member.isascii() for member in members)


@given(st.lists(st.text(), min_size=1, unique=True))
def test_a_value_added_at_the_end_leaves_the_other_members(values: list[str]) -> None:
    assert enum_members(values)[:-1] == enum_members(values[:-1])
