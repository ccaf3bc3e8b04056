"""The clients against a backend: what is stored comes back, errors and pages are as they should."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    UNSET,
    AccessDenied,
    Call,
    Conflict,
    Decoder,
    Int64Value,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Range,
)
from sample import AsyncSampleStorage, Message, SampleStorage, Thread, TokenUsage
from test_runtime_client import thread

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANY: Decoder[Any] = Decoder(Any)


def test_every_type_of_field_comes_back(storage: SampleStorage) -> None:
    written = thread(
        "types",
        title="Ünïcode \N{GRINNING FACE}",
        metadata={"$ref": [1, {"clé": None}], "": 2**80},
        url_for="u",
        big=-(2**63),
        score=-0.0,
        avatar=b"\x00\xff",
        anything=[b"x", 1.5, {"a": None}, Int64Value(7)],
        labels={"a b": "c"},
        usage=TokenUsage(prompt_tokens=3),
        created_at=NOON + timedelta(microseconds=123457),
    )
    saved = storage.threads.save(written)
    assert saved == storage.threads.get("types")
    assert saved.model_dump(exclude={"doc_id", "creation_time", "updated_at"}) == (
        written.model_dump()
    )
    assert str(saved.score) == "-0.0"
    assert storage.threads.save(saved).created_at == written.created_at


JSON_VALUES: list[Any] = [
    None,
    {"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}},
    {"_id": "x", "_creationTime": 1},
    {"clé": "ü", "": 1},
    {f"key {index}": index for index in range(1500)},
    list(range(10_000)),
    [1, -1, 1.5, 2**53, 2**53 + 1, -(10**40), 1e300, 5e-324],
    {"jsonText": "1"},
    {"jsonText": {"jsonText": "{"}},
    "\x00\u2028\ud7ff\U0010ffff",
]


@pytest.mark.parametrize("index", range(len(JSON_VALUES)))
def test_json_comes_back_equal(storage: SampleStorage, index: int) -> None:
    content = JSON_VALUES[index]
    saved = storage.messages.save(
        Message(message_id=f"json{index}", thread_id=f"json{index}", content=content)
    )
    assert saved.content == content
    found = storage.messages.by_thread_id(f"json{index}").first()
    assert found is not None
    assert found.content == content


def test_deep_json_comes_back_equal(storage: SampleStorage) -> None:
    for depth in (10, 11, 60, 200):
        content: Any = "core"
        for level in range(depth):
            content = [content] if level % 2 else {"a": content}
        message = Message(message_id=f"deep{depth}", thread_id="deep", content=content)
        assert storage.messages.save(message).content == content


def test_absent_null_and_value_come_back(storage: SampleStorage) -> None:
    for name, fields in (("absent", {}), ("null", {"score": None}), ("value", {"score": 1.5})):
        storage.threads.save(thread(name, **fields))
        found = storage.threads.get(name)
        assert found is not None
        assert found.model_dump(include={"score"}) == fields
    assert storage.threads.get("nothing") is None


def test_updates(storage: SampleStorage) -> None:
    storage.threads.save(thread("updated", title="one"))
    changed = storage.threads.update("updated", big=2**62, expected={"title": "one"})
    assert (changed.title, changed.big) == ("one", 2**62)
    changed = storage.threads.update("updated", title=UNSET)
    assert "title" not in changed.model_dump()
    storage.threads.update("updated", title="two", expected={"title": UNSET})
    with pytest.raises(Conflict, match=r"Failed to update thread by ID 'updated': .* is different"):
        storage.threads.update("updated", title="three", expected={"title": UNSET})
    with pytest.raises(NotFound, match="thread 'gone' is not there") as caught:
        storage.threads.update("gone", title="x")
    assert caught.value.data["code"] == "NotFound"


def test_bulk_work(storage: SampleStorage) -> None:
    storage.threads.clear()
    keys = [f"bulk{index:03}" for index in range(260)]
    assert storage.threads.save_many(thread(key) for key in keys) == 260
    assert [found.thread_id for found in storage.threads.list().iterate(page_size=99)] == keys
    assert [found.thread_id for found in storage.threads.list(order="desc")] == keys[::-1]
    found = storage.threads.get_many([*keys[:150], "nothing"])
    assert [item.thread_id if item else None for item in found] == [*keys[:150], None]
    page = storage.threads.list().page(limit=100)
    assert len(page) == 100
    rest = storage.threads.list().page(cursor=page.cursor, limit=1000)
    assert (len(rest), rest.is_done) == (160, True)
    assert storage.threads.delete_many(keys[:120]) == 120
    assert storage.threads.clear() == 140
    assert list(storage.threads.list()) == []


def test_deleting_with_cascades(storage: SampleStorage) -> None:
    storage.threads.save(thread("parent"))
    for index in range(120):
        storage.messages.save(Message(message_id=f"child{index}", thread_id="parent", content=None))
    assert storage.threads.delete("parent") is True
    assert storage.threads.delete("parent") is False
    assert storage.messages.by_thread_id("parent").first() is None


def test_ranges(storage: SampleStorage) -> None:
    moments = [NOON + timedelta(microseconds=index) for index in range(5)]
    for index, moment in enumerate(moments):
        storage.messages.save(
            Message(message_id=f"range{index}", thread_id="range", content=index, created_at=moment)
        )

    def contents(created_at: datetime | Range[datetime]) -> list[Any]:
        found = storage.messages.by_thread_id("range", created_at=created_at)
        return [message.content for message in found]

    assert contents(Range(gt=moments[1])) == [2, 3, 4]
    assert contents(Range(gte=moments[1], lt=moments[3])) == [1, 2]
    assert contents(Range(lte=moments[1])) == [0, 1]
    assert contents(moments[2]) == [2]
    last = storage.messages.by_thread_id("range", order="desc").first()
    assert last is not None
    assert last.content == 4


def test_without_the_key(backend: EmbeddedBackend) -> None:
    with (
        SampleStorage(backend.url) as storage,
        pytest.raises(AccessDenied, match="CONVEX_DEPLOY_KEY") as caught,
    ):
        storage.threads.get("t1")
    assert "npx convex deploy" in str(caught.value)


def test_with_a_wrong_key(backend: EmbeddedBackend) -> None:
    with (
        SampleStorage(backend.url, deploy_key="dev:x|wrong") as storage,
        pytest.raises(AccessDenied, match="refused the credentials"),
    ):
        storage.threads.get("t1")


def test_limits_are_recognised(storage: SampleStorage) -> None:
    for fields in ({"title": "x" * 1_100_000}, {"anything": [0] * 9000}):
        with pytest.raises(LimitExceeded):
            storage.threads.save(thread("large", **fields))


def test_arguments_that_the_backend_refuses(storage: SampleStorage) -> None:
    call = Call.query("threads:getById", {"threadId": 5}, ANY, "get thread by ID 5")
    with pytest.raises(InvalidArgument, match="ArgumentValidationError"):
        storage.client.run(call)


def test_asynchronously(backend: EmbeddedBackend) -> None:
    async def main() -> list[Thread | None]:
        async with AsyncSampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            await asyncio.gather(
                *(storage.threads.save(thread(f"async{index}")) for index in range(20))
            )
            return await storage.threads.get_many(f"async{index}" for index in range(20))

    found = asyncio.run(main())
    assert [item.thread_id if item else None for item in found] == [
        f"async{index}" for index in range(20)
    ]
