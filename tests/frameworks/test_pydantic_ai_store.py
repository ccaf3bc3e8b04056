"""The store of conversations beside PydanticAI's own in memory, and what that one cannot show."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from hypothesis import given, settings
from hypothesis import strategies as st
from project import run
from pydantic_ai import (
    BinaryImage,
    DeferredToolRequests,
    ModelRequest,
    ModelResponse,
    RunUsage,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import (
    ConversationConflict,
    ConversationEntry,
    ConversationRecord,
    ConversationStore,
    InMemoryConversationStore,
)
from pydantic_ai.exceptions import UserError
from waiting import wait_until

TIME = datetime(2026, 5, 1, tzinfo=UTC)
MEBIBYTE = 1024 * 1024
ALL_FIRST = {"kind": "dropAnswer", "path": None, "nth": None, "isFirstAttempt": True}
TEXTS = st.sampled_from(("", "hello", "$ref", "clé", "\u2028", "\x00", "😀" * 10))


def message(content: Any) -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(content=content, timestamp=TIME)], timestamp=TIME)


def answer(content: str) -> ModelResponse:
    return ModelResponse(parts=[TextPart(content=content)], timestamp=TIME)


Drive = Callable[[Callable[[Any], Awaitable[Any]]], Any]
"""Gives an asynchronous function a store."""


@pytest.fixture
def drive(backend: EmbeddedBackend) -> Drive:
    from agents_convex import AsyncConvexStorage
    from agents_convex.pydantic_ai import ConvexConversationStore

    async def main(use: Callable[[Any], Awaitable[Any]]) -> Any:
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            return await use(ConvexConversationStore(storage))

    return lambda use: asyncio.run(main(use))


def stored(storage: Any) -> dict[str, int]:
    documents: dict[str, int] = storage.functions.checks.documents()
    return {table: count for table, count in documents.items() if count}


NAMES = st.sampled_from(("one", "two", "$three", ""))
SCOPES = st.sampled_from((None, "", "user", "clé"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), NAMES, SCOPES, st.lists(TEXTS, max_size=3), st.integers(-1, 4)),
        st.tuples(st.just("turn"), NAMES, SCOPES, st.lists(TEXTS, max_size=3), st.just(-1)),
        st.tuples(st.just("rewrite"), NAMES, st.integers(0, 4), st.lists(TEXTS, max_size=2)),
        st.tuples(st.just("branch"), NAMES, st.integers(0, 5), st.booleans()),
        st.tuples(st.just("fork"), NAMES, NAMES, st.one_of(st.none(), st.integers(0, 5)), SCOPES),
        st.tuples(st.just("delete"), NAMES, SCOPES),
        st.tuples(st.just("stale"), NAMES),
        st.tuples(st.just("read"), NAMES, st.integers(0, 5), SCOPES),
    ),
    max_size=20,
)


class Driven:
    """Does steps to a store, and tells what came of each, with names in place of IDs."""

    def __init__(self, store: ConversationStore, mark: str) -> None:
        self.store = store
        self.mark = mark
        self.entries: dict[str, int] = {}
        self.loaded: dict[str, Conversation] = {}

    def named(self, entry_id: str | None) -> int | None:
        if entry_id is None:
            return None
        return self.entries.setdefault(entry_id, len(self.entries))

    def told(self, entries: list[ConversationEntry] | None) -> Any:
        if entries is None:
            return None
        return [(self.named(one.id), self.named(one.parent_id), one.message) for one in entries]

    async def do(self, kind: str, name: str, *given: Any) -> Any:
        try:
            return await getattr(self, kind)(f"{self.mark}{name}", *given)
        except UserError as error:
            return type(error), str(error).count("branch")

    async def turn(self, name: str, scope: str | None, texts: list[str], limit: int) -> Any:
        loaded = await self.store.load(name, limit=None if limit < 0 else limit)
        conversation = loaded or Conversation(conversation_id=name)
        self.loaded.setdefault(name, conversation)
        for number, text in enumerate(texts):
            conversation.messages.append(message(text) if number % 2 == 0 else answer(text))
        conversation.usage = RunUsage(requests=len(texts), details={"$odd": 1})
        return self.told(await self.store.save(conversation, scope=scope))

    async def rewrite(self, name: str, keep: int, texts: list[str]) -> Any:
        loaded = await self.store.load(name)
        if loaded is None:
            return None
        rewritten = dataclasses.replace(loaded, messages=loaded.messages[:keep])
        rewritten.messages += [answer(text) for text in texts]
        return self.told(await self.store.save(rewritten))

    async def branch(self, name: str, at: int, is_entry: bool) -> Any:
        record = await self.store.read_record(name)
        revision = None if record is None else record.revision
        if not is_entry:
            moved = await self.store.branch(name, at=at, expected_revision=revision)
        elif at < len(self.entries):
            entry = [*self.entries][at]
            moved = await self.store.branch(name, from_entry=entry, expected_revision=revision)
        else:
            return None
        return moved.messages

    async def fork(self, name: str, to: str, at: int | None, scope: str | None) -> Any:
        forked = await self.store.fork(
            name, at=at, new_conversation_id=f"{self.mark}{to}", scope=scope
        )
        return forked.messages, forked.usage

    async def delete(self, name: str, scope: str | None) -> Any:
        return await self.store.delete(name, scope=scope)

    async def stale(self, name: str) -> Any:
        """Saves what was loaded long ago."""
        if name not in self.loaded:
            return None
        return self.told(await self.store.save(self.loaded[name]))

    async def read(self, name: str, limit: int, scope: str | None) -> Any:
        return (
            self.told(await self.store.load_entries(name, limit=limit, scope=scope)),
            await self.listed(limit, scope),
        )

    async def listed(self, limit: int | None, scope: str | None) -> Any:
        # Others are in the deployment, too.
        found = await self.store.list_conversations(scope=scope)
        return [self.plain(one) for one in found if one.conversation_id.startswith(self.mark)][
            :limit
        ]

    def plain(self, record: ConversationRecord) -> Any:
        return dataclasses.replace(
            record,
            head_id=str(self.named(record.head_id)),
            forked_at=str(self.named(record.forked_at)),
            branches=[str(self.named(tip)) for tip in record.branches],
            revision="",
            updated_at=TIME,
        )

    async def all(self) -> Any:
        kept = [self.named(entry) for entry in self.entries if await self.is_there(entry)]
        return kept, await self.listed(None, None)

    async def is_there(self, entry_id: str) -> bool:
        try:
            return (await self.store.read_entry(entry_id)).id == entry_id
        except KeyError:
            return False


def test_both_say_the_same(drive: Drive, storage: Any) -> None:
    async def check(store: ConversationStore, steps: list[tuple[Any, ...]]) -> None:
        mark = f"{uuid4().hex}-"
        ours, theirs = Driven(store, mark), Driven(InMemoryConversationStore(), mark)
        for step in steps:
            assert await ours.do(*step) == await theirs.do(*step)
        assert await ours.all() == await theirs.all()
        for record in await theirs.store.list_conversations():
            await store.delete(record.conversation_id)

    before = stored(storage)

    @settings(max_examples=100)
    @given(STEPS)
    def examples(steps: list[tuple[Any, ...]]) -> None:
        drive(lambda store: check(store, steps))

    examples()
    assert stored(storage) == before


def test_a_save_of_11_mebibytes_and_a_deletion_of_4000_messages(drive: Drive, storage: Any) -> None:
    """More than a call takes, and more than a transaction deletes."""
    before = stored(storage)
    name = uuid4().hex
    image = BinaryImage(data=os.urandom(5 * MEBIBYTE), media_type="image/png")
    messages = [message(str(number)) for number in range(4000)]
    messages[7:7] = [message([image]), message("x" * 4 * MEBIBYTE)]

    async def use(store: ConversationStore) -> None:
        saved = await store.save(Conversation(messages=[*messages], conversation_id=name))
        assert [entry.message for entry in saved] == messages
        loaded = await store.load(name)
        assert loaded is not None
        assert loaded.messages == messages
        last = await store.load_entries(name, limit=3)
        assert last is not None
        assert [entry.id for entry in last] == [entry.id for entry in saved[-3:]]
        await store.fork(name, at=2000, new_conversation_id=f"{name}-fork")
        await store.delete(name)
        forked = await store.load(f"{name}-fork")
        assert forked is not None
        assert forked.messages == messages[:2000]
        await store.delete(f"{name}-fork")

    drive(use)
    wait_until(lambda: stored(storage) == before)


def test_what_is_large_in_the_record_and_in_messages(drive: Drive, storage: Any) -> None:
    """A paused run has its calls in both: together more than a call takes, or deletes."""
    before = stored(storage)
    call = ToolCallPart("book", {"text": "y" * 9 * MEBIBYTE}, "1")
    conversation = Conversation(
        messages=[ModelResponse(parts=[call], timestamp=TIME)],
        conversation_id=uuid4().hex,
        deferred_tool_requests=DeferredToolRequests(approvals=[call]),
    )

    async def use(store: ConversationStore) -> None:
        await store.save(conversation)
        loaded = await store.load(conversation.conversation_id, limit=sys.maxsize)
        assert loaded is not None
        assert loaded.messages == conversation.messages
        assert loaded.deferred_tool_requests == conversation.deferred_tool_requests
        await store.delete(conversation.conversation_id)

    drive(use)
    wait_until(lambda: stored(storage) == before)


def test_an_entry_that_is_given_twice_is_one(drive: Drive, storage: Any) -> None:
    before = stored(storage)

    async def use(store: ConversationStore) -> None:
        entry = ConversationEntry(parent_id=None, message=message("1"))
        record = ConversationRecord(conversation_id=uuid4().hex, head_id=entry.id)
        await store.write_record(record, new_entries=[entry, entry], expected_revision=None)
        assert await store.read_history(entry.id) == [entry]
        await store.delete(record.conversation_id)

    drive(use)
    assert stored(storage) == before


def test_entries_that_no_conversation_follows_go_after_an_hour(
    backend: EmbeddedBackend, storage: Any
) -> None:
    from agents_convex import AsyncConvexStorage
    from agents_convex.pydantic_ai import ConvexConversationStore

    before = stored(storage).get("pydanticAiEntries", 0)
    name = uuid4().hex
    first = Conversation(messages=[message("first")], conversation_id=name)

    async def use() -> None:
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            store = ConvexConversationStore(opened)
            await store.save(first)
            others = [*first.messages, answer("another")]

            class Beaten(ConvexConversationStore):
                async def write_record(self, *given: Any, **named: Any) -> None:
                    await store.save(dataclasses.replace(first, messages=others))
                    await super().write_record(*given, **named)

            messages = [*first.messages, *(message(f"{number}") for number in range(1200))]
            with pytest.raises(ConversationConflict):
                await Beaten(opened).save(dataclasses.replace(first, messages=messages))
            loaded = await store.load(name)
            assert loaded is not None
            assert loaded.messages == others

    asyncio.run(use())
    assert stored(storage)["pydanticAiEntries"] == before + 2 + 1000
    backend.control("clock.advance", {"milliseconds": 60 * 60 * 1000})
    wait_until(lambda: stored(storage)["pydanticAiEntries"] == before + 2)


def test_of_16_saves_one_wins(drive: Drive) -> None:
    name = uuid4().hex

    async def use(store: ConversationStore) -> None:
        async def save(number: int) -> str | None:
            conversation = await store.load(name) or Conversation(conversation_id=name)
            conversation.messages.append(message(f"{number}"))
            await barrier.wait()
            try:
                await store.save(conversation)
            except ConversationConflict:
                return None
            return f"{number}"

        kept: list[Any] = []
        for _ in range(5):
            barrier = asyncio.Barrier(16)
            won = [one for one in await asyncio.gather(*map(save, range(16))) if one is not None]
            assert len(won) == 1
            kept += won
            loaded = await store.load(name)
            assert loaded is not None
            assert loaded.messages == [message(text) for text in kept]

    drive(use)


def test_a_call_whose_answer_is_lost_is_no_conflict(drive: Drive, backend: EmbeddedBackend) -> None:
    name = uuid4().hex

    async def use(store: ConversationStore) -> None:
        conversation = Conversation(messages=[message("one")], conversation_id=name)
        for text in ("two", "three"):
            assert len(await store.save(conversation)) == 1
            conversation.messages.append(answer(text))
        record = await store.read_record(name)
        assert record is not None
        await store.delete_record(name, expected_revision=record.revision)
        assert await store.load(name) is None

    backend.control("faults.add", {"fault": ALL_FIRST})
    try:
        drive(use)
    finally:
        backend.control("faults.clear")


def test_what_is_no_text_is_refused(drive: Drive, storage: Any) -> None:
    from agents_convex import InvalidArgument

    before = stored(storage)

    async def use(store: ConversationStore) -> None:
        refused = Conversation(messages=[message("\ud800")], conversation_id="refused")
        with pytest.raises(InvalidArgument, match=r"the message of entry .* as JSON"):
            await store.save(refused)
        with pytest.raises(KeyError, match="none"):
            await store.read_entry("none")
        with pytest.raises(KeyError, match="none"):
            await store.read_history("none")
        assert await store.read_history(None) == []

    drive(use)
    assert stored(storage) == before


def test_a_written_record_may_leave_an_entry_to_come_back_to(drive: Drive, storage: Any) -> None:
    """Without a branch: PydanticAI writes none of these, but its store in memory takes them."""
    before = stored(storage)
    name = uuid4().hex

    async def use(store: ConversationStore) -> None:
        conversation = Conversation(messages=[message("one"), answer("two")], conversation_id=name)
        first, last = await store.save(conversation)
        for head_id in (first.id, None, last.id, first.id):
            record = await store.read_record(name)
            assert record is not None
            back = dataclasses.replace(record, head_id=head_id, revision=uuid4().hex)
            await store.write_record(back, expected_revision=record.revision)
            assert (await store.read_entry(last.id)).message == answer("two")
        await store.delete(name)

    drive(use)
    assert stored(storage) == before


def test_three_turns_of_a_killed_agent(agents_project: Path, backend: EmbeddedBackend) -> None:
    program = """
