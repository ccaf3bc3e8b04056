from typing import Any


def use(storage: Any, package: Any) -> None:
    root = storage.notes.save(package.Note(note_id="r"))
    assert storage.notes.save(package.Note(note_id="n", above=root.doc_id)).above == root.doc_id
