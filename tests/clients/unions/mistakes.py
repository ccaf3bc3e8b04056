"""What a type checker knows of documents of several shapes: mistakes are marked.

`test_union_tables.py` checks this file beside the package of its spec; nothing runs it.
"""

from typing import assert_never

from studio_convex import (
    UNSET,
    AsyncConvexStorage,
    ConvexStorage,
    Event,
    EventClick,
    EventPress,
    EventUpload,
)


def narrowed(event: Event) -> str:
    print(event.session_id, event.x)  # mistake
    match event:
        case EventClick(x=x):
            return str(x + event.y)
        case EventPress():
            return event.key
        case EventUpload():
            print(event.key)  # mistake
            return event.secret
        case _:
            assert_never(event)


def told_apart(event: Event) -> str:
    if event.kind == "click":
        return str(event.x)
    if isinstance(event, EventPress):
        return event.key
    return event.secret


def used(storage: ConvexStorage) -> None:
    click = EventClick(event_id="e", session_id="s", x=1, y=2)
    EventClick(event_id="e", session_id="s", x=1)  # mistake
    EventPress(event_id="e", session_id="s", kind="click", key="a")  # mistake
    saved: Event = storage.events.save(click)
    storage.events.save("e")  # mistake
    storage.events.save_many(
        [click, EventPress(event_id="f", session_id="s", kind="press", key="")]
    )
    found = storage.events.get("e")
    print(found.session_id)  # mistake
    if found is not None:
        print(narrowed(found), told_apart(saved))
    storage.events.update("e", x=1, key="b", value=UNSET, expected={"kind": "paste"})
    storage.events.update("e", x="1")  # mistake
    storage.events.update("e", x=UNSET)  # mistake
    storage.events.update("e", kind="click")  # mistake
    storage.events.update("e", expected={"kind": "scroll"})  # mistake
    for event in storage.events.by_value("a"):
        print(event.kind)
    storage.events.latest_of_kind("scroll")  # mistake
    with storage.events.watch("e") as snapshots:
        for snapshot in snapshots:
            if isinstance(snapshot, EventUpload):
                print(snapshot.embedding[0])


async def asynchronously(storage: AsyncConvexStorage) -> None:
    async for event in storage.events.list():
        print(told_apart(event))
    print((await storage.events.search_key("a").all())[0].count)
