from typing import Any


def use(storage: Any, package: Any) -> None:
    data = bytes(range(256))
    assert storage.notes.save(package.Note(note_id="n", data=data)).data == data
