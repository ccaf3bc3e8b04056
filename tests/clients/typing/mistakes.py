"""Mistakes that a type checker must find: each line that ends in `# mistake`, and no other.

`test_typing.py` checks this file; nothing runs it.
"""

from datetime import UTC, datetime

import mastra_convex
from mastra_convex import (
    UNSET,
    AsyncConvexStorage,
    AtomicConvexStorage,
    ConvexStorage,
    EvalType,
    Message,
    MessageDocId,
    MessageRole,
    Outcome,
    Range,
    RunStatus,
    Thread,
    ThreadDocId,
)


def needs_message(doc_id: MessageDocId) -> None:
    print(doc_id)


def mistakes(storage: ConvexStorage, thread: Thread, message: Message) -> None:
    # A name that the package does not have: it gives names when it is asked, at run time.
    print(mastra_convex.Thred)  # mistake

    # A wrong field name.
    Thread(thread_id="t", resource="r")  # mistake
    Thread(threadId="t", resource_id="r")  # mistake
    print(thread.titel)  # mistake
    storage.threads.update("t", titel="x")  # mistake
    storage.threads.update("t", title="x", expected={"titel": "y"})  # mistake

    # A wrong enum value.
    Message(message_id="m", thread_id="t", content="", role="robot")  # mistake
    storage.workflow_runs.update("w", "r", state_type=1)  # mistake
    storage.evals.by_agent_name_and_type("a", "live")  # mistake
    print(RunStatus.FINISHED)  # mistake

    # None for a field that may be absent but not null, and UNSET for one that is always there.
    Thread(thread_id="t", resource_id="r", title=None)  # mistake
    storage.threads.update("t", title=None)  # mistake
    storage.threads.update("t", resource_id=UNSET)  # mistake

    # What may be absent may not be used as if it were there.
    thread.title.upper()  # mistake
    found = storage.threads.get("t")
    print(found.title)  # mistake

    # A document ID of another entity.
    needs_message(thread.doc_id)  # mistake
    wrong: ThreadDocId = message.doc_id  # mistake
    needs_message("m")  # mistake
    print(wrong)

    # Wrong types of keys, bounds and results.
    storage.threads.get(1)  # mistake
    storage.workflow_runs.get("w")  # mistake
    storage.messages.by_thread_id("t", created_at=Range(gte="today"))  # mistake
    storage.threads.by_resource_id("r", order="descending")  # mistake
    storage.threads.save(message)  # mistake
    storage.threads.save_many([message])  # mistake
    storage.threads.get_many([1])  # mistake
    storage.workflow_runs.get_many(["w"])  # mistake
    storage.workflow_runs.delete_many([("w", 1)])  # mistake

    # What is asked of a query, and what it gives.
    storage.threads.by_resource_id("r", limit=5)  # mistake
    storage.threads.list(page_size=5)  # mistake
    storage.threads.list().page(5)  # mistake
    print(storage.threads.list().first().title)  # mistake
    needs_message(storage.threads.list().all()[0].doc_id)  # mistake
    for other in storage.messages.by_thread_id("t"):
        needs_message(other.message_id)  # mistake


async def asynchronous_mistakes(storage: AsyncConvexStorage) -> None:
    thread = storage.threads.get("t")
    print(thread.title)  # mistake
    for _ in storage.messages.by_thread_id("t"):  # mistake
        break
    print(len(storage.messages.list().all()))  # mistake
    await storage.messages.list()  # mistake
    async with storage.atomic() as tx:
        await tx.threads.delete("t")  # mistake


def mistakes_in_atomic_blocks(storage: ConvexStorage, thread: Thread, message: Message) -> None:
    with storage.atomic() as tx:
        tx.threads.create(message)  # mistake
        tx.threads.update("t", set={"titel": "x"})  # mistake
        tx.threads.update("t", set={"thread_id": "x"})  # mistake
        tx.threads.update("t", expected={"title": 1})  # mistake
        tx.threads.expect("t", {"role": "user"})  # mistake
        tx.workflow_runs.delete("w")  # mistake
        tx.threads.get("t")  # mistake
        created: Outcome[Message] = tx.threads.create(thread)  # mistake
    print(created)


def fine(storage: ConvexStorage, thread: Thread, message: Message) -> None:
    Thread(thread_id="t", resource_id="r", metadata={"a": [1, None]})
    Message(message_id="m", thread_id="t", content="", role=MessageRole.USER)
    needs_message(message.doc_id)
    storage.threads.update("t", title=UNSET, metadata={"a": 1}, expected={"title": UNSET})
    storage.evals.by_agent_name_and_type("a", EvalType.LIVE)
    since = Range(gte=datetime(2026, 1, 1, tzinfo=UTC))
    for other in storage.messages.by_thread_id("t", created_at=since, order="desc"):
        needs_message(other.doc_id)
    print(thread.created_at.isoformat())
    storage.workflow_runs.delete_many([("w", "r")])
    with storage.atomic() as tx:
        created = tx.threads.create(thread)
        tx.workflow_runs.expect_absent(("w", "r"))
        tx.threads.update("t", set={"title": "x"}, unset=["metadata"], expected={"title": UNSET})
        in_a_block(tx)
    print(created.result.title)
    newest = storage.messages.by_thread_id("t").first()
    if newest is not None:
        needs_message(newest.doc_id)
    with storage.messages.by_thread_id("t").watch() as snapshots:
        for messages in snapshots:
            print(messages[0].role)


def in_a_block(tx: AtomicConvexStorage) -> Outcome[bool]:
    return tx.threads.delete("t")


async def asynchronously_fine(storage: AsyncConvexStorage) -> None:
    async with storage.atomic() as tx:
        print(in_a_block(tx))
    thread = await storage.threads.get("t")
    if thread is not None:
        print(thread.resource_id)
    async for message in storage.messages.by_thread_id("t"):
        print(message.content)
    for message in await storage.messages.by_thread_id("t").all():
        print(message.content)
    page = await storage.messages.list(order="desc").page(limit=5)
    print([message.message_id for message in page], page.cursor)
    async with storage.threads.watch("t") as snapshots:
        async for snapshot in snapshots:
            print(snapshot)
