from typing import Any


def use(storage: Any, package: Any) -> None:
    absent, null, value = package.MISSING, None, "open"
    for number, state in enumerate((absent, null, value)):
        note = package.Note(note_id=f"{number}", state=state)
        assert storage.notes.save(note).state is state or state == value
        assert storage.notes.get(f"{number}").state == state
    assert package.Note(note_id="n").to_wire() == {"noteId": "n"}
    assert package.Note(note_id="n", state=None).to_wire() == {"noteId": "n", "state": None}
