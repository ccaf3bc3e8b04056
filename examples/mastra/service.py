"""A service that answers what is asked in a thread, until somebody says goodbye."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from mastra_convex import ConvexStorage, MastraMessage, MessageRole, StorageThreadType

THREAD = "thread_123"
RESOURCE = "user-7"
TRAINS = {"Oslo": "9:41", "Bergen": "11:25"}


def main() -> None:
    """Opens the thread, and reads it live: each save by anybody is another snapshot."""
    with ConvexStorage.from_env() as storage:
        now = datetime.now(UTC)
        storage.save_thread(
            thread=StorageThreadType(
                id=THREAD, resource_id=RESOURCE, title="Trains", created_at=now, updated_at=now
            )
        )
        messages = storage.functions.mastra_legacy_messages
        with messages.watch_get_messages(thread_id=THREAD, format="v2") as snapshots:
            print("ready", flush=True)
            for snapshot in snapshots:
                last = snapshot[-1] if snapshot else None
                if last is None or last.role != MessageRole.USER:
                    continue
                asked = text_of(last)
                print(f"asked: {asked}", flush=True)
                if asked == "Goodbye":
                    return
                storage.save_messages(messages=[answer(asked)], format="v2")


def text_of(message: MastraMessage) -> str:
    """What a message of the second format says."""
    content = message.content
    assert isinstance(content, dict)
    return str(content["content"])


def answer(asked: str) -> MastraMessage:
    """When the train leaves, as an agent would say it."""
    found = [time for city, time in TRAINS.items() if city in asked]
    text = f"At {found[0]}" if found else "There is none"
    return MastraMessage(
        id=str(uuid.uuid4()),
        thread_id=THREAD,
        resource_id=RESOURCE,
        role=MessageRole.ASSISTANT,
        content={"format": 2, "parts": [{"type": "text", "text": text}], "content": text},
        created_at=datetime.now(UTC),
    )


if __name__ == "__main__":
    main()
