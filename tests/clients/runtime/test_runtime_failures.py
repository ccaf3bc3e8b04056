"""From answers to errors, in the words that Convex uses."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from convexgen.runtime import (
    AccessDenied,
    AlreadyExists,
    Call,
    Conflict,
    ConvexgenError,
    DuplicateKey,
    FunctionFailure,
    Int64Value,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    ServerError,
    Unavailable,
)
from convexgen.runtime.calls import NOTHING
from convexgen.runtime.exchange import read_answer

CALL = Call.query("threads:getById", {}, NOTHING, "get thread by ID 't1'")


def error_of(status: int, body: Any) -> ConvexgenError:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ConvexgenError) as caught:
        read_answer(CALL, status, encoded)
    assert caught.value.operation == "get thread by ID 't1'"
    assert str(caught.value).startswith("Failed to get thread by ID 't1': ")
    return caught.value


def failed(message: str, data: Any = None) -> dict[str, Any]:
    answer = {"status": "error", "errorMessage": message}
    return answer if data is None else {**answer, "errorData": data}


@pytest.mark.parametrize(
    "kind",
    [
        NotFound,
        AlreadyExists,
        DuplicateKey,
        Conflict,
        InvalidArgument,
        LimitExceeded,
        AccessDenied,
    ],
)
def test_codes_of_convex_errors(kind: type[ConvexgenError]) -> None:
    data = {"code": kind.__name__, "message": "the reason", "key": {"$integer": "AQAAAAAAAAA="}}
    error = error_of(200, failed("Uncaught ConvexError: {…}", data))
    assert type(error) is kind
    assert error.reason == "the reason"
    assert error.data["key"] == Int64Value(1)


def test_keys_in_errors_have_the_numbers_that_methods_take() -> None:
    numbers = {"number": 9, "serial": {"$integer": "AQAAAAAAAAA="}, "size": 2.5, "far": 1e300}
    others = {"isOpen": True, "name": "n", "gone": None}
    key = numbers | others
    data = {"code": "NotFound", "message": "m", "key": {"id": 1}, "item": key}
    error = error_of(200, failed("Uncaught ConvexError", data))
    assert repr(error.key) == "{'id': 1}"
    told = {"number": 9, "serial": 1, "size": 2.5, "far": 1e300, **others}
    assert error.item == told
    assert {name: type(one) for name, one in (error.item or {}).items()} == {
        name: type(one) for name, one in told.items()
    }
    error.locate(batch=1, done=0, index=4)
    shown = "number 9, serial 1, size 2.5, far 1e+300, isOpen True, name 'n', gone None"
    assert f"item 4 ({shown})" in str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"code": "Teapot", "message": "short"}, "Teapot: short"),
        ({"message": "short"}, "short"),
        ("short", "short"),
        ([1.0], "the function threw [1.0]"),
        ({"code": "NotFound"}, "the function threw {'code': 'NotFound'}"),
        ({"code": 5.0, "message": "x"}, "x"),
        (0.0, "the function threw 0.0"),
    ],
)
def test_other_convex_errors(data: Any, reason: str) -> None:
    error = error_of(200, failed("Uncaught ConvexError", data))
    assert type(error) is ServerError
    assert error.reason == reason
    assert error.data == data


# In the words of the backend: each with the value that is refused.
WITH_VALUES = {
    "ArgumentValidationError: Object contains extra field `secret` that is not in the validator.": (
        'Object: {note: "x\n    at Validator: v.y Value: 5", secret: "hunter-2"}'
    ),
    "ArgumentValidationError: Value does not match validator.": 'Value: "hunter-2"',
    "ReturnsValidationError: Value does not match validator.": 'Value: ["hunter-2"]',
    'Failed to insert or update a document in table "users" because it does not match the schema: '
    "Object is missing the required field `name`.": 'Object: {secret: "hunter-2"}',
}


@pytest.mark.parametrize("words", WITH_VALUES)
def test_values_that_a_validator_refuses_are_not_told(words: str) -> None:
    value = WITH_VALUES[words]
    for validator in ("\nValidator: v.object({name: v.string()})\n\n    at x", ""):
        error = error_of(200, failed(f"Server Error\n{words}\nPath: .set\n{value}{validator}"))
        told = "".join(traceback.format_exception(error))
        assert "hunter" not in told
        assert "Path: .set" in error.reason
        assert ("Validator: v.object({name: v.string()})" in error.reason) == bool(validator)


def test_a_long_validator_is_cut() -> None:
    fields = ", ".join(f"field{number}: v.string()" for number in range(100))
    text = f"ArgumentValidationError: No.\nValue: 1\nValidator: v.object({{{fields}}})"
    error = error_of(200, failed(text))
    assert "Validator: v.object({field0: v.string(), " in error.reason
    assert len(error.reason) < 400
    assert fields in str(error.__cause__)


MISSING_FUNCTION = (
    "[Request ID: 1a2b] Server Error\nCould not find public function for 'threads:getById'. "
    "Did you forget to run `npx convex dev` or `npx convex deploy`?"
)
ARGUMENTS = (
    "[Request ID: 1a2b] Server Error\nArgumentValidationError: Object is missing the required "
    "field `threadId`. Consider wrapping the field validator in `v.optional(...)`.\n\n"
    "Object: {}\nValidator: v.object({threadId: v.string()})\n\n"
)
UNCAUGHT = (
    "[Request ID: 1a2b] Server Error\nUncaught Error: boom\n"
    "    at handler (../convex/threads.ts:3:8)\n\n  Called by client\n"
)


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (MISSING_FUNCTION, AccessDenied, ["npx convex deploy", "CONVEX_DEPLOY_KEY"]),
        (ARGUMENTS, InvalidArgument, ["missing the required field `threadId`"]),
        (UNCAUGHT, ServerError, ["[Request ID: 1a2b] Server Error boom"]),
        ("[Request ID: 1a2b] Server Error", ServerError, ["[Request ID: 1a2b] Server Error"]),
        ("", ServerError, ["without a message"]),
        (
            "Uncaught Error: Value is too large (1.2 MiB > maximum size 1 MiB)",
            LimitExceeded,
            ["maximum size"],
        ),
        (
            "Uncaught Error: Too many documents read in a single function execution "
            "(limit: 32000).",
            LimitExceeded,
            ["limit: 32000"],
        ),
        ("Array length is too long (9000 > maximum length 8192)", LimitExceeded, ["9000"]),
        (
            "Document is too nested (nested 20 levels deep > maximum nesting 16)",
            LimitExceeded,
            ["16"],
        ),
        ("Function execution timed out (maximum duration: 1s)", LimitExceeded, ["1s"]),
        (
            'Documents read from or written to the "threads" table changed while this mutation '
            "was being run and on every subsequent retry.",
            Unavailable,
            ["too many transactions conflict", '"threads" table'],
        ),
        ("OptimisticConcurrencyControlFailure: …", Unavailable, ["transactions conflict"]),
        ("Uncaught Error: the shoes are too large for you", LimitExceeded, ["shoes"]),
    ],
)
def test_texts(message: str, kind: type[ConvexgenError], words: list[str]) -> None:
    error = error_of(200, failed(message))
    assert type(error) is kind
    for word in words:
        assert word in error.reason
    assert "handler" not in error.reason
    assert isinstance(error.__cause__, FunctionFailure)
    assert str(error.__cause__) == message.replace("Object: {}\n", "")
    assert error.request_id == ("1a2b" if message.startswith("[Request ID: 1a2b]") else None)


CURSOR_OF_ANOTHER_QUERY = (
    "[Request ID: 1a2b] Server Error\nUncaught InvalidCursor: Tried to run a query starting from a "
    "cursor, but it looks like this cursor is from a different query."
)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (
            CURSOR_OF_ANOTHER_QUERY,
            {"isConvexSystemError": True, "paginationError": "InvalidCursor"},
        ),
        (CURSOR_OF_ANOTHER_QUERY, None),
        ('[Request ID: 1a2b] Server Error\nUncaught Error: Failed to parse cursor: "x"', None),
    ],
)
def test_fault_19_cursors_that_are_none_of_a_query(message: str, data: Any) -> None:
    error = error_of(200, failed(message, data))
    assert type(error) is InvalidArgument
    assert "begin with the first page" in error.reason
    assert error.data == data


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"code": "BadDeployKey", "message": "wrong"}, AccessDenied, "BadDeployKey: wrong"),
        (403, {"code": "Forbidden", "message": "no"}, AccessDenied, "credentials"),
        (404, {"code": "FunctionPathNotFound", "message": "no"}, AccessDenied, "npx convex"),
        (429, {"code": "RateLimited", "message": "slow"}, Unavailable, "RateLimited: slow"),
        (503, b"", Unavailable, "HTTP 503"),
        (400, {"code": "BadFormat", "message": "bad"}, InvalidArgument, "BadFormat: bad"),
        (404, b"<html>not\n here</html>", ServerError, "not a Convex deployment"),
        (301, b"", ServerError, "not a Convex deployment"),
        (500, {"code": "InternalServerError", "message": "oops"}, ServerError, "oops"),
        (502, b"Bad gateway", ServerError, "HTTP 502: Bad gateway"),
        (200, b"<html>hello</html>", ServerError, "not JSON"),
        (200, {"status": "new"}, ServerError, "not Convex's"),
        (200, {"status": "success"}, ServerError, "not Convex's"),
        (560, {"status": "error", "errorMessage": "boom"}, ServerError, "boom"),
    ],
)
def test_statuses(status: int, body: Any, kind: type[ConvexgenError], words: str) -> None:
    error = error_of(status, body)
    assert type(error) is kind
    assert words in error.reason


def test_long_bodies_are_cut() -> None:
    assert len(error_of(502, b"x" * 100_000).reason) < 500
