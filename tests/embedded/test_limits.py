"""Convex's limits, each just within and just beyond."""

from typing import Any

import pytest
from convex.http_client import ConvexHttpClient

KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024


@pytest.fixture
def client(fresh_client: ConvexHttpClient) -> ConvexHttpClient:
    """Of a backend for one test: what these write is too much for the others."""
    return fresh_client


@pytest.mark.parametrize(
    ("function", "within", "beyond", "text"),
    [
        (
            "insertText",
            {"length": MEBIBYTE - 200, "count": 1},
            {"length": MEBIBYTE, "count": 1},
            "Value is too large (1 MiB > maximum size 1 MiB)",
        ),
        (
            "insertText",
            {"length": MEBIBYTE // 2, "count": 31},
            {"length": MEBIBYTE // 2, "count": 33},
            "Too many bytes written in a single function execution (limit: 16777216 bytes)",
        ),
        (
            "insertText",
            {"length": 1, "count": 16_000},
            {"length": 1, "count": 16_001},
            "Too many writes in a single function execution (limit: 16000)",
        ),
        (
            "insertNested",
            {"levels": 15},
            {"levels": 16},
            "Document is too nested (nested 17 levels deep > maximum nesting 16)",
        ),
        (
            "insertArray",
            {"length": 8192},
            {"length": 8193},
            "Array length is too long (8193 > maximum length 8192)",
        ),
        (
            "insertFields",
            {"count": 1024},
            {"count": 1025},
            "Object has too many fields (1025 > maximum number 1024)",
        ),
        (
            "schedule",
            {"length": 1, "count": 1000},
            {"length": 1, "count": 1001},
            "Too many functions scheduled by this mutation (limit: 1000)",
        ),
        (
            "schedule",
            {"length": MEBIBYTE, "count": 15},
            {"length": MEBIBYTE, "count": 16},
            "Too large total size of the arguments of scheduled functions from this mutation "
            "(limit: 16777216 bytes)",
        ),
        (
            "insertWithin",
            {"documentsWritten": 3, "count": 3},
            {"documentsWritten": 3, "count": 4},
            "Too many writes in a single function execution (limit: 3)",
        ),
        ("insertKey", {"key": "a b~"}, {"key": "é"}, "Field name é has invalid character 'é'"),
        (
            "insertKey",
            {"key": "k" * 1024},
            {"key": "k" * 1025},
            " exceeds maximum field name length 1024",
        ),
        ("insertKey", {"key": "a$"}, {"key": "$a"}, "starts with a '$', which is reserved"),
    ],
)
def test_writes(
    client: ConvexHttpClient, function: str, within: Any, beyond: Any, text: str
) -> None:
    client.mutation(f"limits:{function}", within)
    with pytest.raises(Exception, match="Server Error") as caught:
        client.mutation(f"limits:{function}", beyond)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("function", "within", "beyond", "text"),
    [
        (
            "returnArray",
            {"length": 8192},
            {"length": 8193},
            "Function limits.js:returnArray return value invalid: Array length is too long "
            "(8193 > maximum length 8192)",
        ),
        (
            "returnText",
            {"length": 16 * MEBIBYTE - 2},
            {"length": 16 * MEBIBYTE},
            "Function limits.js:returnText return value is too large (actual: 16 MiB, "
            "limit: 16 MiB)",
        ),
        (
            "returnNested",
            {"levels": 64},
            {"levels": 65},
            "Function limits.js:returnNested return value invalid: Value is too nested "
            "(nested 65 levels deep > maximum nesting 64)",
        ),
        (
            "readRanges",
            {"count": 4096},
            {"count": 4097},
            "Too many reads in a single function execution (limit: 4096). Consider using smaller",
        ),
    ],
)
def test_queries(
    client: ConvexHttpClient, function: str, within: Any, beyond: Any, text: str
) -> None:
    client.query(f"limits:{function}", within)
    with pytest.raises(Exception, match="Server Error") as caught:
        client.query(f"limits:{function}", beyond)
    assert text in str(caught.value)


def test_what_a_filter_drops_counts_as_read(client: ConvexHttpClient, channel: str) -> None:
    for _ in range(2):
        client.mutation("limits:insertMany", {"channel": channel, "count": 16_000})
    assert client.query("limits:scan", {"channel": channel}) == 0
    client.mutation("messages:send", {"channel": channel, "body": "one too many"})
    with pytest.raises(Exception, match=r"Too many documents read .* \(limit: 32000\)"):
        client.query("limits:scan", {"channel": channel})


def test_bytes_read(client: ConvexHttpClient) -> None:
    client.mutation("limits:insertText", {"length": MEBIBYTE - 200, "count": 15})
    assert client.query("limits:readTexts") == 15
    client.mutation("limits:insertText", {"length": MEBIBYTE - 200, "count": 2})
    with pytest.raises(Exception, match=r"Too many bytes read .* \(limit: 16777216 bytes\)"):
        client.query("limits:readTexts")


def test_the_size_of_arguments(client: ConvexHttpClient) -> None:
    overhead = len("value") + 7
    assert client.query("limits:lengthOf", {"value": "x" * (16 * MEBIBYTE - overhead)})
    with pytest.raises(Exception, match=r"Arguments for limits\.js:lengthOf are too large"):
        client.query("limits:lengthOf", {"value": "x" * (16 * MEBIBYTE - overhead + 1)})


def test_arguments(client: ConvexHttpClient) -> None:
    nested: Any = 1.0
    for _ in range(62):
        nested = [nested]
    assert client.query("values:echo", {"value": nested}) == nested
    cases: list[tuple[Any, str]] = [
        ([nested], "Invalid arguments for values.js:echo: Value is too nested (nested 65 levels"),
        ([0.0] * 8193, "Array length is too long (8193 > maximum length 8192)"),
        ({"a": {f"f{n}": 0.0 for n in range(1025)}}, "Object has too many fields (1025 > "),
    ]
    for value, text in cases:
        with pytest.raises(Exception, match="Server Error") as caught:
            client.query("values:echo", {"value": value})
        assert text in str(caught.value)


@pytest.mark.parametrize(
    ("depth", "text"),
    [(100, "Value is too nested"), (200, "400 BadJsonBody: .*recursion limit exceeded")],
)
def test_deep_json_does_not_exhaust_the_stack(
    client: ConvexHttpClient, depth: int, text: str
) -> None:
    nested: Any = 1.0
    for _ in range(depth):
        nested = [nested]
    with pytest.raises(Exception, match=text):
        client.query("values:echo", {"value": nested})


def test_system_fields(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match="Field '_secret' starts with an underscore"):
        client.mutation("limits:insertSystemField")


def test_one_paginated_query(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match="ran multiple paginated queries"):
        client.query("messages:pageTwice")


def test_metrics(client: ConvexHttpClient, channel: str) -> None:
    client.mutation("messages:send", {"channel": channel, "body": ""})
    metrics = client.query("limits:metrics")
    assert metrics["databaseQueries"] == {"used": 1.0, "remaining": 4095.0}
    assert metrics["documentsRead"] == {"used": 1.0, "remaining": 31_999.0}


def test_files_of_a_mutation(client: ConvexHttpClient) -> None:
    """One that is deleted again does not count, nor does reading what one has stored or read."""

    def use(*, stored: int = 0, deleted: int = 0, size: int = 5, read: Any = ()) -> Any:
        arguments = {"stored": stored, "deleted": deleted, "size": size, "read": list(read)}
        return client.mutation("limits:useFiles", arguments)

    files = use(stored=10, deleted=1)["ids"]
    metrics = use(stored=2, read=files)["metrics"]
    assert metrics["filesWritten"] == {"used": 2.0, "remaining": 8.0}
    assert metrics["fileWriteBytes"]["used"] == 10
    assert metrics["filesRead"] == {"used": 9.0, "remaining": 1.0}
    assert metrics["fileReadBytes"]["used"] == 45
    with pytest.raises(Exception, match="Too many files stored by this mutation"):
        use(stored=11)
    with pytest.raises(Exception, match="Too large total size of the files stored"):
        use(stored=3, size=6_000_000)
    more = use(stored=2)["ids"]
    with pytest.raises(Exception, match="Too many files read by this mutation"):
        use(read=[*files, *more])
