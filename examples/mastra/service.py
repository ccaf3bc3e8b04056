"""A service that answers what is asked in a thread, until somebody says goodbye."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from mastra_convex import MastraDBMessage, MessageRole, StorageThreadType
from mastra_convex.mastra import MastraStore

THREAD = "thread_123"
RESOURCE = "user-7"
TRAINS = {"Oslo": "9:41", "Bergen": "11:25"}


def main() -> None:
    """Opens the thread, and reads it live: each save by anybody is another snapshot."""
    with MastraStore.from_env() as store:
        now = datetime.now(UTC)
        store.memory.save_thread(
            thread=StorageThreadType(
                id=THREAD, resource_id=RESOURCE, title="Trains", created_at=now, updated_at=now
            )
        )
        with store.memory.watch_messages(thread_id=THREAD) as snapshots:
            print("ready", flush=True)
            for snapshot in snapshots:
                last = snapshot[-1] if snapshot else None
                if last is None or last.role != MessageRole.USER:
                    continue
                asked = text_of(last)
                print(f"asked: {asked}", flush=True)
                if asked == "Goodbye":
                    return
                store.memory.save_messages(messages=[answer(asked)])


def text_of(message: MastraDBMessage) -> str:
    """What the parts of a message say."""
    match message.content:
        case {"parts": [*parts]}:
            return "".join(str(part["text"]) for part in parts if isinstance(part, dict))
        case _:
            return ""


def answer(asked: str) -> MastraDBMessage:
    """When the train leaves, as an agent would say it."""
    found = [time for city, time in TRAINS.items() if city in asked]
    text = f"At {found[0]}" if found else "There is none"
    return MastraDBMessage(
        id=str(uuid.uuid4()),
        thread_id=THREAD,
        resource_id=RESOURCE,
        role=MessageRole.ASSISTANT,
        content={"format": 2, "parts": [{"type": "text", "text": text}]},
        created_at=datetime.now(UTC),
    )


if __name__ == "__main__":
    main()
