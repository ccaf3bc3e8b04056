"""Convex's own words for what does not match a validator."""

from typing import Any

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend

from convex import ConvexInt64


def failure(client: ConvexHttpClient, kind: str, path: str, args: dict[str, Any]) -> str:
    """The message without its first line, which has the request's id."""
    with pytest.raises(Exception, match=r"^\[Request ID: \w+\] Server Error\n") as caught:
        getattr(client, kind)(path, args)
    return str(caught.value).split("\n", 1)[1]


def test_a_missing_argument(client: ConvexHttpClient) -> None:
    assert failure(client, "mutation", "messages:send", {"channel": "a"}) == (
        "ArgumentValidationError: Object is missing the required field `body`. Consider wrapping "
        "the field validator in `v.optional(...)` if this is expected.\n\n"
        'Object: {channel: "a"}\n'
        "Validator: v.object({body: v.string(), channel: v.string(), "
        "votes: v.optional(v.float64())})\n"
    )


def test_an_extra_argument(client: ConvexHttpClient) -> None:
    assert failure(client, "query", "messages:list", {"channel": "a", "x": None}) == (
        "ArgumentValidationError: Object contains extra field `x` that is not in the validator.\n\n"
        'Object: {channel: "a", x: null}\nValidator: v.object({channel: v.string()})\n'
    )


def test_an_argument_of_another_type(client: ConvexHttpClient) -> None:
    assert failure(client, "query", "messages:list", {"channel": 1}) == (
        "ArgumentValidationError: Value does not match validator.\nPath: .channel\nValue: 1.0\n"
        "Validator: v.string()\n"
    )


def test_an_id_of_another_table(client: ConvexHttpClient) -> None:
    value_id = client.mutation("values:put", {"value": 1})
    assert failure(client, "query", "messages:byId", {"id": value_id}) == (
        f'ArgumentValidationError: Found ID "{value_id}" from table `values`, which does not match '
        'the table name in validator `v.id("messages")`.Path: .id\n'
    )
    assert failure(client, "query", "messages:byId", {"id": "no id"}) == (
        'ArgumentValidationError: Value does not match validator.\nPath: .id\nValue: "no id"\n'
        'Validator: v.id("messages")\n'
    )


def test_an_id_need_not_exist(client: ConvexHttpClient, channel: str) -> None:
    message_id = client.mutation("messages:send", {"channel": channel, "body": ""})
    client.mutation("messages:remove", {"id": message_id})
    assert client.query("messages:byId", {"id": message_id}) is None


def test_ids_are_normalized(client: ConvexHttpClient, channel: str) -> None:
    message_id = client.mutation("messages:send", {"channel": channel, "body": ""})
    value_id = client.mutation("values:put", {"value": 1})
    assert len(message_id) == 32
    for given, expected in [(message_id, message_id), (value_id, None), ("10000messages", None)]:
        assert client.query("messages:normalize", {"id": given}) == expected


@pytest.mark.parametrize(
    ("args", "violation"),
    [
        (
            {"record": {"a": "x"}},
            "Value does not match validator.\nPath: .record.values()\n"
            'Value: "x"\nValidator: v.float64()\n',
        ),
        (
            {"literal": ConvexInt64(2)},
            "`2` does not match literal validator `v.literal(<bigint>)`.Path: .literal\n",
        ),
        (
            {"either": None},
            "Value does not match validator.\nPath: .either\nValue: null\n"
            "Validator: v.union(v.string(), v.float64())\n",
        ),
    ],
)
def test_records_literals_and_unions(
    client: ConvexHttpClient, args: dict[str, Any], violation: str
) -> None:
    text = failure(client, "mutation", "strict:checked", args)
    assert text == f"ArgumentValidationError: {violation}"


def test_what_matches(client: ConvexHttpClient) -> None:
    args: dict[str, Any] = {"record": {"any key": 1.0}, "literal": ConvexInt64(1), "either": 2.0}
    assert client.mutation("strict:checked", args) == "ok"


@pytest.mark.parametrize(
    ("document", "violation"),
    [
        ({}, "Object is missing the required field `name`."),
        ({"name": "a", "nick": "b"}, "Object contains extra field `nick`"),
        ({"name": 1}, "Value does not match validator.\nPath: .name\nValue: 1.0"),
        ({"name": "a", "scores": {"x": "y"}}, "Path: .scores.values()\n"),
        ({"name": "a", "version": ConvexInt64(2)}, "`2` does not match literal validator"),
        ({"name": "a", "message": "x"}, 'Path: .message\nValue: "x"\nValidator: v.id("messages")'),
    ],
)
def test_documents(client: ConvexHttpClient, document: Any, violation: str) -> None:
    text = failure(client, "mutation", "strict:put", {"document": document})
    assert text.startswith(
        'Uncaught Error: Failed to insert or update a document in table "strict" because it does '
        "not match the schema: "
    )
    assert violation in text
    assert "handler (../convex/strict.ts:" in text


def test_valid_documents(client: ConvexHttpClient) -> None:
    document: dict[str, Any] = {"name": "a", "scores": {"x": 1.0}, "version": ConvexInt64(1)}
    document_id = client.mutation("strict:put", {"document": document})
    empty: dict[str, Any] = {"id": document_id, "document": {}}
    text = failure(client, "mutation", "strict:replace", empty)
    assert "Object is missing the required field `name`" in text
    empty["document"] = {"name": "b"}
    client.mutation("strict:replace", empty)


def test_a_wrong_result_is_rolled_back(client: ConvexHttpClient, channel: str) -> None:
    text = failure(client, "mutation", "errors:insertAndReturnWrong", {"channel": channel})
    assert text == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 7.0\n"
        "Validator: v.string()\n"
    )
    assert client.query("messages:list", {"channel": channel}) == []


def test_the_kind_of_a_function(client: ConvexHttpClient) -> None:
    assert failure(client, "query", "messages:send", {}) == (
        "Trying to execute messages.js:send as Query, but it is defined as Mutation.\n"
    )


@pytest.mark.parametrize("path", ["messages:nothing", "nothing:list", "messages"])
def test_a_missing_function(client: ConvexHttpClient, path: str) -> None:
    assert failure(client, "query", path, {}).startswith(
        f"Could not find public function for '{path}'. Did you forget to run `npx convex dev`"
    )


def test_what_is_no_convex_value(client: ConvexHttpClient) -> None:
    text = failure(client, "query", "values:unsupported", {})
    assert "is not a supported Convex type" in text


def test_an_error_has_the_place_in_the_source(client: ConvexHttpClient, channel: str) -> None:
    text = failure(client, "mutation", "errors:insertAndFail", {"channel": channel})
    assert text.startswith("Uncaught Error: boom\n    at handler (../convex/errors.ts:")
    assert "main.mjs" not in text


def test_errors_without_a_handler(backend: EmbeddedBackend, client: ConvexHttpClient) -> None:
    client.action("errors:strayRejection")
    assert client.query("values:echo", {"value": 1}) == 1
    assert backend.is_running


def test_queries_cannot_fetch(client: ConvexHttpClient) -> None:
    text = failure(client, "query", "errors:fetchInQuery", {})
    assert "Can't use fetch() in queries and mutations. Please consider using an action." in text
