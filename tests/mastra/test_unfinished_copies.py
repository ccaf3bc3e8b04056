"""Copies of threads that fail or are interrupted: of these no part stays, of others' all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    AccessDenied,
    ConvexgenError,
    MastraDBMessage,
    MessageRole,
    NotFound,
    StorageCloneFilter,
    StorageCloneOptions,
    StorageThreadType,
)
from mastra_convex._runtime.async_http_transport import AsyncHttpTransport
from mastra_convex._runtime.http_transport import HttpTransport
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from node_program import bundle_text, run_node
from project import ROOT

NOW = datetime(2026, 5, 1, tzinfo=UTC)
COUNT = 320
"""How many messages are copied, in three transactions."""

NONE = [f"none-{number}" for number in range(1000)]

CHOSEN = {
    "by time": None,
    "by IDs": [f"source-{number}" for number in range(COUNT)],
    "by IDs that are looked up": [*NONE, *(f"source-{number}" for number in range(COUNT))],
}
PARTS = {"by time": 3, "by IDs": 3, "by IDs that are looked up": 4}
"""In how many calls these are copied, the last of which has no thread but the thread's first."""

AMID = [(chosen, number) for chosen in CHOSEN for number in range(1, PARTS[chosen])]
"""The calls after which a copy is not done."""


def is_copying(body: bytes) -> bool:
    name = json.loads(body)["path"].rpartition(":")[2]
    return name in ("copyPart", "copyMessages")


class Interrupted(HttpTransport):
    """Does something after one of the calls that copy, whose answer is lost where that raises."""

    def __init__(self, number: int, then: Callable[[], None]) -> None:
        super().__init__()
        self._left = number
        self._then = then

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        answer = super().post(url, headers=headers, body=body, timeout=timeout)
        if is_copying(body):
            self._left -= 1
            if self._left == 0:
                self._then()
        return answer


