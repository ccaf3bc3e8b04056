from typing import Any


def use(storage: Any, package: Any) -> None:
    assert storage.notes.save(package.Note(note_id="n", closed_by=None)).closed_by is None
    assert storage.notes.update("n", closed_by="me").closed_by == "me"
    assert storage.notes.update("n", closed_by=None).closed_by is None
