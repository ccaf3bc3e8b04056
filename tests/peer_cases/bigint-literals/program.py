from typing import Any


def use(storage: Any, package: Any) -> None:
    note = storage.notes.save(package.Note(note_id="n", level=2))
    assert (note.version, note.level) == (5, 2)
    assert note.to_wire()["version"] == {"$integer": "BQAAAAAAAAA="}
