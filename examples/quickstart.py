"""Save a conversation, read it back, watch it change, page through it, clear it."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from mastra_convex import ConvexStorage, Message, MessageRole, Thread

PROJECT = Path(__file__).parent.parent


def tour(storage: ConvexStorage, other: ConvexStorage) -> None:
    with step("save a thread and two messages"):
        storage.threads.save(Thread(thread_id="t1", resource_id="user-7", title="Trip to Oslo"))
        storage.messages.save_many([ask("m1", "When does the train leave?"), ask("m2", "Wohin?")])

    with step("read the thread by its key"):
        thread = storage.threads.get("t1")
    assert thread is not None
    print(f"    {thread.title}, last active {thread.updated_at:%H:%M:%S}")

    with step("read the threads of user-7 by an index"):
        threads = list(storage.threads.by_resource_id("user-7"))
    print(f"    {[thread.thread_id for thread in threads]}")

    with step("update: merge the metadata, change the title"):
        thread = storage.threads.update("t1", title="Oslo, by train", metadata={"$seat": 12})
    print(f"    {thread.title}, {thread.metadata}")

    with other.messages.by_thread_id("t1").watch() as snapshots:
        with step("watch the messages from a second client"):
            before = next(snapshots)
        with step("see what the first client adds"):
            storage.messages.save(ask("m3", "På spor 3"))
            after = next(snapshots)
    print(f"    {len(before)} messages, then {len(after)}: {after[-1].content}")

    with step("save 1,000 messages"):
        storage.messages.save_many(ask(f"n{number:04}", f"no. {number}") for number in range(1000))
    with step("page through them"):
        count = sum(1 for _ in storage.messages.by_thread_id("t1"))
    print(f"    {count} messages")

    with step("delete the thread and, with it, its messages"):
        storage.threads.delete("t1")
    with step("clear what is left"):
        left = sum(storage.system.clear(table.name) for table in storage.system.tables())
    print(f"    {left} documents")


def ask(message_id: str, text: str) -> Message:
    return Message(message_id=message_id, thread_id="t1", role=MessageRole.USER, content=text)


@contextmanager
def step(what: str) -> Generator[None]:
    start = time.perf_counter()
    yield
    print(f"{1000 * (time.perf_counter() - start):8.1f} ms  {what}")


if __name__ == "__main__":
    with (
        EmbeddedBackend.start(PROJECT) as backend,
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as first,
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as second,
    ):
        tour(first, second)