class Told(AsyncHttpTransport):
    """Tells when one of the calls that copy is on its way."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number
        self.is_on_its_way = asyncio.Event()

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        if is_copying(body):
            self._left -= 1
            if self._left == 0:
                self.is_on_its_way.set()
        return await super().post(url, headers=headers, body=body, timeout=timeout)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        opened.memory.save_thread(thread=thread("source"))
        said = [message(f"source-{number}", "source") for number in range(COUNT)]
        opened.memory.save_messages(messages=said)
        yield opened


def thread(name: str) -> StorageThreadType:
    return StorageThreadType(id=name, resource_id="r", created_at=NOW, updated_at=NOW)


def message(name: str, thread_id: str) -> MastraDBMessage:
    return MastraDBMessage(
        id=name,
        thread_id=thread_id,
        resource_id="r",
        role=MessageRole.USER,
        content={"format": 2, "parts": []},
        created_at=NOW,
    )


def copying(chosen: str, thread_id: str) -> dict[str, Any]:
    """What a copy is asked for."""
    ids = CHOSEN[chosen]
    options: Any = MISSING
    if ids is not None:
        options = StorageCloneOptions(message_filter=StorageCloneFilter(message_ids=ids))
    return {"source_thread_id": "source", "new_thread_id": thread_id, "options": options}


def there(store: MastraStore, thread_id: str) -> tuple[bool, int]:
    """Whether a thread is there, and how many messages."""
    found = store.memory.get_thread_by_id(thread_id=thread_id)
    return found is not None, store.memory.list_messages(thread_id=thread_id).total


def fail(error: BaseException) -> Callable[[], None]:
    def then() -> None:
        raise error

    return then


def copy_interrupted(
    backend: EmbeddedBackend, number: int, then: Callable[[], None], given: dict[str, Any]
) -> None:
    transport = Interrupted(number, then)
    with MastraStore(backend.url, deploy_key=backend.admin_key, transport=transport) as store:
        store.memory.copy_thread(**given)


LOST = [KeyboardInterrupt(), TimeoutError("late")]


@pytest.mark.parametrize(("chosen", "number"), AMID)
@pytest.mark.parametrize("error", LOST, ids=repr)
def test_of_a_copy_whose_answer_is_lost_nothing_stays(
    backend: EmbeddedBackend, store: MastraStore, chosen: str, number: int, error: BaseException
) -> None:
    given = copying(chosen, str(uuid4()))
    with pytest.raises((KeyboardInterrupt, ConvexgenError)):
        copy_interrupted(backend, number, fail(error), given)
    assert there(store, given["new_thread_id"]) == (False, 0)


@pytest.mark.parametrize("chosen", CHOSEN)
def test_of_a_copy_whose_last_answer_is_lost_all_stays(
    backend: EmbeddedBackend, store: MastraStore, chosen: str
) -> None:
    given = copying(chosen, str(uuid4()))
    with pytest.raises(KeyboardInterrupt):
        copy_interrupted(backend, PARTS[chosen], fail(KeyboardInterrupt()), given)
    assert there(store, given["new_thread_id"]) == (True, COUNT)


@pytest.mark.parametrize(("chosen", "number"), AMID)
def test_of_a_copy_that_is_cancelled_nothing_stays(
    backend: EmbeddedBackend, store: MastraStore, chosen: str, number: int
) -> None:
    given = copying(chosen, str(uuid4()))

    async def cancelled() -> None:
        transport = Told(number)
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key, transport=transport)
        copy = asyncio.create_task(opened.memory.copy_thread(**given))
        await transport.is_on_its_way.wait()
        copy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await copy
        await opened.close()

    asyncio.run(cancelled())
    assert there(store, given["new_thread_id"]) == (False, 0)


@pytest.mark.parametrize("chosen", CHOSEN)
@pytest.mark.parametrize("error", LOST, ids=repr)
def test_a_thread_that_was_there_stays(
    backend: EmbeddedBackend, store: MastraStore, chosen: str, error: BaseException
) -> None:
    given = copying(chosen, str(uuid4()))
    name = given["new_thread_id"]
    store.memory.save_thread(thread=thread(name))
    store.memory.save_messages(messages=[message(f"{name}-0", name)])
    with pytest.raises((KeyboardInterrupt, ConvexgenError)):
        copy_interrupted(backend, 1, fail(error), given)
    assert there(store, name) == (True, 1)


@pytest.mark.parametrize(("chosen", "number"), AMID)
def test_a_copy_that_is_deleted_meanwhile_is_not_found(
    backend: EmbeddedBackend, store: MastraStore, chosen: str, number: int
) -> None:
    given = copying(chosen, str(uuid4()))
    name = given["new_thread_id"]
    with pytest.raises(NotFound, match=name):
        copy_interrupted(backend, number, lambda: store.memory.delete_thread(thread_id=name), given)
    assert there(store, name) == (False, 0)


@pytest.mark.parametrize(("chosen", "number"), AMID)
def test_what_takes_the_place_of_a_copy_stays(
    backend: EmbeddedBackend, store: MastraStore, chosen: str, number: int
) -> None:
    given = copying(chosen, str(uuid4()))
    name = given["new_thread_id"]

    def replace() -> None:
        store.memory.delete_thread(thread_id=name)
        store.memory.copy_thread(source_thread_id="source", new_thread_id=name)

    with pytest.raises(NotFound, match=f"{name} is not the copy that was begun"):
        copy_interrupted(backend, number, replace, given)
    assert there(store, name) == (True, COUNT)


@pytest.mark.parametrize("chosen", CHOSEN)
def test_a_copy_that_is_done_says_nothing_of_who_made_it(store: MastraStore, chosen: str) -> None:
    copy = store.memory.copy_thread(**copying(chosen, ""))
    assert len(copy.message_id_map) == COUNT
    found = store.memory.get_thread_by_id(thread_id=copy.thread.id)
    assert found == copy.thread
    assert isinstance(copy.thread.metadata, dict)
    clone = copy.thread.metadata["clone"]
    assert isinstance(clone, dict)
    assert {*clone} == {"sourceThreadId", "clonedAt", "lastMessageId"}


PROGRAM = """
import { readFileSync } from "node:fs";
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const { CONVEX_URL: url = "", CONVEX_DEPLOY_KEY: deployKey } = process.env;
const store = new MastraConvexStore({ url, deployKey });
const others = new MastraConvexStore({ url, deployKey });
const fetched = globalThis.fetch;
const { memory } = store.stores;
const outcomes: unknown[] = [];
for (const [copying, number, deed] of JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"))) {
  const { newThreadId: threadId } = copying;
  let left = number;
  globalThis.fetch = async (url, init) => {
    const answer = await fetched(url, init);
    if (!/:copy(Part|Messages)"/.test(String(init?.body))) return answer;
    left -= 1;
    if (left !== 0) return answer;
    if (deed === "lose") throw new TypeError("fetch failed");
    await others.stores.memory.deleteThread({ threadId });
    return answer;
  };
  const failed = await memory.copyThread(copying).then(
    () => "none",
    (error: Error) => error.name,
  );
  const thread = await memory.getThreadById({ threadId });
  const { total } = await memory.listMessages({ threadId });
  outcomes.push([failed, thread !== null, total]);
}
console.log(JSON.stringify(outcomes));
await store.close();
await others.close();
"""


def test_copies_of_the_typescript_client(
    backend: EmbeddedBackend, store: MastraStore, tmp_path: Path
) -> None:
    given: list[Any] = []
    expected: list[Any] = []

    def copy(chosen: str, number: int, deed: str, thread_id: str, *outcome: object) -> None:
        ids = CHOSEN[chosen]
        options = {} if ids is None else {"options": {"messageFilter": {"messageIds": ids}}}
        copying = {"sourceThreadId": "source", "newThreadId": thread_id, **options}
        given.append([copying, number, deed])
        expected.append([*outcome])

    for chosen, number in AMID:
        copy(chosen, number, "delete", str(uuid4()), "NotFound", False, 0)
        copy(chosen, number, "lose", str(uuid4()), "Unavailable", False, 0)
    for chosen, parts in PARTS.items():
        copy(chosen, parts, "lose", str(uuid4()), "Unavailable", True, COUNT)
        store.memory.save_thread(thread=thread(f"there {chosen}"))
        copy(chosen, 1, "lose", f"there {chosen}", "Unavailable", True, 0)
    copies = tmp_path / "copies.json"
    copies.write_text(json.dumps(given))
    assert json.loads(run_node([bundle_text(PROGRAM, tmp_path), copies], backend)) == expected


class Locked(HttpTransport):
    """Has no right any more after the first call that copies."""

    def __init__(self) -> None:
        super().__init__()
        self._is_locked = False

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        if self._is_locked:
            headers = {**headers, "Authorization": "Convex wrong"}
        self._is_locked = self._is_locked or is_copying(body)
        return super().post(url, headers=headers, body=body, timeout=timeout)


class AsyncLocked(AsyncHttpTransport):
    """As `Locked`."""

    def __init__(self) -> None:
        super().__init__()
        self._is_locked = False

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        if self._is_locked:
            headers = {**headers, "Authorization": "Convex wrong"}
        self._is_locked = self._is_locked or is_copying(body)
        return await super().post(url, headers=headers, body=body, timeout=timeout)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_cannot_be_deleted_is_said_by_the_error_of_the_copy(
    backend: EmbeddedBackend, store: MastraStore, kind: str
) -> None:
    name = f"locked-{uuid4().hex}"
    given = {"source_thread_id": "source", "new_thread_id": name}

    async def copy_async() -> None:
        key, transport = backend.admin_key, AsyncLocked()
        async with AsyncMastraStore(backend.url, deploy_key=key, transport=transport) as opened:
            await opened.memory.copy_thread(**given)

    def copy() -> None:
        if kind == "async":
            asyncio.run(copy_async())
            return
        key, transport = backend.admin_key, Locked()
        with MastraStore(backend.url, deploy_key=key, transport=transport) as opened:
            opened.memory.copy_thread(**given)

    with pytest.raises(AccessDenied, match="a part of the copy may be there") as refused:
        copy()
    assert refused.value.may_have_run
    assert "copyPart" in str(refused.value)
    assert store.memory.get_thread_by_id(thread_id=name) is not None
    store.memory.delete_thread(thread_id=name)
