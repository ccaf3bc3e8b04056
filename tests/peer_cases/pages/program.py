from typing import Any


def use(storage: Any, package: Any) -> None:
    storage.notes.save_many(package.Note(note_id=f"{n:03}", text="t") for n in range(250))
    assert [note.note_id for note in storage.notes.by_text("t")] == [f"{n:03}" for n in range(250)]
    first = storage.notes.by_text("t").page(limit=100)
    assert (len(first.items), first.is_done) == (100, False)
    second = storage.notes.by_text("t").page(cursor=first.cursor, limit=200)
    assert (second.items[0].note_id, second.is_done) == ("100", True)
