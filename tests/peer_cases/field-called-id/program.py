from typing import Any


def use(storage: Any, package: Any) -> None:
    note = storage.notes.save(package.Note(note_id="n", id="own"))
    assert (note.id, note.doc_id != note.id) == ("own", True)
    tag = storage.tags.save(package.Tag(id="t", color="red"))
    assert storage.tags.get("t") == tag
    assert storage.tags.update("t", color="blue").id == "t"
    assert storage.tags.delete("t")
