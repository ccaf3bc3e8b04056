from typing import Any


def use(storage: Any, package: Any) -> None:
    storage.notes.save(package.Note(note_id="n", size=2**60 + 1))
    assert storage.notes.update("n", size=5, expected={"size": 2**60 + 1}).size == 5
    assert [note.note_id for note in storage.notes.by_size(size=5)] == ["n"]
    assert storage.functions.sizes.double(size=2**61) == 2**62
