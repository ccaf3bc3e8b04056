from typing import Any


def use(storage: Any, package: Any) -> None:
    storage.notes.save(package.Note(note_id="absent"))
    note = package.Note(note_id="n", str_="s", int_=1, bytes_=b"b", list_=["l"], none="n")
    saved = storage.notes.save(note)
    assert (saved.str_, saved.int_, saved.bytes_, saved.list_, saved.none) == (
        *("s", 1, b"b", ["l"], "n"),
    )
