from typing import Any


def use(storage: Any, package: Any) -> None:
    note = storage.notes.save(package.Note(note_id="n", id="own"))
    assert (note.id, note.doc_id != note.id) == ("own", True)
