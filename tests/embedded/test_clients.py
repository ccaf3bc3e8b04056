"""The unmodified official clients, of PyPI and of npm."""

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from convex.http_client import ConvexHttpClient
from convex.values import convex_to_json
from convexgen.embedded import EmbeddedBackend
from waiting import PATIENCE

from convex import ConvexClient, ConvexError, ConvexInt64

COULD_NOT_FIND = (
    "Could not find public function for 'secret:read'. "
    "Did you forget to run `npx convex dev` or `npx convex deploy`?"
)

VALUES: list[Any] = [
    None,
    True,
    0.5,
    -0.0,
    math.inf,
    ConvexInt64(-(2**63)),
    ConvexInt64(2**63 - 1),
    b"",
    bytes(range(256)),
    "",
    "naïve \u0000 \U0001f600 \uffff",
    [],
    [[1.0], None],
    {},
    {"a b": {"x": b"\x00", "y": ConvexInt64(0)}, "_z": None},
]


class Client(Protocol):
    """What both Python clients have in common."""

    def query(self, name: str, args: Any = None) -> Any: ...
    def mutation(self, name: str, args: Any = None) -> Any: ...
    def action(self, name: str, args: Any = None) -> Any: ...
    def set_admin_auth(self, admin_key: str) -> None: ...


@pytest.fixture(params=[ConvexHttpClient, ConvexClient])
def any_client(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Client:
    make: Callable[[str], Client] = request.param
    return make(backend.url)


def test_a_text_as_long_as_arguments_may_be(any_client: Client) -> None:
    text = '[{"\\' * (2 * 1024 * 1024) + '"'
    assert any_client.query("values:echo", {"value": text}) == text


def test_query_and_mutation(any_client: Client, channel: str) -> None:
    message_id = any_client.mutation("messages:send", {"channel": channel, "body": "é"})
    (message,) = any_client.query("messages:list", {"channel": channel})
    assert (message["_id"], message["body"]) == (message_id, "é")
    assert isinstance(message["_creationTime"], float)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_equal(any_client: Client, value: Any) -> None:
    assert any_client.query("values:echo", {"value": value}) == value
    assert any_client.action("values:relay", {"value": value}) == value
    value_id = any_client.mutation("values:put", {"value": value})
    stored = any_client.query("values:get", {"id": value_id})
    assert stored == value
    if isinstance(value, float):
        assert math.copysign(1, stored) == math.copysign(1, value)


def test_nan_comes_back(any_client: Client) -> None:
    assert math.isnan(any_client.query("values:echo", {"value": math.nan}))


def test_absent_is_not_null(any_client: Client) -> None:
    absent = any_client.mutation("values:putField", {"fields": {}})
    null = any_client.mutation("values:putField", {"fields": {"value": None}})
    documents = {document["_id"]: document for document in any_client.query("values:ordered", {})}
    assert "value" not in documents[absent]
    assert documents[null]["value"] is None
    assert any_client.query("values:undefinedInside") == {"present": 1.0}


def test_internal_functions(any_client: Client, backend: EmbeddedBackend) -> None:
    with pytest.raises(Exception, match="Could not find public function") as refusal:
        any_client.query("secret:read")
    assert COULD_NOT_FIND in str(refusal.value)
    assert any_client.action("secret:readThroughAction") == "secret"
    any_client.set_admin_auth(backend.admin_key)
    assert any_client.query("secret:read") == "secret"


def test_convex_error_over_the_socket(backend: EmbeddedBackend, channel: str) -> None:
    client = ConvexClient(backend.url)
    calls: list[Callable[[], Any]] = [
        lambda: client.query("errors:refuse"),
        lambda: client.mutation("errors:insertAndRefuse", {"channel": channel}),
        lambda: client.action("errors:refuseInAction"),
    ]
    for call in calls:
        with pytest.raises(ConvexError) as caught:
            call()
        data: Any = caught.value.data
        assert data == {
            "code": "CONFLICT",
            "count": ConvexInt64(9007199254740993),
            "tags": ["a", None],
        }
    assert client.query("messages:list", {"channel": channel}) == []


def test_convex_error_over_http(client: ConvexHttpClient) -> None:
    with pytest.raises(ConvexError) as caught:
        client.query("errors:refuse")
    data: Any = caught.value.data
    assert data["code"] == "CONFLICT"
    with pytest.raises(ConvexError) as caught:
        client.query("errors:refuseWithText")
    assert caught.value.data == "just text"


def test_an_update_that_another_client_causes(
    backend: EmbeddedBackend, client: ConvexHttpClient, channel: str
) -> None:
    async def follow() -> list[int]:
        subscription: Any = ConvexClient(backend.url).subscribe(
            "messages:list", {"channel": channel}
        )
        lengths: list[int] = []
        async for messages in subscription:
            lengths.append(len(messages))
            if len(lengths) == 3:
                return lengths
            body: dict[str, Any] = {"channel": channel, "body": "more"}
            await asyncio.to_thread(client.mutation, "messages:send", body)
        raise AssertionError("the subscription ended")

    assert asyncio.run(asyncio.wait_for(follow(), PATIENCE)) == [0, 1, 2]


def test_an_update_that_a_scheduled_function_causes(
    backend: EmbeddedBackend, client: ConvexHttpClient, channel: str
) -> None:
    async def follow() -> list[str]:
        subscription: Any = ConvexClient(backend.url).subscribe(
            "messages:list", {"channel": channel}
        )
        is_first = True
        async for messages in subscription:
            if not is_first:
                return [message["body"] for message in messages]
            is_first = False
            args: dict[str, Any] = {"channel": channel, "delay": 50}
            await asyncio.to_thread(client.mutation, "scheduling:later", args)
        raise AssertionError("the subscription ended")

    assert asyncio.run(asyncio.wait_for(follow(), PATIENCE)) == ["later"]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("httpRoundTrip", [[True, "http"]]),
        ("nextjs", ["next", "next", "1"]),
        ("socketRoundTrip", [[True, "socket"]]),
        ("socketQueriesInTurn", 500),
        ("consistentQuery", [0, 0, 1]),
        ("subscription", ["from elsewhere"]),
        ("ownWriteIsVisible", list(range(1, 21))),
        ("longResult", 7_000_000),
        ("reactivePage", [[["a", "b"], True], [["b"], True]]),
    ],
)
def test_npm_clients(
    run_node: Callable[..., Any], channel: str, scenario: str, expected: Any
) -> None:
    assert run_node("clients.mjs", scenario, channel) == expected


def test_npm_clients_get_equal_values(run_node: Callable[..., Any], channel: str) -> None:
    encoded = [convex_to_json(value) for value in VALUES]
    results = run_node("clients.mjs", "values", channel, json.dumps(encoded))
    assert results == [value for value in encoded for _ in range(3)]


def test_npm_clients_get_convex_errors(run_node: Callable[..., Any], channel: str) -> None:
    data = {"code": "CONFLICT", "count": {"$integer": "AQAAAAAAIAA="}, "tags": ["a", None]}
    assert run_node("clients.mjs", "convexError", channel) == [["ConvexError", data]] * 6


def test_npm_clients_and_internal_functions(run_node: Callable[..., Any], channel: str) -> None:
    result = run_node("clients.mjs", "internal", channel)
    assert result["read"] == ["secret", "secret"]
    assert len(result["refusals"]) == 2
    assert all(COULD_NOT_FIND in refusal for refusal in result["refusals"])
