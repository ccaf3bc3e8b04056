"""What type checkers find in writes of parts of documents, and what they let pass."""

from partial_convex import UNSET, AsyncConvexStorage, ConvexStorage, Increment, Thread, Update


def conditions(storage: ConvexStorage, thread: Thread) -> None:
    storage.threads.save(thread, expected={"revision": 1, "owner": UNSET})
    storage.threads.save(thread, expected={"revision": "1"})  # mistake
    storage.threads.save(thread, expected={"revisions": 1})  # mistake
    storage.threads.save(thread, {"revision": 1})  # mistake
    storage.threads.delete("t", expected={"status": "open"})
    storage.threads.delete("t", expected={"status": "opened"})  # mistake
    storage.messages.delete("t", 1, expected={"note": UNSET})
    storage.threads.update("t", revision=1)  # mistake


def increments(storage: ConvexStorage) -> None:
    storage.meters.update("m", total=Increment(5), ratio=Increment(5), big=Increment(-1))
    storage.meters.update("m", ratio=Increment(0.5), maybe=Increment(1), deep=Increment(2))
    storage.meters.update("m", total=Increment(0.5))  # mistake
    storage.meters.update("m", note=Increment(1))  # mistake
    storage.meters.update("m", revision=Increment(1))  # mistake
    storage.meters.update("m", expected={"total": Increment(1)})  # mistake
    storage.meters.update_many([Update("m", set={"total": Increment(5)})])
    storage.meters.update_many([Update("m", set={"total": Increment("5")})])  # mistake
    storage.events.update("e", x=Increment(1), count=Increment(1), level=Increment(1))


async def upserts(storage: ConvexStorage, later: AsyncConvexStorage) -> None:
    meter = storage.meters.upsert("m", set={"total": Increment(1)}, create={"ratio": 1.0})
    print(meter.total + 1)
    storage.meters.upsert("m", set={"nothing": 1})  # mistake
    storage.meters.upsert("m", create={"total": "1"})  # mistake
    storage.meters.upsert("m", {"total": 1})  # mistake
    storage.threads.upsert("t", set={"owner": UNSET}, create={"slug": "s"})
    storage.threads.upsert("t", set={"slug": "s"})  # mistake
    storage.messages.upsert("t", 1, set={"content": {"a": 1}}, create={"note": "n"})
    storage.events.upsert("e", set={"label": "l"}, create={"kind": "click", "x": 1})
    await later.meters.upsert("m", set={"total": 1})
    later.meters.upsert("m", set={"total": 1})  # mistake