import asyncio, os, signal, sys
from agents_convex import AsyncConvexStorage
from agents_convex.pydantic_ai import ConvexConversationStore
from pydantic_ai import Agent, ModelResponse, TextPart
from pydantic_ai.conversation import Conversation
from pydantic_ai.models.function import FunctionModel

def count(messages, info):
    return ModelResponse(parts=[TextPart(f"{len(messages)} messages")])

async def main():
    async with AsyncConvexStorage.from_env() as storage:
        store = ConvexConversationStore(storage)
        conversation = await store.load("turns") or Conversation(conversation_id="turns")
        result = await Agent(FunctionModel(count)).run("go on", conversation=conversation)
        await store.save(result, scope="user")
        print(result.output, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(agents_project / "generated" / "python"),
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
    }
    for count in (1, 3, 5):
        turn = run([sys.executable, "-c", program], agents_project, environment)
        assert turn.stdout == f"{count} messages\n", turn.stderr


def test_nothing_of_pydantic_ai_is_imported_that_is_not_asked_for(agents_project: Path) -> None:
    program = """
import sys
import agents_convex, agents_convex.pydantic_ai
from agents_convex import ConvexStorage
ConvexStorage("http://127.0.0.1:1").functions
print([name for name in sys.modules if name.split(".")[0] == "pydantic_ai"])
from agents_convex.pydantic_ai import ConvexConversationStore
print("pydantic_ai.conversation_store" in sys.modules)
try:
    agents_convex.pydantic_ai.Nothing
except AttributeError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(agents_project / "generated" / "python")}
    finished = run([sys.executable, "-c", program], agents_project, environment)
    assert finished.stdout == (
        "[]\nTrue\nmodule 'agents_convex.pydantic_ai' has no attribute 'Nothing'\n"
    ), finished.stderr
