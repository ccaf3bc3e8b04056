"""Mastra's storage in the TypeScript client, from Node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import MastraDBMessage, MessageRole, StorageThreadType
from mastra_convex._runtime.http_transport import HttpTransport
from mastra_convex.mastra import MastraStore
from node_program import bundle, bundle_text, run_node
from project import ROOT


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def test_it_gives_what_mastra_gives(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node(["--test", bundle("mastra.test.ts", tmp_path)], backend)


def test_it_refuses_what_it_cannot_store(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node(["--test", bundle("mastraRefused.test.ts", tmp_path)], backend)


METADATA = """
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const { CONVEX_URL: url = "", CONVEX_DEPLOY_KEY: deployKey } = process.env;
const store = new MastraConvexStore({ url, deployKey });
const others = new MastraConvexStore({ url, deployKey });
const [id = ""] = process.argv.slice(2);
const { memory } = store.stores;
const read = async () => {
  const thread = await memory.getThreadById({ threadId: id });
  if (thread === null) throw new Error(`no thread ${id}`);
  return thread;
};
const seen: unknown[] = [];
const fetched = globalThis.fetch;
let isLate = false;
globalThis.fetch = async (...given) => {
  if (isLate) {
    isLate = false;
    const thread = await read();
    const metadata = { ...thread.metadata, count: 100 };
    await others.stores.memory.saveThread({ thread: { ...thread, metadata } });
  }
  return await fetched(...given);
};
const changed = await memory.updateThreadMetadata({
  id,
  update: ({ metadata = {} }) => {
    seen.push(metadata.count);
    isLate = seen.length === 1;
    return { count: Number(metadata.count) + 1 };
  },
});
const after = await read();
console.log(JSON.stringify([seen, Object.keys(changed ?? {}).sort(), after.metadata?.count]));
await store.close();
await others.close();
"""


def test_an_update_of_metadata_sees_what_is_saved_meanwhile_with_the_same_time(
    backend: EmbeddedBackend, tmp_path: Path
) -> None:
    """Beside a number with more digits than JavaScript keeps."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    one = StorageThreadType(
        id="counted",
        resource_id="user-7",
        created_at=now,
        updated_at=now,
        metadata={"count": 1, "nanoseconds": 10**18 + 1},
    )
    with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
        store.memory.save_thread(thread=one)
    fields = ["createdAt", "id", "metadata", "resourceId", "updatedAt"]
    said = run_node([bundle_text(METADATA, tmp_path), one.id], backend)
    assert json.loads(said) == [[1, 100], fields, 101]


SHARED = """
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const store = new MastraConvexStore({
  url: process.env.CONVEX_URL ?? "",
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { memory } = store.stores;
const [id, text] = process.argv.slice(2);
const createdAt = new Date();
if ((await memory.getThreadById({ threadId: "shared" })) === null) {
  const thread = { id: "shared", resourceId: "user-7", createdAt, updatedAt: createdAt };
  await memory.saveThread({ thread });
}
const content = { format: 2 as const, parts: [{ type: "text" as const, text }] };
const owned = { threadId: "shared", resourceId: "user-7" };
const said = { id, role: "user" as const, ...owned, createdAt, content };
await memory.saveMessages({ messages: [said] });
const { messages } = await memory.listMessages({ threadId: "shared", perPage: false });
console.log(JSON.stringify(messages.map(({ content }) => content)));
await store.close();
"""


def test_it_shares_a_thread_with_python(backend: EmbeddedBackend, tmp_path: Path) -> None:
    program = bundle_text(SHARED, tmp_path)

    def content(text: str, **metadata: int) -> dict[str, Any]:
        parts = [{"type": "text", "text": text}]
        return {"format": 2, "parts": parts, **({"metadata": metadata} if metadata else {})}

    def said(*arguments: str) -> Any:
        return json.loads(run_node([program, *arguments], backend))

    with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
        with store.memory.watch_messages(thread_id="shared") as snapshots:
            assert next(snapshots) == []
            assert said("m1", "Wohin?") == [content("Wohin?")]
            (seen,) = next(snapshots)
        assert (seen.id, seen.resource_id, seen.content) == ("m1", "user-7", content("Wohin?"))
        answer = MastraDBMessage(
            id="m2",
            role=MessageRole.ASSISTANT,
            thread_id="shared",
            resource_id="user-7",
            created_at=seen.created_at,
            content=content("Oslo", nanoseconds=10**18 + 1),
        )
        store.memory.save_messages(messages=[answer])
    expected = [content("Wohin?"), content("Oslo", nanoseconds=10**18), content("Gut")]
    assert said("m3", "Gut") == expected


UPDATED = """
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const called: string[] = [];
const store = new MastraConvexStore({
  url: process.env.CONVEX_URL ?? "",
  deployKey: process.env.CONVEX_DEPLOY_KEY,
  fetch: async (input, init) => {
    called.push(JSON.parse(String(init?.body)).path);
    return await fetch(input, init);
  },
});
const messages = process.argv.slice(2).map((id) => ({ id, type: "changed" }));
await store.stores.memory.updateMessages({ messages });
console.log(JSON.stringify(called));
await store.close();
"""


def test_it_parts_what_is_too_much_as_python_does(backend: EmbeddedBackend, tmp_path: Path) -> None:
    """Of eight large messages, three fit in a transaction, as its error says."""
    called: list[str] = []

    class Noting(HttpTransport):
        def post(
            self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
        ) -> tuple[int, bytes]:
            called.append(json.loads(body)["path"])
            return super().post(url, headers=headers, body=body, timeout=timeout)

    ids = [f"large-{number}" for number in range(8)]
    now = datetime(2026, 5, 1, tzinfo=UTC)
    large: Any = [
        {
            "id": one,
            "role": "user",
            "threadId": "large",
            "resourceId": "r",
            "createdAt": now,
            "content": {"format": 2, "parts": [], "content": "x" * 400_000},
        }
        for one in ids
    ]
    changes: Any = [{"id": one, "type": "changed"} for one in ids]
    with MastraStore(backend.url, deploy_key=backend.admin_key, transport=Noting()) as store:
        store.memory.save_messages(messages=large)
        called.clear()
        store.memory.update_messages(messages=changes)
    program = bundle_text(UPDATED, tmp_path)
    assert json.loads(run_node([program, *ids], backend)) == called
    assert [one for one in called if "changeMessages" in one] == [called[0]] * 4
