from typing import Any


def use(storage: Any, package: Any) -> None:
    names = ("class_", "from_", "import_", "lambda_", "type")
    note = storage.notes.save(package.Note(note_id="n", **{name: name for name in names}))
    assert note.to_wire()["class"] == "class_"
    assert list(storage.notes.by_class("class_")) == [note]
