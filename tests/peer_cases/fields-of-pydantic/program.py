from typing import Any


def use(storage: Any, package: Any) -> None:
    names = ("model_config_", "copy_", "json_", "schema_", "model_dump_")
    note = storage.notes.save(package.Note(note_id="n", **{name: name for name in names}))
    assert [getattr(note, name) for name in names] == list(names)
    assert note.model_copy() == note
