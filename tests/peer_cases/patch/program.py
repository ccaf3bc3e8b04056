from typing import Any


def use(storage: Any, package: Any) -> None:
    storage.notes.save(package.Note(note_id="n", text="t", title="T", state="open"))
    note = storage.notes.update("n", state=None)
    assert (note.text, note.title, note.state) == ("t", "T", None)
    note = storage.notes.update("n", title=package.UNSET, state=package.UNSET)
    assert (note.text, note.title, note.state) == ("t", package.MISSING, package.MISSING)
